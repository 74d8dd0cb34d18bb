"""ring: a mixture of Gaussians in the plane, whose modes can be counted."""
