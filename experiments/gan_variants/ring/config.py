"""The configuration of ring."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER, VariantConfig
from experiments.harness.validation import Count, OneOf

SMOKE = {"epochs": 2, "epoch_steps": 20, "measure_samples": 500}


@dataclasses.dataclass(frozen=True)
class Ring(VariantConfig, harness.EpochStepsConfig):
    """A ring of 8 Gaussians, or a grid of 25, in the setting of Metz et al. 2017.

    Two things differ: the learning rates are ten times as high, so that training needs
    fewer steps, and the weights are averaged. `compare` has both learning rates.
    """

    output: str = f"{FOLDER}/ring"
    dataset: Annotated[str, OneOf(("ring", "grid"))] = "ring"
    """ring, 8 Gaussians with standard deviation 0.02 on a circle, or grid, 5x5
    Gaussians with standard deviation 0.05."""
    epochs: int = 50
    """Epochs of `epoch_steps` train steps; each batch is sampled anew."""
    batch_size: int = 512
    loss: str = "zero_sum"
    update: str = "simultaneous"
    generator_learning_rate: float = 1e-3
    """Adam's learning rate for the generator; the paper uses 1e-4 for both networks."""
    discriminator_learning_rate: float = 1e-3
    ema_half_life: float | None = 256_000.0
    latent_dim: int = 256
    measure_samples: Count = 2500
    """Number of samples for counting modes; 2,500 is the protocol of VEEGAN."""
