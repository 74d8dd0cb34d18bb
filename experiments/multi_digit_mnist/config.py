"""The configuration of several digits in boxes."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness.validation import (
    AtLeast,
    Count,
    Fraction,
    Number,
    OneOf,
    Positive,
    Weight,
)

# As ganzoo.data and ganzoo.networks have them; a test holds them to it.
BACKGROUNDS = OneOf(("cells", "plain", "patterns"))
PLACEMENTS = OneOf(("grid", "cells", "anywhere"))
CONDITIONINGS = OneOf(("input", "projection", "classifier"))
DIGIT, CLASSES = (28, 28, 1), 10
FOLDER = "runs/multi_digit_mnist"
# The orders of the source's figures: trained on, and new.
FIGURE_1 = ("0123", "4567", "8901")
FIGURE_2 = ("1986", "3258", "5274")
SMOKE = {
    "epochs": 2,
    "batch_size": 4,
    "images": 16,
    "train_images": 600,
    "size": 32,
    "digit_size": 12,
    "smallest": None,
    "largest": None,
    "object_size": 12,
    "width": 1 / 16,
    "scene_width": None,
    "sample_count": 4,
    "measure_images": 20,
    "final_images": 20,
}


@dataclasses.dataclass(frozen=True)
class Config(harness.GanConfig, harness.ImageConfig):
    """Several labeled digits in boxes; the defaults are the source's."""

    output: str = f"{FOLDER}/full"
    dataset: str = "mnist"
    epochs: int = 53
    """Rounds of all images: 53 of 15,000 are 24,804 steps of 32."""
    batch_size: int = 32
    generator_learning_rate: float = 1e-5
    """Adam's learning rate for the generator; the source: 1e-6 to 1e-5."""
    discriminator_learning_rate: float = 1e-4
    """Adam's learning rate for the discriminator; the source: 1e-5 to 1e-4."""

    images: Count = 15_000
    """Different training images, made of digits on the fly."""
    train_images: int | None = None
    """Number of digits to make them of: the first, or of a folder some of each
    class."""
    size: Count = 128
    """Height and width of an image, in pixels; a multiple of 4."""
    orders: tuple[str, ...] = FIGURE_1
    """Label orders to train on, each as likely; all others are held out. None at all
    samples every label independently."""
    objects: Count = 4
    """Digits per image."""
    fewest: Count | None = None
    """The least number of digits, where it varies; only without orders."""
    placement: Annotated[str, PLACEMENTS] = "grid"
    """grid, centered in the cells; cells, anywhere in them; or anywhere."""
    digit_size: Count = 32
    """Height and width of the digits on the grid, in pixels."""
    smallest: Count | None = None
    """Least height and width of the digits; by default digit_size."""
    largest: Count | None = None
    """Greatest height and width of the digits; by default the least."""
    overlap: bool = False
    """Digits may cover one another; with --placement anywhere."""
    background: Annotated[str, BACKGROUNDS] = "cells"
    """cells, plain or patterns."""
    transparent: bool = False
    """Paste only what is brighter than the background."""

    latent_dim: int = 100
    """Size of the noise of the background, and of each digit's."""
    width: Positive = 1.0
    """Width of the networks, relative to the source's table."""
    scene_width: Positive | None = None
    """Width of their global paths alone; by default width."""
    object_size: Annotated[int, AtLeast(4)] = 28
    """Height and width of a digit to both networks' local paths; a multiple of 4."""
    label_scale: Positive = 1.0
    """Value of the one in the generator's one-hot labels."""
    layout_image: bool = False
    """Feed the global path the boxes, colored by label (Hinz et al. 2019)."""
    merge_convolutions: Number = 0
    """Convolutions that the image passes after the digits were written."""
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations dropped."""
    joint: bool = True
    """One decision on everything; otherwise one on the background and on each digit."""
    blank: bool = False
    """Cover the digits before the discriminator's global path sees the image."""
    conditioning: Annotated[str, CONDITIONINGS] = "input"
    """How labels enter the discriminator: input, projection, classifier."""
    context: Weight = 0.0
    """Margin around a digit's crop at each edge, as a fraction of its box."""
    draw_labels: bool = False
    """Sample the generator's labels independently of those of the images."""
    classification_weight: Weight = 1.0
    """Weight of the cross-entropy of the classes; with --conditioning classifier."""
    mismatch_weight: Fraction = 0.0
    """Fraction of the loss in which real digits with wrong labels count as fake."""
    max_objects: Count = 16
    """The most digits per image that can be asked for."""

    sample_count: int = 16
    measure_images: Annotated[int, AtLeast(10)] = 250
    """Images of each kind that are measured after an epoch."""
    measure_epochs: Count = 1
    """Epochs between two measurements; the first and the last are always measured."""
    final_images: Annotated[int, AtLeast(10)] = 1000
    """Images of each kind that are measured at the end."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.objects > self.max_objects:
            raise ValueError(
                f"objects={self.objects} is more than max_objects={self.max_objects}."
            )
        for order in self.orders:
            if not (order.isascii() and order.isdigit()):
                raise ValueError(
                    f"orders: {order!r} must be labels in a row, such as 0123."
                )


def labels_of(order: str) -> tuple[int, ...]:
    """Returns an order's labels: "0123" is (0, 1, 2, 3)."""
    return tuple(map(int, order))
