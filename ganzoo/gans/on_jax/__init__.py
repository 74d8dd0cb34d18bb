"""What models do on JAX alone; the only modules of `ganzoo.gans` that import it."""
