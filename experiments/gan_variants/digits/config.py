"""The configurations of vanilla, minibatch and unrolled."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.gan_variants.config import FOLDER, VariantConfig
from experiments.harness import validation
from experiments.harness.validation import Fraction, OneOf

SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "show_epochs": (1, 2),
}


@dataclasses.dataclass(frozen=True)
class Digits(VariantConfig, harness.SamplingConfig):
    """A GAN of digits."""

    output: str = f"{FOLDER}/vanilla"
    dataset: str = "mnist"
    epochs: int = 60
    batch_size: int = 128
    architecture: Annotated[str, OneOf(("mlp", "dcgan"))] = "mlp"
    """mlp, fully connected networks, or dcgan, those of experiments.mnist_gan."""
    normalise: bool = False
    """Use batch normalization in the generator; dcgan always does."""
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped."""
    show_epochs: tuple[int, ...] = (2, 27, 57)
    """Epochs whose images the report shows, as far as they were trained."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        validation.check_show_epochs(self)
        if self.architecture == "dcgan" and self.similarities:
            raise ValueError(
                f"similarities={self.similarities} needs architecture=mlp; with dcgan "
                "use similarities=0."
            )


@dataclasses.dataclass(frozen=True)
class Vanilla(Digits):
    """The GAN of Goodfellow et al. 2014: fully connected, alternating updates."""


@dataclasses.dataclass(frozen=True)
class Minibatch(Digits):
    """The vanilla GAN with minibatch discrimination.

    A discriminator that compares samples beats a young generator, which generates only
    one image, at once. Therefore there are few kernels, and the generator has batch
    normalization and a higher learning rate.
    """

    output: str = f"{FOLDER}/minibatch"
    epochs: int = 90
    similarities: int = 10
    normalise: bool = True
    """Use batch normalization in the generator."""
    generator_learning_rate: float = 5e-4
    show_epochs: tuple[int, ...] = (12, 70, 90)


@dataclasses.dataclass(frozen=True)
class Unrolled(Digits):
    """The vanilla GAN with an unrolled discriminator, which failed on the slides."""

    output: str = f"{FOLDER}/unrolled"
    unrolled_steps: int = 5
