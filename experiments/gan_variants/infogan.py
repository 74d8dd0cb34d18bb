"""infogan: codes that come to stand for the digit's class, slant and width."""

import dataclasses

import keras
import tensorflow as tf

import ganzoo
from experiments import common, limits, training
from experiments.gan_variants import infogan_report
from ganzoo import callbacks, data, distribute, layers, metrics, networks, runs

SHAPE = (28, 28, 1)
SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "show_epochs": (1, 2),
}


@dataclasses.dataclass(frozen=True)
class Infogan(common.Common):
    """InfoGAN on digits as in Chen et al. 2016, and with an augmentation."""

    output: str = "runs/gan_variants/infogan"
    dataset: str = "mnist"
    epochs: int = 20
    batch_size: int = 128
    noise_dim: int = 62
    """Size of the noise, without the codes."""
    units: int = 1024
    """Of the generator's first hidden layer; the paper's number. 256 fit in the zoo."""
    categories: int = 10
    """Values of the categorical code."""
    continuous: int = 2
    """Codes that are uniform on [-1, 1]."""
    categorical_weight: float = 1.0
    """Weight of the information on the categorical code."""
    continuous_weight: float = 0.1
    """Weight of the information on the continuous codes."""
    deviation: float | None = None
    """Standard deviation of the recognition of the continuous codes; None learns it."""
    augment: bool = True
    """Read the categorical code from images turned, sheared, zoomed and shifted, so
    that it cannot stand for any of these; the paper reads it from the images."""
    generator_learning_rate: float = 1e-3
    """Adam's learning rate for the generator."""
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminator and the recognition head."""
    beta_1: float = 0.5
    """Adam's first decay rate, for both."""
    ema_half_life: float | None = 20_000.0
    """Average the generator's weights with this half-life, in images seen."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    show_epochs: tuple[int, ...] = (1, 5, 10, 15, 20)
    """Epochs whose images the report shows; those beyond the last are left out."""
    sample_count: int = 64
    """Images in a grid."""
    measure_samples: int = 10_000
    """Samples that the measures are taken of."""
    measure_every_images: int = 50_000
    """Training images between two measurements; the last epoch is always measured."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(
            1, self, "noise_dim", "units", "sample_count", "measure_every_images"
        )
        limits.at_least(2, self, "categories", "measure_samples")
        limits.at_least(
            0, self, "continuous", "categorical_weight", "continuous_weight"
        )
        limits.above_zero(
            self,
            "generator_learning_rate",
            "discriminator_learning_rate",
            "deviation",
            "ema_half_life",
            "checkpoint_minutes",
        )
        limits.shares(self, "beta_1")
        limits.epochs_shown(self)


def run(config: Infogan) -> runs.Run:
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
    game = build(config, strategy)
    steps = data.steps_per_epoch(len(train), config.batch_size)
    plan = training.Plan(
        game,
        lambda step: data.training_batches(
            train, config.batch_size, seed=config.seed, start_step=step
        ),
        fingerprint=train.fingerprint,
        steps_per_epoch=steps,
        images_per_step=config.batch_size,
        extra=lambda folder: pictures_and_measures(folder, config, train, test, steps),
        report=lambda folder: infogan_report.write(folder, config, game, train, test),
        checkpoint_minutes=config.checkpoint_minutes,
    )
    return training.carry_out(config, plan)


def build(config: Infogan, strategy: tf.distribute.Strategy) -> ganzoo.InfoGAN:
    """Builds the players and the game, on the devices asked for."""
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    described = codes(config)
    learned = config.deviation is None
    with common.precision(config.precision), strategy.scope():
        game = ganzoo.InfoGAN(
            networks.mnist_infogan_generator(**builder(config)[1]),
            networks.mnist_infogan_discriminator(
                **described, learned_deviation=learned
            ),
            **described,
            deviation=config.deviation,
            augmentation=layers.RandomAffine() if config.augment else None,
            categorical_weight=config.categorical_weight,
            continuous_weight=config.continuous_weight,
            ema_half_life=config.ema_half_life,
            seed=config.seed,
        )
        game.compile(
            keras.optimizers.Adam(config.generator_learning_rate, config.beta_1),
            keras.optimizers.Adam(config.discriminator_learning_rate, config.beta_1),
        )
    return game


def step(config: Infogan) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    return training.Step.of_images(game, config.batch_size, SHAPE)


def codes(config: Infogan) -> dict:
    """Returns the codes, as arguments of `ganzoo.gans.codes.Codes`."""
    return {"categorical": (config.categories,), "continuous": config.continuous}


def builder(config: Infogan) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
    size = config.noise_dim + config.categories + config.continuous
    return "mnist_infogan_generator", {"latent_dim": size, "units": config.units}


def pictures_and_measures(
    folder: runs.Run,
    config: Infogan,
    train: data.ImageSet,
    test: data.ImageSet,
    steps: int,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    extractor = metrics.load_classifier("mnist")
    return [
        callbacks.SampleGrids(
            folder, train, count=config.sample_count, average=average
        ),
        callbacks.Measure(
            folder,
            extractor,
            metrics.Reference.build(extractor, train),
            count=min(config.measure_samples, len(test)),
            every_images=config.measure_every_images,
            images_per_epoch=steps * config.batch_size,
            epochs=config.epochs,
            average=average,
        ),
        callbacks.CodePurity(test),
    ]
