"""The settings that the DCGANs share, and where the stages lie."""

import dataclasses
from typing import ClassVar

from experiments import adversarial, common, limits
from ganzoo import penalties

SHAPE = (32, 32, 3)
CLASSES = tuple("0123456789")
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
class Gan(adversarial.Adversarial):
    """The settings of the DCGANs.

    The source names the layers and the losses; what it leaves open is as in Radford et
    al. 2016, but for what makes the training short enough for a processor (few channels
    and small batches, higher learning rates, the simultaneous update, and the average
    of the generator's weights) and for what keeps it alive: a penalty on the
    discriminator in the place of its batch normalisation, and Adam's decay rates as in
    Huang et al. 2024.
    """

    num_classes: ClassVar[int | None] = None

    output: str = f"{FOLDER}/gan"
    dataset: str = DATASET
    epochs: int = 25
    """Passes over the training images. With as many, ten DCGANs, one a digit, see as
    many images as one of all digits."""
    batch_size: int = 32
    penalty: str | None = "r1(0.5)"
    """Of the discriminator. It keeps the logits small, where the source's losses, which
    saturate, still have gradients; see ganzoo.penalties."""
    update: str = "simultaneous"
    """Both players from one forward pass, or "alternating", Goodfellow's algorithm."""
    generator_learning_rate: float = 5e-4
    discriminator_learning_rate: float = 5e-4
    beta_1: float = 0.0
    """Adam's first decay rate, for both."""
    beta_2: float = 0.99
    """Adam's second decay rate, for both."""
    ema_half_life: float | None = 10_000.0
    """Average the generator's weights with this half-life, in examples seen; what is
    shown and judged are images by the average."""
    width: int = 16
    """Channels of the widest images' layers; the others have twice and four times as
    many."""
    latent_dim: int = 100
    """Size of the noise."""
    slope: float = 0.2
    """LeakyReLU's slope below zero, in the discriminator."""
    dropout: float = 0.0
    """Share of the discriminator's activations dropped."""
    normalise: bool = False
    """Batch normalisation in the discriminator; a gradient penalty goes without."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    sample_count: int = 64
    """Images in a grid of one digit."""
    show_steps: tuple[int, ...] = (1, 51, 76, 201, 401, 701)
    """Iterations whose images the report shows, the source's; and the last."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(1, self, "width", "latent_dim", "sample_count", "train_images")
        limits.shares(self, "slope", "dropout")
        shown_steps(self)
        penalty = penalties.get(self.penalty)
        if self.normalise and not isinstance(penalty, penalties.WeightClipping | None):
            raise ValueError(
                f"penalty={self.penalty!r} looks at single images, and batch "
                "normalisation in the discriminator mixes them; add --no-normalise."
            )


def shown_steps(config: common.Common) -> None:
    """Refuses `show_steps` that are not counted from 1.

    Raises:
        ValueError: Naming the field and its value.
    """
    if config.show_steps and min(config.show_steps) < 1:
        raise ValueError(
            f"show_steps={config.show_steps} must be steps, counted from 1."
        )
