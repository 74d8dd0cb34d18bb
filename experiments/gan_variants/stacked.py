"""stacked: three digits in the three channels, 1,000 modes."""

import dataclasses
import functools

import keras
import tensorflow as tf

from experiments import adversarial, common, limits, training
from experiments.gan_variants import settings, stacked_report
from ganzoo import callbacks, data, distribute, metrics, networks, runs

SHAPE = (28, 28, 3)
SMOKE = {
    "epochs": 2,
    "epoch_steps": 10,
    "batch_size": 32,
    "train_images": 640,
    "measure_samples": 500,
}


@dataclasses.dataclass(frozen=True)
class Stacked(settings.Adversarial):
    """Stacked MNIST in the setting of Metz et al. 2017."""

    output: str = "runs/gan_variants/stacked"
    dataset: str = "mnist"
    """The grey digits that are stacked, drawn afresh for each batch."""
    epochs: int = 12
    """Rounds of `epoch_steps` train steps."""
    epoch_steps: int = 500
    """Train steps between two measurements."""
    batch_size: int = 128
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 4e-4
    """Both rates are twice those of PacGAN's authors, who take 500,000 steps; the paper
    has 1e-4 for both."""
    beta_2: float = 0.99
    latent_dim: int = 256
    """Size of the noise."""
    players: str = "small"
    """small, those of the paper, or large: the generator of InfoGAN's digits and a
    discriminator without normalisation to match."""
    filters: int = 8
    """Small: generator's channels at 28x28; twice, four, eight times as many below."""
    fraction: float = 0.25
    """Small: width of the discriminator, of the generator's; the paper: 1/4, 1/2."""
    normalise: bool = True
    """Small: batch normalisation in the discriminator; a gradient penalty has none."""
    units: int = 256
    """Large: units of the generator's first layer; 256 fit in the zoo."""
    train_images: int | None = None
    """Number of digits to stack: the first, or of a folder some of each class."""
    sample_count: int = 64
    """Images in a grid."""
    measure_samples: int = 26_000
    """Samples that the modes are counted on."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(1, self, "epoch_steps", "latent_dim", "filters", "sample_count")
        limits.one_of(self, "players", ("small", "large"))
        limits.at_least(1, self, "units")
        limits.at_least(2, self, "measure_samples")
        limits.above_zero(self, "fraction")


def run(config: Stacked) -> runs.Run:
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
    digits = common.image_set(config, "train", (28, 28, 1), classes=10)
    bed = data.StackedDigits(digits)
    plan = adversarial.plan(
        config,
        settings.build(config, strategy, lambda: players(config)),
        bed,
        steps_per_epoch=config.epoch_steps,
        extra=lambda folder: pictures_and_measures(folder, config, bed),
        report=lambda folder: stacked_report.write(folder, config, bed),
    )
    return training.carry_out(config, plan)


def step(config: Stacked) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = settings.build(config, tf.distribute.get_strategy(), lambda: players(config))
    return training.Step.of_images(game, config.examples_per_step, SHAPE)


def players(config: Stacked) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    name, arguments = builder(config)
    generator = getattr(networks, name)(**arguments)
    if config.players == "large":
        return generator, networks.stacked_large_discriminator(
            similarities=config.similarities
        )
    return generator, networks.stacked_discriminator(
        config.fraction,
        filters=config.filters,
        normalise=config.normalise,
        similarities=config.similarities,
    )


def builder(config: Stacked) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
    if config.players == "large":
        arguments = {"units": config.units, "channels": 3}
        return "mnist_infogan_generator", {"latent_dim": config.latent_dim} | arguments
    return "stacked_generator", {
        "latent_dim": config.latent_dim,
        "filters": config.filters,
    }


def pictures_and_measures(
    folder: runs.Run, config: Stacked, bed: data.StackedDigits
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    images_per_epoch = config.epoch_steps * config.examples_per_step
    reals, _ = bed.sample(config.sample_count)
    count_modes = functools.partial(
        metrics.class_modes,
        extractor=metrics.load_classifier("mnist"),
        data_shares=bed.class_shares,
    )
    return [
        callbacks.SampleGrids(
            folder, reals, count=config.sample_count, average=average
        ),
        callbacks.Modes(
            folder,
            [count_modes],
            count=config.measure_samples,
            every_images=images_per_epoch,
            images_per_epoch=images_per_epoch,
            epochs=config.epochs,
            average=average,
        ),
    ]
