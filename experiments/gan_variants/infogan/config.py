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
    """InfoGAN on digits as in Chen et al. 2016, with an augmentation."""

    output: str = f"{FOLDER}/infogan"
    dataset: str = "mnist"
    epochs: int = 20
    batch_size: int = 128
    noise_dim: Count = 62
    """Dimension of the noise, without the codes."""
    units: Count = 1024
    """Units of the generator's first hidden layer, as in the paper; use 256 for a
    generator that fits in the zoo."""
    categories: Annotated[int, AtLeast(2)] = 10
    """Number of values of the categorical code."""
    continuous: Number = 2
    """Number of continuous codes, uniform on [-1, 1]."""
    categorical_weight: Weight = 1.0
    """Weight of the categorical code's mutual information."""
    continuous_weight: Weight = 0.1
    """Weight of the continuous codes' mutual information."""
    deviation: Positive | None = None
    """Standard deviation of the predicted continuous codes; by default it is
    learned."""
    augment: bool = True
    """Predict the categorical code from rotated, sheared, zoomed and shifted images, so
    that it cannot represent any of these; the paper does not."""
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminator and the recognition head."""
    ema_half_life: float | None = 20_000.0
    """Half-life of a moving average of the generator's weights, in real images seen."""
    show_epochs: tuple[int, ...] = (1, 5, 10, 15, 20)
    """Epochs whose images the report shows, as far as they were trained."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        validation.check_show_epochs(self)
