"""features: the discriminator's features reused for classification."""

import dataclasses

import keras
import tensorflow as tf

from experiments import adversarial, common, limits, training
from experiments.gan_variants import features_report, settings
from ganzoo import callbacks, distribute, networks, runs

SHAPES = ((28, 28, 1), (32, 32, 3))
SMOKE = {
    "epochs": 1,
    "batch_size": 32,
    "train_images": 640,
    "test_images": 200,
    "label_counts": (30, 100),
    "draws": 2,
}


@dataclasses.dataclass(frozen=True)
class Features(settings.Adversarial):
    """A DCGAN, whose discriminator's features are put to use (Radford et al. 2016)."""

    output: str = "runs/gan_variants/features"
    dataset: str = "mnist"
    """Grey images of 28x28 pixels, or coloured ones of 32x32."""
    epochs: int = 20
    batch_size: int = 128
    update: str = "simultaneous"
    latent_dim: int = 100
    """Size of the noise."""
    dropout: float = 0.3
    """Share of the discriminator's activations dropped; at 28x28."""
    label_counts: tuple[int, ...] = (100, 1000, 10_000)
    """Labelled images that the linear classifiers are trained on."""
    draws: int = 5
    """Draws of the labelled images; one where there are 10,000 or more."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    test_images: int | None = None
    """Number of test images to use: the first, or of a folder some of each class."""
    sample_count: int = 64
    """Images in a grid."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(1, self, "latent_dim", "draws", "sample_count", "test_images")
        limits.shares(self, "dropout")
        if not self.label_counts or min(self.label_counts) < 1:
            raise ValueError(f"label_counts={self.label_counts} must be at least 1.")


def run(config: Features) -> runs.Run:
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
    train, test = (common.image_set(config, s, SHAPES) for s in ("train", "test"))
    if config.test_images is not None:
        test = common.first(test, min(config.test_images, len(test)))
    game = settings.build(config, strategy, lambda: players(config, train.shape))
    plan = adversarial.plan(
        config,
        game,
        train,
        extra=lambda folder: [
            callbacks.SampleGrids(folder, train, count=config.sample_count)
        ],
        report=lambda folder: features_report.write(
            folder, config, game.discriminator, train, test
        ),
    )
    return training.carry_out(config, plan)


def step(config: Features) -> training.Step:
    """Returns the train step on grey images, to be compiled ahead of time."""
    game = settings.build(
        config, tf.distribute.get_strategy(), lambda: players(config, SHAPES[0])
    )
    return training.Step.of_images(game, config.examples_per_step, SHAPES[0])


def players(
    config: Features, shape: tuple[int, int, int]
) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator of images of that shape."""
    if shape == SHAPES[0]:
        return (
            networks.mnist_generator(config.latent_dim),
            networks.mnist_discriminator(dropout=config.dropout),
        )
    return networks.dcgan_generator(config.latent_dim), networks.dcgan_discriminator()
