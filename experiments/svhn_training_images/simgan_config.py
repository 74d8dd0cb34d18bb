"""The configuration of SimGAN."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import Count, Number, Positive
from experiments.svhn_training_images.config import DATASET, FOLDER, PER_CLASS, STYLES

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
class Simgan(harness.AdamConfig):
    """SimGAN (Shrivastava et al. 2017), which keeps what an image shows."""

    output: str = f"{FOLDER}/simgan"
    dataset: str = DATASET
    epochs: int = 4
    """Passes over the real images."""
    batch_size: int = 64
    """Images per update, over all replicas."""
    style: Annotated[str, STYLES] = "source"
    """Which house numbers are refined, source or rich; see ganzoo.data."""
    drawn_images: Count = 10 * PER_CLASS
    """How many of them are drawn."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts."""
    train_images: Count | None = None
    """Number of real images to use: the first, or of a folder some of each class."""
    width: Count = 32
    """Channels of the refiner; the paper's is 64."""
    blocks: Number = 4
    """Residual blocks of the refiner."""
    discriminator_width: Count = 32
    """Channels of the discriminator's last hidden layer."""
    regularisation_weight: Positive = 5.0
    """Weight of the mean absolute difference to the drawn image; the paper leaves it
    open."""
    refiner_steps: Count = 2
    """Updates of the refiner per train step (the paper's K_g)."""
    discriminator_steps: Count = 1
    """Updates of the discriminator per train step (K_d)."""
    refiner_warm_up: Number = 1000
    """Updates of the refiner alone, at first, to leave images as they are."""
    discriminator_warm_up: Number = 200
    """Updates of the discriminator alone, after that."""
    history_capacity: Number = 3200
    """Size of the image pool that the discriminator is reminded by; 0 is none."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    ema_half_life: Positive | None = None
    """Average the refiner's weights with this half-life, in real images seen."""
    show_steps: tuple[int, ...] = (1, 501, 701, 1001, 2001)
    """Train steps whose images the report shows; and the last."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        validation.check_counted_from_one(self, "show_steps", "steps")
