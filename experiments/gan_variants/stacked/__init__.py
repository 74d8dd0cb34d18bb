"""stacked: three digits in three color channels, which makes 1,000 modes."""
