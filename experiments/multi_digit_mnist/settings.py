"""The settings of several digits in boxes, and the systems that they make."""

import dataclasses

from experiments import adversarial, limits
from ganzoo import losses, penalties
from ganzoo.data.backgrounds import BACKGROUNDS
from ganzoo.data.placement import PLACEMENTS
from ganzoo.networks.layout import CONDITIONINGS

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
class Config(adversarial.Adversarial):
    """The settings; the defaults are the source's."""

    output: str = f"{FOLDER}/full"
    dataset: str = "mnist"
    epochs: int = 53
    """Rounds of as many images as there are: 53 of 15,000 are 24,804 steps of 32."""
    batch_size: int = 32
    generator_learning_rate: float = 1e-5
    """Adam's learning rate for the generator; the source: 1e-6 to 1e-5."""
    discriminator_learning_rate: float = 1e-4
    """Adam's learning rate for the discriminator; the source: 1e-5 to 1e-4."""

    images: int = 15_000
    """Different training images, made of digits on the fly."""
    train_images: int | None = None
    """Number of digits to make them of: the first, or of a folder some of each
    class."""
    size: int = 128
    """Height and width of an image, in pixels; a multiple of 4."""
    orders: tuple[str, ...] = FIGURE_1
    """Label orders to train on, each as likely; all others are held out. None at all
    draws every label by itself."""
    objects: int = 4
    """Digits of an image."""
    fewest: int | None = None
    """The least number of digits, where it varies; only without orders."""
    placement: str = "grid"
    """grid, in the middle of the cells; cells, anywhere in them; or anywhere."""
    digit_size: int = 32
    """Height and width of the digits on the grid, in pixels."""
    smallest: int | None = None
    """Least height and width of the digits; by default digit_size."""
    largest: int | None = None
    """Greatest height and width of the digits; by default the least."""
    overlap: bool = False
    """Digits may cover one another; with --placement anywhere."""
    background: str = "cells"
    """cells, plain or patterns."""
    transparent: bool = False
    """Lay only what is brighter than the background."""

    latent_dim: int = 100
    """Size of the noise of the background, and of each digit's."""
    width: float = 1.0
    """Of the networks, relative to the source's table."""
    scene_width: float | None = None
    """Of their global paths alone; by default width."""
    object_size: int = 28
    """Height and width that digits are drawn and looked at in; a multiple of 4."""
    label_scale: float = 1.0
    """Value of the one in the generator's one-hot labels."""
    layout_image: bool = False
    """Feed the global path the boxes, coloured by label (Hinz et al. 2019)."""
    merge_convolutions: int = 0
    """Convolutions that the image passes after the digits were written."""
    dropout: float = 0.3
    """Share of the discriminator's activations dropped."""
    joint: bool = True
    """One decision on everything; otherwise one on the background and on each digit."""
    blank: bool = False
    """Cover the digits before the discriminator's global path sees the image."""
    conditioning: str = "input"
    """How labels have their say in the discriminator: input, projection, classifier."""
    context: float = 0.0
    """What a digit is looked at with beyond each edge, as a share of its box."""
    draw_labels: bool = False
    """Draw the labels that the generator is fed apart from those of the images."""
    classification_weight: float = 1.0
    """Of the cross-entropy of the classes; with --conditioning classifier."""
    mismatch_weight: float = 0.0
    """Share of the loss in which real digits with wrong labels count as generated."""
    max_objects: int = 16
    """The most digits of an image that may be asked for."""

    sample_count: int = 16
    """Images in a grid."""
    measure_images: int = 250
    """Images of each kind that are measured after an epoch."""
    measure_epochs: int = 1
    """Epochs between two measurements; the first and the last are always measured."""
    final_images: int = 1000
    """Images of each kind that are measured at the end."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        losses.get(self.loss)
        penalties.get(self.penalty)
        limits.one_of(self, "placement", PLACEMENTS)
        limits.one_of(self, "background", BACKGROUNDS)
        limits.one_of(self, "conditioning", CONDITIONINGS)
        counts = ("images", "size", "objects", "fewest", "digit_size", "smallest")
        counts += ("largest", "latent_dim", "max_objects", "sample_count")
        limits.at_least(1, self, *counts, "measure_epochs")
        limits.at_least(4, self, "object_size")
        # Of each label some.
        limits.at_least(10, self, "measure_images", "final_images")
        limits.at_least(0, self, "merge_convolutions", "context")
        limits.at_least(0, self, "classification_weight")
        limits.above_zero(self, "width", "scene_width", "label_scale")
        limits.shares(self, "dropout", "mismatch_weight")
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
