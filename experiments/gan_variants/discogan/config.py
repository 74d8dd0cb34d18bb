"""The configuration of discogan."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER
from experiments.harness.validation import Count, OneOf, Weight

# Generator -> name of its builder in ganzoo.networks.
GENERATORS = {
    "symmetric": "symmetric_generator",
    "bottleneck": "discogan_generator",
}
SMOKE = {
    "epochs": 2,
    "batch_size": 32,
    "train_images": 320,
    "measure_samples": 200,
    "width": 8,
}


@dataclasses.dataclass(frozen=True)
class Discogan(harness.AdamConfig, harness.ImageConfig):
    """DiscoGAN (Kim et al. 2017) on two domains of digits."""

    output: str = f"{FOLDER}/discogan"
    dataset: str = "mnist"
    """Gray digits; the two domains are made of disjoint halves of them."""
    epochs: int = 20
    batch_size: int = 64
    generator: Annotated[str, OneOf(GENERATORS)] = "symmetric"
    """symmetric, which can rotate and color, or bottleneck, as in the paper."""
    width: Count = 16
    """Channels after the first convolution of generators and discriminators."""
    reconstruction_weight: Weight = 10.0
    """Weight of both reconstruction losses; 1 in the paper."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    generator_learning_rate: float = 5e-4
    sample_count: int = 12
    """Images of each domain in a picture."""
    measure_samples: Count = 10_000
    """Number of held-out pairs for scoring the mapping."""

    @property
    def images_per_step(self) -> int:
        """Real images per train step, of both domains."""
        return 2 * self.batch_size
