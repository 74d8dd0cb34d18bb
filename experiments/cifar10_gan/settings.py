"""The settings of a GAN of CIFAR-10, and the systems that they make."""

import dataclasses

import keras

from experiments import adversarial, limits
from ganzoo import losses, penalties

SHAPE = (32, 32, 3)
MIDDLE = 128.0  # the source's pixels are (x - 128) / 128
ARCHITECTURES = ("mlp", "dcgan", "sndcgan", "resnet")
OPTIMIZERS = ("adam", "rmsprop")
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
class Config(adversarial.Adversarial):
    """The settings; the defaults are the source's, for its DC-GAN."""

    output: str = f"{FOLDER}/dcgan"
    dataset: str = "cifar10"
    epochs: int = 1000
    batch_size: int = 1024
    architecture: str = "dcgan"
    """mlp, dcgan, sndcgan or resnet: the networks of either player."""
    latent_dim: int = 128
    """Size of the noise."""
    width: int | None = None
    """Of the networks, see ganzoo.networks; by default the architecture's own."""
    slope: float = 0.01
    """LeakyReLU's slope below zero; resnet has none."""
    dropout: float = 0.3
    """Share of the discriminator's activations dropped; mlp only."""
    normalise: bool = True
    """Batch normalisation in the discriminator of dcgan; a gradient penalty goes
    without."""
    optimizer: str = "adam"
    """adam, or rmsprop, which has no beta_1 and beta_2."""
    generator_learning_rate: float = 2e-4
    """The optimiser's learning rate for the generator."""
    discriminator_learning_rate: float = 2e-4
    """The optimiser's learning rate for the discriminator."""
    steps_per_execution: int = 1
    """Train steps in one call to the device; must divide an epoch's steps."""
    joined: bool = True
    """Train on training and test images together, as the source does; the test images
    of a folder or an .npz file are never trained on."""
    train_images: int | None = 59_392
    """Number of images to train on, the first, or of a folder as many of each class;
    by default as many as batches of 1024 take of CIFAR-10's, or all of a smaller
    set."""
    sample_count: int = 64
    """Images in a grid."""
    extractor: str = "cifar10"
    """What the measures look through: cifar10, the shipped classifier; the path of a
    weights file of Keras's Inception-v3; or none, which measures nothing."""
    measure_samples: int = 10_000
    """Samples that the measures are taken of."""
    measure_every_images: int = 300_000
    """Training images between two measurements; the last epoch is always measured."""
    final_draws: int = 5
    """Times that as many samples are drawn and measured at the end, for the spread."""
    neighbours: int = 128
    """Generated images whose nearest training images are sought."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.one_of(self, "architecture", ARCHITECTURES)
        limits.one_of(self, "optimizer", OPTIMIZERS)
        losses.get(self.loss)
        limits.at_least(
            1,
            self,
            "latent_dim",
            "width",
            "steps_per_execution",
            "sample_count",
            "measure_every_images",
            "final_draws",
            "neighbours",
        )
        limits.at_least(12, self, "measure_samples")  # twice 5 neighbours, and more
        limits.shares(self, "dropout", "slope")
        penalty = penalties.get(self.penalty)
        gradients = not isinstance(penalty, penalties.WeightClipping | None)
        if gradients and self.architecture == "dcgan" and self.normalise:
            raise ValueError(
                f"penalty={self.penalty!r} looks at single images, and batch "
                "normalisation in the discriminator mixes them; add --no-normalise."
            )

    @property
    def optimizers(self) -> tuple[keras.optimizers.Optimizer, ...]:
        """New optimisers, of the generator and of the discriminator."""
        if self.optimizer == "adam":
            return super().optimizers
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

# For each system the settings in which it differs from the source's DC-GAN. Where a
# paper has other rates than the source, they are the paper's.
SYSTEMS = {
    "mlp": {"architecture": "mlp"},
    "dcgan": {},
    # Arjovsky et al. 2017, algorithm 1.
    "wgan": _CRITIC
    | {"penalty": "weight_clipping", "optimizer": "rmsprop"}
    | _rates(5e-5),
    # Gulrajani et al. 2017, algorithm 1.
    "wgan-gp": _GRADIENT_PENALTY | _rates(1e-4, beta_1=0.0, beta_2=0.9),
    # The same authors' residual networks, with the rates of their code for CIFAR-10 but
    # for their linear decay.
    "wgan-gp-resnet": _GRADIENT_PENALTY
    | {"architecture": "resnet"}
    | _rates(2e-4, beta_1=0.0, beta_2=0.9),
    # Miyato et al. 2018, with the rates of Radford et al. 2016, which they tested too.
    "sn-dcgan": {"architecture": "sndcgan", "loss": "hinge", "batch_size": 64}
    | {"slope": 0.1}
    | _rates(2e-4),
}
OUTPUTS = {name: f"{FOLDER}/{name}" for name in SYSTEMS}


def system(name: str) -> Config:
    """Returns the settings of a system, with a run folder of its own."""
    return Config(output=OUTPUTS[name], **SYSTEMS[name])


def arguments(changes: dict) -> tuple[str, ...]:
    """Returns settings as a command line has them."""
    words = []
    for name, value in changes.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
        else:
            words += [f"--{name}", str(value)]
    return tuple(words)
