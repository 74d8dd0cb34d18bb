"""The settings of SimGAN."""

import dataclasses

from experiments import common, limits
from experiments.svhn_training_images.settings import (
    DATASET,
    FOLDER,
    PER_CLASS,
    shown_steps,
)
from ganzoo.data.house_numbers import STYLES

SMOKE = {
    "epochs": 2,
    "batch_size": 16,
    "train_images": 640,
    "drawn_images": 640,
    "width": 4,
    "discriminator_width": 4,
    "refiner_warm_up": 8,
    "discriminator_warm_up": 4,
    "show_steps": (1, 3),
}


@dataclasses.dataclass(frozen=True)
class Simgan(common.Common):
    """SimGAN (Shrivastava et al. 2017), which keeps what an image shows."""

    output: str = f"{FOLDER}/simgan"
    dataset: str = DATASET
    epochs: int = 4
    """Passes over the real images."""
    batch_size: int = 64
    """Images of an update, over all replicas."""
    style: str = "source"
    """Which house numbers are refined, source or rich; see ganzoo.data."""
    drawn_images: int = 10 * PER_CLASS
    """How many of them are drawn."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts."""
    train_images: int | None = None
    """Number of real images to use: the first, or of a folder some of each class."""
    width: int = 32
    """Channels of the refiner; the paper's is 64."""
    blocks: int = 4
    """Residual blocks of the refiner."""
    discriminator_width: int = 32
    """Channels of the discriminator's last hidden layer."""
    regularisation_weight: float = 5.0
    """Of the mean absolute difference to the drawn image; the paper leaves it open."""
    refiner_steps: int = 2
    """Updates of the refiner in a train step (the paper's K_g)."""
    discriminator_steps: int = 1
    """Updates of the discriminator in a train step (K_d)."""
    refiner_warm_up: int = 1000
    """Updates of the refiner alone, at first, to leave images as they are."""
    discriminator_warm_up: int = 200
    """Updates of the discriminator alone, after that."""
    history_capacity: int = 3200
    """Refined images that the discriminator is reminded of; 0 is none."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    generator_learning_rate: float = 2e-4
    """Adam's learning rate for the refiner."""
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminator."""
    beta_1: float = 0.5
    """Adam's first decay rate, for both."""
    ema_half_life: float | None = None
    """Average the refiner's weights with this half-life, in real images seen."""
    show_steps: tuple[int, ...] = (1, 501, 701, 1001, 2001)
    """Train steps whose images the report shows; and the last."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(
            1,
            self,
            "width",
            "discriminator_width",
            "refiner_steps",
            "discriminator_steps",
            "drawn_images",
            "train_images",
        )
        limits.at_least(
            0,
            self,
            "blocks",
            "refiner_warm_up",
            "discriminator_warm_up",
            "history_capacity",
        )
        limits.above_zero(
            self,
            "regularisation_weight",
            "generator_learning_rate",
            "discriminator_learning_rate",
            "ema_half_life",
            "checkpoint_minutes",
        )
        limits.shares(self, "beta_1")
        limits.one_of(self, "style", tuple(STYLES))
        shown_steps(self)
