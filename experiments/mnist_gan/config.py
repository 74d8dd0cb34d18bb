"""The configuration; the defaults are the paper's, or the recipe's it follows."""

import dataclasses

from experiments import harness
from experiments.harness.validation import Count, Fraction, Positive

SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "measure_every_images": 1,
}


@dataclasses.dataclass(frozen=True)
class Config(harness.GanConfig, harness.SamplingConfig):
    """A GAN for MNIST digits."""

    may_skip_measuring = True

    output: str = "runs/mnist_gan"
    dataset: str = "mnist"
    update: str = "simultaneous"
    """One forward pass for both networks, or "alternating"."""
    generator_learning_rate: Positive = 1e-4
    discriminator_learning_rate: float = 1e-4
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations dropped."""
    slope: Fraction = 0.3
    """LeakyReLU's slope below zero."""
    ema_half_life: Positive | None = 20_000.0
    """Average the generator's weights with this half-life, in images seen, and sample
    from the average; not in the paper. "None" samples from the weights as they are."""
    steps_per_execution: Count = 1
    """Train steps per call to the device; must divide an epoch's steps."""
    sample_count: Count = 16
    measure_samples: int = 10_000
    """Number of samples that metrics are computed on; 0 computes none, and needs no
    test split."""
