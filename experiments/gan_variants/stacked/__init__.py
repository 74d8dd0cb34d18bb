"""stacked: three digits in the three channels, 1,000 modes."""
