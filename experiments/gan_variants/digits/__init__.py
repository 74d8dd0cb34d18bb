"""vanilla, minibatch and unrolled: digits, and the mode collapse measured."""
