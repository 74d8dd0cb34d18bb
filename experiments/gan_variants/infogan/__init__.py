"""infogan: codes that come to stand for the digit's class, slant and width."""
