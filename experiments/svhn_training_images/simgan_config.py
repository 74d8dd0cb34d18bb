"""The configuration of SimGAN."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness.validation import Count, Number, Positive, Steps
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
    """SimGAN (Shrivastava et al. 2017), which refines images and keeps their labels."""

    output: str = f"{FOLDER}/simgan"
    dataset: str = DATASET
    epochs: int = 4
    """Passes over the real images."""
    batch_size: int = 64
    """Images per update, over all replicas."""
    style: Annotated[str, STYLES] = "source"
    """Style of the drawn house numbers, source or rich; see ganzoo.data."""
    drawn_images: Count = 10 * PER_CLASS
    """Number of drawn images."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts."""
    train_images: Count | None = None
    """Number of real images: the first ones, or some of each class of a folder."""
    width: Count = 32
    """Channels of the refiner; 64 in the paper."""
    blocks: Number = 4
    """Number of residual blocks of the refiner."""
    discriminator_width: Count = 32
    """Channels of the discriminator's last hidden layer."""
    regularisation_weight: Positive = 5.0
    """Weight of the mean absolute difference from the drawn image; the paper does not
    state it."""
    refiner_steps: Count = 2
    """Refiner updates per train step (K_g in the paper)."""
    discriminator_steps: Count = 1
    """Discriminator updates per train step (K_d in the paper)."""
    refiner_warm_up: Number = 1000
    """Initial updates of the refiner alone, in which it learns to leave images
    unchanged."""
    discriminator_warm_up: Number = 200
    """Updates of the discriminator alone, after the refiner's warm-up."""
    history_capacity: Number = 3200
    """Size of the image pool, which shows the discriminator images refined earlier; 0
    turns it off."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    ema_half_life: Positive | None = None
    """Half-life of a moving average of the refiner's weights, in real images seen."""
    show_steps: Steps = (1, 501, 701, 1001, 2001)
    """Train steps whose images the report shows; it also shows the last."""
