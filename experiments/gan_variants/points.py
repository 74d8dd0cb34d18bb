"""ring: a mixture of Gaussians in the plane, whose modes can be counted."""

import dataclasses
import functools

import keras
import tensorflow as tf

from experiments import adversarial, common, limits, training
from experiments.gan_variants import points_report, settings
from ganzoo import callbacks, data, distribute, metrics, networks, runs

BEDS = {"ring": data.ring, "grid": data.grid}
SMOKE = {"epochs": 2, "epoch_steps": 20, "measure_samples": 500}


@dataclasses.dataclass(frozen=True)
class Ring(settings.Adversarial):
    """The ring of 8 Gaussians, or the grid of 25, in the setting of Metz et al. 2017.

    Two things are not theirs: learning rates ten times as high, with which the same
    number of steps goes further, and the weight average. `compare` has both rates.
    """

    output: str = "runs/gan_variants/ring"
    dataset: str = "ring"
    """ring, 8 Gaussians of width 0.02 on a circle, or grid, 5x5 of width 0.05."""
    epochs: int = 50
    """Rounds of `epoch_steps` train steps: the points are drawn afresh for each."""
    epoch_steps: int = 500
    """Train steps between two measurements."""
    batch_size: int = 512
    loss: str = "zero_sum"
    update: str = "simultaneous"
    generator_learning_rate: float = 1e-3
    """Adam's learning rate for the generator; the paper has 1e-4 for both."""
    discriminator_learning_rate: float = 1e-3
    """Adam's learning rate for the discriminator."""
    ema_half_life: float | None = 256_000.0
    latent_dim: int = 256
    """Size of the noise."""
    measure_samples: int = 2500
    """Samples that the modes are counted on; 2,500 is VEEGAN's protocol."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.one_of(self, "dataset", tuple(BEDS))
        limits.at_least(1, self, "epoch_steps", "latent_dim", "measure_samples")


def run(config: Ring) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.begin(config, SMOKE)
    strategy = distribute.strategy(config.strategy)
    bed = BEDS[config.dataset]()
    plan = adversarial.plan(
        config,
        settings.build(config, strategy, lambda: players(config)),
        bed,
        steps_per_epoch=config.epoch_steps,
        extra=lambda folder: pictures_and_measures(folder, config, bed),
        report=lambda folder: points_report.write(folder, config, bed),
    )
    return training.carry_out(config, plan)


def step(config: Ring) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = settings.build(config, tf.distribute.get_strategy(), lambda: players(config))
    return training.Step.of_images(game, config.examples_per_step, (2,))


def players(config: Ring) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    return (
        networks.point_generator(config.latent_dim),
        networks.point_discriminator(similarities=config.similarities),
    )


def pictures_and_measures(
    folder: runs.Run, config: Ring, bed: data.GaussianMixture
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    images_per_epoch = config.epoch_steps * config.examples_per_step
    return [
        callbacks.PointClouds(folder, bed.centres, average=average),
        callbacks.Modes(
            folder,
            [functools.partial(metrics.point_modes, mixture=bed)],
            count=config.measure_samples,
            every_images=images_per_epoch,
            images_per_epoch=images_per_epoch,
            epochs=config.epochs,
            average=average,
        ),
    ]
