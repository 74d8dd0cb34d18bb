"""ring: a mixture of Gaussians in the plane, with a known number of modes."""
