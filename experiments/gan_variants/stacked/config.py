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
    """Gray digits to stack; each batch is sampled anew."""
    epochs: int = 12
    """Epochs of `epoch_steps` train steps."""
    batch_size: int = 128
    discriminator_learning_rate: float = 4e-4
    """Adam's learning rate for the discriminator. Both rates are twice those of
    PacGAN's authors, who train 500,000 steps; the paper uses 1e-4 for both."""
    beta_2: float = 0.99
    latent_dim: int = 256
    players: Annotated[str, OneOf(("small", "large"))] = "small"
    """small, the networks of the paper, or large, InfoGAN's generator of digits and a
    matching discriminator without batch normalization."""
    filters: Count = 8
    """For small: channels of the generator at 28x28; lower resolutions have twice, four
    and eight times as many."""
    fraction: Positive = 0.25
    """For small: width of the discriminator relative to the generator; 1/4 or 1/2 in
    the paper."""
    normalise: bool = True
    """For small: use batch normalization in the discriminator. A gradient penalty
    requires --no-normalise."""
    units: Count = 256
    """For large: units of the generator's first layer; a generator with 256 fits in the
    zoo."""
    measure_samples: Annotated[int, AtLeast(2)] = 26_000
    """Number of samples for counting modes."""
