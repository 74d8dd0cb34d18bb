"""The configurations of all variants."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness.validation import (
    Bound,
    Count,
    Epochs,
    Fraction,
    Number,
    OneOf,
    Positive,
    Weight,
    at_least,
)

FOLDER = "runs/gan_variants"
# DiscoGAN's generators -> name of the builder in ganzoo.networks.
GENERATORS = {
    "symmetric": "symmetric_generator",
    "bottleneck": "discogan_generator",
}
LABEL_COUNTS = Bound("at least 1", lambda counts: bool(counts) and min(counts) > 0)


@dataclasses.dataclass(frozen=True)
class VariantConfig(harness.GanConfig):
    """A GAN, optionally with minibatch discrimination or an unrolled discriminator."""

    similarities: Number = 0
    """Kernels of minibatch discrimination (Salimans et al. 2016); 0 turns it off."""
    unrolled_steps: Number = 0
    """Unrolled discriminator steps (Metz et al. 2017); 0 turns unrolling off."""
    packing: Count = 1
    """Images that the discriminator sees at once (PacGAN, Lin et al. 2018)."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.similarities and self.batch_size < 2:
            raise ValueError(
                f"similarities={self.similarities} compares the images of a batch, but "
                f"batch_size={self.batch_size}; use at least 2."
            )
        if self.packing > 1 and self.batch_size % self.packing:
            raise ValueError(
                f"packing={self.packing} must divide batch_size={self.batch_size}."
            )
        if self.packing > 1 and self.penalty is not None:
            raise ValueError(
                f"packing={self.packing} would count the gradient in "
                f"penalty={self.penalty!r} once per image of a pack: use one of them."
            )


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
    show_epochs: Epochs = (2, 27, 57)
    """Epochs whose images the report shows, as far as they were trained."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.architecture == "dcgan" and self.similarities:
            raise ValueError(
                f"similarities={self.similarities} needs architecture=mlp; with dcgan "
                "use similarities=0."
            )
        if self.architecture == "dcgan" and self.packing > 1:
            raise ValueError(
                f"packing={self.packing} needs architecture=mlp; with dcgan use "
                "packing=1."
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
    show_epochs: Epochs = (12, 70, 90)


@dataclasses.dataclass(frozen=True)
class Unrolled(Digits):
    """The vanilla GAN with an unrolled discriminator, which failed on the slides."""

    output: str = f"{FOLDER}/unrolled"
    unrolled_steps: int = 5


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
    categories: Annotated[int, at_least(2)] = 10
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
    show_epochs: Epochs = (1, 5, 10, 15, 20)
    """Epochs whose images the report shows, as far as they were trained."""


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


@dataclasses.dataclass(frozen=True)
class Features(VariantConfig, harness.ImageConfig):
    """A DCGAN whose discriminator yields features (Radford et al. 2016)."""

    output: str = f"{FOLDER}/features"
    dataset: str = "mnist"
    """Gray images of 28x28 pixels, or color images of 32x32."""
    epochs: int = 20
    batch_size: int = 128
    update: str = "simultaneous"
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped; only at 28x28."""
    label_counts: Annotated[tuple[int, ...], LABEL_COUNTS] = (100, 1000, 10_000)
    """Numbers of labeled images to train the linear classifiers on."""
    draws: Count = 5
    """Random subsets of labeled images per number; one subset from 10,000 on."""
    test_images: Count | None = None
    """Number of test images: the first ones, or some of each class of a folder."""


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
    measure_samples: Annotated[int, at_least(2)] = 26_000
    """Number of samples for counting modes."""
