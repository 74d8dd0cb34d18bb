"""The configuration of infogan."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER
from experiments.gan_variants.digits.config import SMOKE
from experiments.harness import validation
from experiments.harness.validation import AtLeast, Count, Number, Positive, Weight

__all__ = ["SMOKE", "Infogan"]


@dataclasses.dataclass(frozen=True)
class Infogan(harness.AdamConfig, harness.SamplingConfig):
    """InfoGAN on digits as in Chen et al. 2016, and with an augmentation."""

    output: str = f"{FOLDER}/infogan"
    dataset: str = "mnist"
    epochs: int = 20
    batch_size: int = 128
    noise_dim: Count = 62
    """Size of the noise, without the codes."""
    units: Count = 1024
    """Units of the generator's first hidden layer; the paper's number. 256 fit in the
    zoo."""
    categories: Annotated[int, AtLeast(2)] = 10
    """Values of the categorical code."""
    continuous: Number = 2
    """Number of codes that are uniform on [-1, 1]."""
    categorical_weight: Weight = 1.0
    """Weight of the information on the categorical code."""
    continuous_weight: Weight = 0.1
    """Weight of the information on the continuous codes."""
    deviation: Positive | None = None
    """Standard deviation of the recognition of the continuous codes; None learns it."""
    augment: bool = True
    """Read the categorical code from images turned, sheared, zoomed and shifted, so
    that it cannot stand for any of these; the paper reads it from the images."""
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminator and the recognition head."""
    ema_half_life: float | None = 20_000.0
    """Average the generator's weights with this half-life, in images seen."""
    show_epochs: tuple[int, ...] = (1, 5, 10, 15, 20)
    """Epochs whose images the report shows; those beyond the last are left out."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        validation.check_show_epochs(self)
