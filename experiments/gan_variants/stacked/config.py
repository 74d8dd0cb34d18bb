"""The configuration of stacked."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER, VariantConfig
from experiments.harness.validation import AtLeast, Count, OneOf, Positive

SMOKE = {
    "epochs": 2,
    "epoch_steps": 10,
    "batch_size": 32,
    "train_images": 640,
    "measure_samples": 500,
}


@dataclasses.dataclass(frozen=True)
class Stacked(VariantConfig, harness.EpochStepsConfig, harness.ImageConfig):
    """Stacked MNIST in the setting of Metz et al. 2017."""

    output: str = f"{FOLDER}/stacked"
    dataset: str = "mnist"
    """The gray digits that are stacked, sampled afresh for each batch."""
    epochs: int = 12
    """Rounds of `epoch_steps` train steps."""
    batch_size: int = 128
    discriminator_learning_rate: float = 4e-4
    """Both rates are twice those of PacGAN's authors, who take 500,000 steps; the paper
    has 1e-4 for both."""
    beta_2: float = 0.99
    latent_dim: int = 256
    players: Annotated[str, OneOf(("small", "large"))] = "small"
    """small, the networks of the paper, or large: the generator of InfoGAN's digits and
    a discriminator without normalization to match."""
    filters: Count = 8
    """Small: generator's channels at 28x28; twice, four, eight times as many below."""
    fraction: Positive = 0.25
    """Small: width of the discriminator, of the generator's; the paper: 1/4, 1/2."""
    normalise: bool = True
    """Small: batch normalization in the discriminator; a gradient penalty has none."""
    units: Count = 256
    """Large: units of the generator's first layer; 256 fit in the zoo."""
    measure_samples: Annotated[int, AtLeast(2)] = 26_000
    """Number of samples that the modes are counted on."""
