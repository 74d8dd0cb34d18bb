"""The configuration; the defaults are those of the paper or of its tutorial."""

import dataclasses

from experiments import harness
from experiments.harness.validation import Count, Fraction, Positive

# Variant of `quick` -> the fields in which it differs.
VARIANTS = {
    "quick": {},
    "wide": {
        "width": 32,
        "batch_size": 64,
        "epochs": 10,
        "ema_half_life": 100_000.0,
        "measure_every_images": 120_000,
    },
}
# Steps of an epoch of `quick`, at least. An epoch ends with pictures and a checkpoint,
# and one pass over the embedded digits takes less than half a second.
SHORTEST_EPOCH = 150
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
    """simultaneous, which updates both networks after one forward pass, or
    alternating."""
    generator_learning_rate: Positive = 1e-4
    discriminator_learning_rate: float = 1e-4
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped."""
    slope: Fraction = 0.3
    """Negative slope of LeakyReLU."""
    ema_half_life: Positive | None = 20_000.0
    """Half-life of a moving average of the generator's weights, in real images seen.
    Samples come from the average; with "None", from the raw weights, as in the
    paper."""
    steps_per_execution: Count = 1
    """Train steps per call to the device; must divide an epoch's steps."""
    sample_count: Count = 16
    measure_samples: int = 10_000
    """Number of samples that metrics are computed on. With 0, no metrics are computed,
    and the data set needs no test split."""


@dataclasses.dataclass(frozen=True)
class Quick(harness.GanConfig, harness.SamplingConfig):
    """A small conditional GAN: recognizable digits in two minutes on two CPU cores."""

    output: str = "runs/quick"
    dataset: str = "digits"
    epochs: int = 15
    """Epochs of whole passes over the images, of at least 150 steps: on the embedded
    digits four passes."""
    batch_size: int = 32
    latent_dim: int = 64
    labels: bool = True
    """Tell both networks which digit it is; without, the GAN is unconditional."""
    width: Count = 16
    """Channels of the networks' widest convolution; 32 for MNIST."""
    update: str = "simultaneous"
    """simultaneous, which updates both networks after one forward pass, or
    alternating."""
    generator_learning_rate: Positive = 2e-3
    discriminator_learning_rate: Positive = 1e-3
    ema_half_life: Positive | None = 4_000.0
    """Half-life of a moving average of the generator's weights, in real images seen.
    Samples come from the average; with "None", from the raw weights."""
    sample_count: Count = 100
    measure_every_images: Count = 40_000
    """Training images between measurements; the last epoch is always measured."""

    def steps_per_epoch(self, images: int) -> int:
        """Returns the train steps per epoch: whole passes over that many images."""
        steps = super().steps_per_epoch(images)
        return steps if self.smoke else steps * -(-SHORTEST_EPOCH // steps)

    @property
    def num_classes(self) -> int | None:
        """Number of classes; None for an unconditional GAN."""
        return 10 if self.labels else None


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """compare: trains `quick` with several seeds, as published.

        python -m experiments.mnist_gan compare --systems quick
        python -m experiments.mnist_gan compare --systems wide --dataset mnist

    wide is for MNIST: networks twice as wide, larger batches and a longer average.
    """

    variants = VARIANTS

    systems: tuple[str, ...] = ("quick",)
    output: str = "runs/quick_seeds"
    dataset: str = "digits"
    """As in the experiment."""
