"""The configuration of a GAN of several digits in boxes."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness.validation import (
    Count,
    Fraction,
    Number,
    OneOf,
    Positive,
    Weight,
    at_least,
)

# Copies of constants in ganzoo.data and ganzoo.networks, to import neither; a test
# compares them.
BACKGROUNDS = OneOf(("cells", "plain", "patterns"))
PLACEMENTS = OneOf(("grid", "cells", "anywhere"))
CONDITIONINGS = OneOf(("input", "projection", "classifier"))
DIGIT, CLASSES = (28, 28, 1), 10
FOLDER = "runs/multi_digit_mnist"
# Label orders of the source's figures: from training, and new.
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
    """Passes over all images: 53 passes over 15,000 images are 24,804 steps of 32."""
    batch_size: int = 32
    generator_learning_rate: float = 1e-5
    """Adam's learning rate for the generator; 1e-6 to 1e-5 in the source."""
    discriminator_learning_rate: float = 1e-4
    """Adam's learning rate for the discriminator; 1e-5 to 1e-4 in the source."""

    images: Count = 15_000
    """Number of different training images, which are composed of digits on the fly."""
    train_images: int | None = None
    """Number of digits to compose them of: the first ones, or some of each class of a
    folder."""
    size: Count = 128
    """Height and width of an image in pixels, a multiple of 4."""
    orders: tuple[str, ...] = FIGURE_1
    """Label orders to train on, with equal probability; all others are held out. An
    empty list samples every label independently."""
    objects: Count = 4
    """Number of digits per image."""
    fewest: Count | None = None
    """Smallest number of digits per image, if it varies; only without orders."""
    placement: Annotated[str, PLACEMENTS] = "grid"
    """grid, centered in the cells; cells, anywhere in them; or anywhere."""
    digit_size: Count = 32
    """Height and width of the digits on the grid, in pixels."""
    smallest: Count | None = None
    """Smallest height and width of the digits; by default digit_size."""
    largest: Count | None = None
    """Largest height and width of the digits; by default the smallest."""
    overlap: bool = False
    """Allow digits to overlap; only with --placement anywhere."""
    background: Annotated[str, BACKGROUNDS] = "cells"
    """cells, plain or patterns."""
    transparent: bool = False
    """Paste only pixels that are brighter than the background."""

    latent_dim: int = 100
    """Dimension of the background's noise, and of each digit's noise."""
    width: Positive = 1.0
    """Width of the networks, relative to the source's table."""
    scene_width: Positive | None = None
    """Width of the global paths; by default width."""
    object_size: Annotated[int, at_least(4)] = 28
    """Height and width of a digit in the local paths of both networks, a multiple of
    4."""
    label_scale: Positive = 1.0
    """Nonzero value of the generator's one-hot labels."""
    layout_image: bool = False
    """Feed the global path an image of the boxes, colored by label (Hinz et al.
    2019)."""
    merge_convolutions: Number = 0
    """Number of convolutions after the digits are written over the background."""
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped."""
    joint: bool = True
    """Make one decision on the whole image; otherwise one on the background and one on
    each digit."""
    blank: bool = False
    """Cover the digits in the input of the discriminator's global path."""
    conditioning: Annotated[str, CONDITIONINGS] = "input"
    """How labels enter the discriminator: input, projection or classifier."""
    context: Weight = 0.0
    """Margin on each side of a digit's crop, as a fraction of its box."""
    draw_labels: bool = False
    """Sample the generator's labels independently of the labels in the batch."""
    classification_weight: Weight = 1.0
    """Weight of the classes' cross-entropy; only with --conditioning classifier."""
    mismatch_weight: Fraction = 0.0
    """Weight of real digits with wrong labels, which count as fake."""
    max_objects: Count = 16
    """Largest number of digits per image that the networks accept."""

    sample_count: int = 16
    measure_images: Annotated[int, at_least(10)] = 250
    """Images per situation that are measured after an epoch."""
    measure_epochs: Count = 1
    """Epochs between measurements; the first and the last epoch are always measured."""
    final_images: Annotated[int, at_least(10)] = 1000
    """Images per situation that are measured at the end."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.objects > self.max_objects:
            raise ValueError(
                f"objects={self.objects} must be at most max_objects="
                f"{self.max_objects}."
            )
        for order in self.orders:
            if not (order.isascii() and order.isdigit()):
                raise ValueError(
                    f"orders: {order!r} must be digits without separators, such as "
                    "0123."
                )


def labels_of(order: str) -> tuple[int, ...]:
    """Returns the labels of an order: "0123" becomes (0, 1, 2, 3)."""
    return tuple(map(int, order))
