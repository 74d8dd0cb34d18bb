"""vanilla, minibatch and unrolled: digits, and the mode collapse measured."""

import dataclasses
import functools

import keras
import tensorflow as tf

from experiments import adversarial, common, limits, training
from experiments.gan_variants import digits_report, settings
from ganzoo import callbacks, data, distribute, metrics, networks, runs

SHAPE = (28, 28, 1)
SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "show_epochs": (1, 2),
}


@dataclasses.dataclass(frozen=True)
class Digits(settings.Adversarial):
    """A GAN of digits."""

    output: str = "runs/gan_variants/vanilla"
    dataset: str = "mnist"
    epochs: int = 60
    batch_size: int = 128
    architecture: str = "mlp"
    """mlp, fully connected players, or dcgan, those of experiments.mnist_gan."""
    latent_dim: int = 100
    """Size of the noise."""
    normalise: bool = False
    """Batch normalisation in the generator; dcgan's players have it anyway."""
    dropout: float = 0.3
    """Share of the discriminator's activations dropped."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    show_epochs: tuple[int, ...] = (2, 27, 57)
    """Epochs whose images the report shows; those beyond the last are left out."""
    sample_count: int = 64
    """Images in a grid."""
    measure_samples: int = 10_000
    """Samples that the measures are taken of."""
    measure_every_images: int = 50_000
    """Training images between two measurements; the last epoch is always measured."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.one_of(self, "architecture", ("mlp", "dcgan"))
        limits.at_least(1, self, "latent_dim", "sample_count", "measure_every_images")
        limits.at_least(2, self, "measure_samples")
        limits.shares(self, "dropout")
        limits.epochs_shown(self)
        if self.architecture == "dcgan" and self.similarities:
            raise ValueError(
                f"similarities={self.similarities} needs architecture=mlp."
            )


@dataclasses.dataclass(frozen=True)
class Vanilla(Digits):
    """The GAN of Goodfellow et al. 2014: fully connected, alternating updates."""


@dataclasses.dataclass(frozen=True)
class Minibatch(Digits):
    """The same with minibatch discrimination.

    A discriminator that compares samples wins at once over a generator that still draws
    one image; so there are few kernels, and the generator is normalised and faster.
    """

    output: str = "runs/gan_variants/minibatch"
    epochs: int = 90
    similarities: int = 10
    normalise: bool = True
    """Batch normalisation in the generator."""
    generator_learning_rate: float = 5e-4
    show_epochs: tuple[int, ...] = (12, 70, 90)


@dataclasses.dataclass(frozen=True)
class Unrolled(Digits):
    """The same with the discriminator unrolled: what failed on the slides."""

    output: str = "runs/gan_variants/unrolled"
    unrolled_steps: int = 5


def run(config: Digits) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.begin(config, SMOKE)
    strategy = distribute.strategy(config.strategy)
    train = common.image_set(config, "train", SHAPE, classes=10)
    test = common.image_set(config, "test", SHAPE, classes=10)
    steps = config.steps_per_epoch(len(train))
    plan = adversarial.plan(
        config,
        settings.build(config, strategy, lambda: players(config)),
        train,
        extra=lambda folder: pictures_and_measures(folder, config, train, test, steps),
        report=lambda folder: digits_report.write(folder, config, train, test),
    )
    return training.carry_out(config, plan)


def step(config: Digits) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = settings.build(config, tf.distribute.get_strategy(), lambda: players(config))
    return training.Step.of_images(game, config.examples_per_step, SHAPE)


def players(config: Digits) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    name, arguments = builder(config)
    generator = getattr(networks, name)(**arguments)
    if config.architecture == "dcgan":
        return generator, networks.mnist_discriminator(dropout=config.dropout)
    return generator, networks.mnist_mlp_discriminator(
        dropout=config.dropout, similarities=config.similarities
    )


def builder(config: Digits) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
    if config.architecture == "dcgan":
        return "mnist_generator", {"latent_dim": config.latent_dim}
    return "mnist_mlp_generator", {
        "latent_dim": config.latent_dim,
        "normalise": config.normalise,
    }


def pictures_and_measures(
    folder: runs.Run,
    config: Digits,
    train: data.ImageSet,
    test: data.ImageSet,
    steps: int,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    extractor = metrics.load_classifier("mnist")
    when = {
        "every_images": config.measure_every_images,
        "images_per_epoch": steps * config.examples_per_step,
        "epochs": config.epochs,
    }
    count = min(config.measure_samples, len(test))
    threshold = metrics.DuplicateThreshold.build(train)
    return [
        callbacks.SampleGrids(
            folder, train, count=config.sample_count, average=average
        ),
        callbacks.Measure(
            folder,
            extractor,
            metrics.Reference.build(extractor, train),
            count=count,
            average=average,
            **when,
        ),
        callbacks.Modes(
            folder,
            [functools.partial(metrics.near_duplicates, threshold=threshold)],
            count=count,
            average=average,
            **when,
        ),
    ]
