"""features: the discriminator's features reused for classification."""
