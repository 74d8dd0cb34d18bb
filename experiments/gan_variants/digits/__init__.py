"""vanilla, minibatch and unrolled: GANs of digits, and their mode collapse."""
