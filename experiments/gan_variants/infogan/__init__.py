"""infogan: codes that learn to represent the digit's class, slant and width."""
