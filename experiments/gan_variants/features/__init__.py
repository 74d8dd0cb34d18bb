"""features: reuses the discriminator's features for classification."""
