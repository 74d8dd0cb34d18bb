"""The configurations of the DCGANs, and what all stages share."""

import dataclasses

from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import Count, Fraction, OneOf

SHAPE = (32, 32, 3)
CLASSES = tuple("0123456789")
STYLES = OneOf(("source", "rich"))  # of ganzoo.data's; a test holds them to it
DATASET = "svhn_cropped"
PER_CLASS = 7300  # images of each digit that are drawn, generated or refined
FOLDER = "runs/svhn_training_images"
SMOKE = {
    "epochs": 2,
    "batch_size": 16,
    "train_images": 640,
    "width": 4,
    "sample_count": 16,
    "show_steps": (1, 3),
}


@dataclasses.dataclass(frozen=True)
class Gan(harness.GanConfig, harness.ImageConfig):
    """The fields of the DCGANs.

    The source names the layers and the losses; what it leaves open is as in Radford et
    al. 2016, but for what makes the training short enough for a processor (few channels
    and small batches, higher learning rates, the simultaneous update, and the average
    of the generator's weights) and for what keeps it alive: a penalty on the
    discriminator in the place of its batch normalization, and Adam's decay rates as in
    Huang et al. 2024.
    """

    num_classes = None  # of the condition; no field

    output: str = f"{FOLDER}/gan"
    dataset: str = DATASET
    epochs: int = 25
    """Passes over the training images. With as many, ten DCGANs, one per digit, see as
    many images as one of all digits."""
    batch_size: int = 32
    penalty: str | None = "r1(0.5)"
    """Regularizer of the discriminator. It keeps the logits small, where the source's
    losses, which saturate, still have gradients; see ganzoo.penalties."""
    update: str = "simultaneous"
    """One forward pass for both networks, or "alternating", Goodfellow's algorithm."""
    generator_learning_rate: float = 5e-4
    discriminator_learning_rate: float = 5e-4
    beta_1: float = 0.0
    beta_2: float = 0.99
    ema_half_life: float | None = 10_000.0
    """Average the generator's weights with this half-life, in images seen; images by
    the average are shown and used for training."""
    width: Count = 16
    """Channels of the layers of the largest images; the others have twice and four
    times as many."""
    slope: Fraction = 0.2
    """LeakyReLU's slope below zero, in the discriminator."""
    dropout: Fraction = 0.0
    """Fraction of the discriminator's activations dropped."""
    normalise: bool = False
    """Batch normalization in the discriminator; a gradient penalty goes without."""
    sample_count: int = 64
    """Images per grid of one digit."""
    show_steps: tuple[int, ...] = (1, 51, 76, 201, 401, 701)
    """Iterations whose images the report shows, the source's; and the last."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        validation.check_counted_from_one(self, "show_steps", "steps")

    def check_names(self) -> None:
        """Validates losses and penalties; see `Config.check`."""
        super().check_names()
        validation.check_penalty(self)


@dataclasses.dataclass(frozen=True)
class Dcgan(Gan):
    """The DCGAN of one digit, by default with the source's losses."""

    output: str = f"{FOLDER}/dcgan"
    loss: str = "absolute_error"
    """Pair of losses: the source's, which saturates, or one of ganzoo.losses."""
    digit: int = 5
    """The digit whose images are trained on."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.digit not in range(len(CLASSES)):
            raise ValueError(f"digit={self.digit} must be 0 to {len(CLASSES) - 1}.")


@dataclasses.dataclass(frozen=True)
class Dcgans(Gan):
    """Ten DCGANs, one after the other, each in its own run folder."""

    output: str = f"{FOLDER}/dcgans"
    loss: str = "absolute_error"
    """Pair of losses: the source's, which saturates, or one of ganzoo.losses."""


@dataclasses.dataclass(frozen=True)
class Conditional(Gan):
    """One class-conditional DCGAN, at the cost of ten that are not."""

    num_classes = len(CLASSES)

    output: str = f"{FOLDER}/conditional"
