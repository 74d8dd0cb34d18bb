"""The configuration of a GAN of CIFAR-10, and the variants as configurations."""

import dataclasses
from typing import Annotated

from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import Count, Fraction, OneOf, Positive

SHAPE = (32, 32, 3)
ZERO_LEVEL = 128.0  # the source's pixels are (x - 128) / 128
ARCHITECTURES = OneOf(("mlp", "dcgan", "sndcgan", "resnet", "small"))
OPTIMIZERS = OneOf(("adam", "rmsprop"))
FOLDER = "runs/cifar10_gan"
NO_EXTRACTOR = "none"
SMOKE = {
    "epochs": 2,
    "batch_size": 32,
    "train_images": 320,
    "sample_count": 16,
    "measure_samples": 100,
    "measure_every_images": 1,
    "final_draws": 2,
    "neighbours": 20,
}


@dataclasses.dataclass(frozen=True)
class Config(harness.GanConfig, harness.SamplingConfig):
    """A GAN of CIFAR-10; the defaults are those of the source's DC-GAN."""

    # The metrics use 5 nearest neighbors in halves of the samples.
    least_samples = 12

    output: str = f"{FOLDER}/dcgan"
    dataset: str = "cifar10"
    epochs: int = 1000
    batch_size: int = 1024
    architecture: Annotated[str, ARCHITECTURES] = "dcgan"
    """mlp, dcgan, sndcgan, resnet or small: the networks."""
    latent_dim: Count = 128
    width: Count | None = None
    """Width of the networks, see ganzoo.networks; by default that of the
    architecture."""
    slope: Fraction = 0.01
    """Negative slope of LeakyReLU; not used by resnet."""
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped; only for mlp."""
    normalise: bool = True
    """Use batch normalization in the discriminator of dcgan. A gradient penalty
    requires --no-normalise."""
    optimizer: Annotated[str, OPTIMIZERS] = "adam"
    """adam, or rmsprop, which ignores beta_1 and beta_2."""
    generator_learning_rate: Positive = 2e-4
    """Learning rate of the generator."""
    discriminator_learning_rate: Positive = 2e-4
    """Learning rate of the discriminator."""
    steps_per_execution: Count = 1
    """Train steps per call to the device; must divide an epoch's steps."""
    joined: bool = True
    """Train on the training and the test images, as the source does. The test images
    of a folder or an .npz file are never trained on."""
    train_images: int | None = 59_392
    """Number of training images: the first ones, or equally many of each class of a
    folder. The default is the largest multiple of 1024 in CIFAR-10; a smaller set is
    used completely."""
    extractor: str = "cifar10"
    """Feature extractor of the metrics: cifar10, the shipped classifier; pixels, lite0,
    fid, fid-pytorch or fid-clean, see `python -m ganzoo evaluate --help`; the path of a
    weights file of Keras's Inception-v3; or none, which computes no metrics."""
    measure_every_images: Count = 300_000
    final_draws: Count = 5
    """Number of sets of samples that are measured at the end, for the spread."""
    neighbours: Count = 128
    """Number of generated images whose nearest training images are searched."""

    def check_names(self) -> None:
        """Validates losses and penalties; see `Config.check`."""
        super().check_names()
        if self.architecture == "dcgan":
            validation.check_penalty(self)

    def optimizers(self) -> tuple:
        """Returns new Keras optimizers for the generator and the discriminator."""
        import keras

        if self.optimizer == "adam":
            return super().optimizers()
        rates = (self.generator_learning_rate, self.discriminator_learning_rate)
        return tuple(keras.optimizers.RMSprop(rate) for rate in rates)


def _rates(rate: float, **others) -> dict:
    return {
        "generator_learning_rate": rate,
        "discriminator_learning_rate": rate,
        **others,
    }


_CRITIC = {"loss": "wasserstein", "discriminator_steps": 5, "batch_size": 64}
_GRADIENT_PENALTY = _CRITIC | {"penalty": "gradient_penalty", "normalise": False}

# Name of a variant -> the fields in which it differs from the source's DC-GAN. If a
# variant's paper has other learning rates than the source, we use the paper's.
VARIANTS = {
    "mlp": {"architecture": "mlp"},
    "dcgan": {},
    # Arjovsky et al. 2017, algorithm 1.
    "wgan": _CRITIC
    | {"penalty": "weight_clipping", "optimizer": "rmsprop"}
    | _rates(5e-5),
    # Gulrajani et al. 2017, algorithm 1.
    "wgan-gp": _GRADIENT_PENALTY | _rates(1e-4, beta_1=0.0, beta_2=0.9),
    # The residual networks of the same authors, with the learning rates of their code
    # for CIFAR-10, but without its linear decay.
    "wgan-gp-resnet": _GRADIENT_PENALTY
    | {"architecture": "resnet"}
    | _rates(2e-4, beta_1=0.0, beta_2=0.9),
    # Miyato et al. 2018, with the learning rates of Radford et al. 2016, which they
    # tested, too.
    "sn-dcgan": {"architecture": "sndcgan", "loss": "hinge", "batch_size": 64}
    | {"slope": 0.1}
    | _rates(2e-4),
    # From no paper: small networks and batches, high rates, an average of the weights.
    "quick": {"architecture": "small", "batch_size": 64, "epochs": 10}
    | {"joined": False, "train_images": None}
    | {"update": "simultaneous", "slope": 0.2, "ema_half_life": 8_000.0}
    | {"measure_every_images": 50_000}
    | {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 5e-4},
}
# Those that `compare` runs: the papers', each for the same number of epochs.
COMPARED = {name: fields for name, fields in VARIANTS.items() if name != "quick"}


def variant(name: str) -> Config:
    """Returns the configuration of a variant, with its own run folder."""
    return Config(output=f"{FOLDER}/{name}", **VARIANTS[name])


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """compare: runs several variants with several seeds and reports them in one table.

        python -m experiments.cifar10_gan compare --systems mlp dcgan wgan wgan-gp

    The variants are mlp, dcgan, wgan, wgan-gp, wgan-gp-resnet and sn-dcgan.
    """

    variants = COMPARED

    seeds: int = 1
    """Runs of each variant, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    dataset: str = "cifar10"
    """As in the experiment."""
