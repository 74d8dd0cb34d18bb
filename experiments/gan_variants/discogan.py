"""discogan: upright grey digits and turned coloured ones, related without pairs."""

import dataclasses

import keras
import tensorflow as tf

import ganzoo
from experiments import common, limits, training
from experiments.gan_variants import discogan_report
from ganzoo import callbacks, data, distribute, metrics, networks, runs

SHAPE = (28, 28, 3)
GENERATORS = {
    "symmetric": networks.symmetric_generator,
    "bottleneck": networks.discogan_generator,
}
SMOKE = {
    "epochs": 2,
    "batch_size": 32,
    "train_images": 320,
    "measure_samples": 200,
    "width": 8,
}


@dataclasses.dataclass(frozen=True)
class Discogan(common.Common):
    """DiscoGAN (Kim et al. 2017) on two domains of digits."""

    output: str = "runs/gan_variants/discogan"
    dataset: str = "mnist"
    """Grey digits, of whose disjoint halves the domains are made."""
    epochs: int = 20
    batch_size: int = 64
    generator: str = "symmetric"
    """symmetric, which turns and paints, or bottleneck, as in the paper."""
    width: int = 16
    """Channels after the first convolution of generators and discriminators."""
    reconstruction_weight: float = 10.0
    """Weight of both reconstructions; the paper's is 1."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    generator_learning_rate: float = 5e-4
    """Adam's learning rate for the generators."""
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminators."""
    beta_1: float = 0.5
    """Adam's first decay rate, for all."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    sample_count: int = 12
    """Images of either domain in a picture."""
    measure_samples: int = 10_000
    """Held-out pairs that the mapping is scored on."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(1, self, "width", "sample_count", "measure_samples")
        limits.at_least(0, self, "reconstruction_weight")
        limits.one_of(self, "generator", tuple(GENERATORS))
        limits.above_zero(
            self,
            "generator_learning_rate",
            "discriminator_learning_rate",
            "checkpoint_minutes",
        )
        limits.shares(self, "beta_1")


def run(config: Discogan) -> runs.Run:
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
    grey = (*SHAPE[:2], 1)
    digits = common.image_set(config, "train", grey, classes=10)
    domains = data.unpaired_domains(digits, seed=config.seed)
    test = common.image_set(config, "test", grey, classes=10)
    test = common.first(test, min(config.measure_samples, len(test)))
    pairs = data.held_out_pairs(test, seed=config.seed)
    game = build(config, strategy)
    plan = training.Plan(
        game,
        lambda step: data.unpaired_batches(
            *domains, config.batch_size, seed=config.seed, start_step=step
        ),
        fingerprint=digits.fingerprint,
        steps_per_epoch=data.steps_per_epoch(len(domains[0]), config.batch_size),
        images_per_step=2 * config.batch_size,
        extra=lambda folder: [
            callbacks.Translations(folder, pairs, count=config.sample_count),
            callbacks.ScoreTranslation(folder, metrics.load_classifier("mnist"), pairs),
        ],
        report=lambda folder: discogan_report.write(folder, config, digits, pairs),
        checkpoint_minutes=config.checkpoint_minutes,
    )
    return training.carry_out(config, plan)


def build(config: Discogan, strategy: tf.distribute.Strategy) -> ganzoo.DiscoGAN:
    """Builds the players and the game, on the devices asked for."""
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    generator = GENERATORS[config.generator]
    rates = (config.generator_learning_rate, config.discriminator_learning_rate)
    with common.precision(config.precision), strategy.scope():
        game = ganzoo.DiscoGAN(
            *(generator(SHAPE, width=config.width) for _ in "ab"),
            *(networks.discogan_discriminator(SHAPE, width=config.width) for _ in "ab"),
            reconstruction_weight=config.reconstruction_weight,
            seed=config.seed,
        )
        game.compile(
            *(keras.optimizers.Adam(rate, config.beta_1) for rate in rates),
            loss=config.loss,
        )
    return game


def step(config: Discogan) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    domain = tf.TensorSpec([config.batch_size, *SHAPE], tf.float32)
    return training.Step(game, (domain, domain), 2 * config.batch_size)
