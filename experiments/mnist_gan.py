"""A GAN for MNIST digits: the seminar paper's experiment.

    python -m experiments.mnist_gan --data-dir ~/tensorflow_datasets
    python -m experiments.mnist_gan --dataset digits --batch-size 32 --epochs 30

The paper: two Keras Sequential networks of the TensorFlow DCGAN recipe, binary cross
entropy, one Adam each, one forward pass for both, 50 epochs over the 60,000 training
images, 16 images from the same noise after each.
"""

import dataclasses

import keras
import tensorflow as tf

import ganzoo
from experiments import common, expected, limits, mnist_gan_report, training
from ganzoo import callbacks, data, distribute, metrics, networks, runs


@dataclasses.dataclass(frozen=True)
class Config(common.Common):
    """The settings; the defaults are the paper's, or the recipe's it follows."""

    output: str = "runs/mnist_gan"
    dataset: str = "mnist"
    latent_dim: int = 100
    """Size of the noise."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    penalty: str | None = None
    """Regulariser of the discriminator; see ganzoo.penalties."""
    update: str = "simultaneous"
    """One forward pass for both players, or "alternating"."""
    discriminator_steps: int = 1
    """Discriminator steps for one generator step, each on fresh data."""
    generator_learning_rate: float = 1e-4
    """Adam's learning rate for the generator."""
    discriminator_learning_rate: float = 1e-4
    """Adam's learning rate for the discriminator."""
    beta_1: float = 0.5
    """Adam's first decay rate, for both; Radford et al. 2016 found 0.9 unstable."""
    dropout: float = 0.3
    """Share of the discriminator's activations dropped."""
    slope: float = 0.3
    """LeakyReLU's slope below zero."""
    ema_half_life: float | None = 20_000.0
    """Average the generator's weights with this half-life, in images seen, and draw
    from the average; not in the paper. "None" draws from the weights as they are."""
    steps_per_execution: int = 1
    """Train steps in one call to the device; must divide an epoch's steps."""
    train_images: int | None = None
    """Number of training images: the first, or of a folder some of each class."""
    sample_count: int = 16
    """Images in a grid."""
    measure_samples: int = 10_000
    """Samples that the measures are taken of; 0 takes none, and needs no test split."""
    measure_every_images: int = 50_000
    """Training images between two measurements; the last epoch is always measured."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(
            1,
            self,
            "latent_dim",
            "discriminator_steps",
            "steps_per_execution",
            "sample_count",
            "measure_every_images",
        )
        limits.above_zero(
            self,
            "generator_learning_rate",
            "discriminator_learning_rate",
            "ema_half_life",
            "checkpoint_minutes",
        )
        limits.shares(self, "beta_1", "dropout", "slope")
        if self.measure_samples != 0:
            limits.at_least(2, self, "measure_samples")


SHAPE, DIGITS = (28, 28, 1), 10
SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "measure_every_images": 1,
}


def run(config: Config) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.begin(config, SMOKE)
    strategy = distribute.strategy(config.strategy)  # first: some must be
    train = load(config, "train")
    test = load(config, "test") if config.measure_samples else None
    steps = data.steps_per_epoch(
        len(train), config.batch_size, config.discriminator_steps
    )
    if steps % config.steps_per_execution:
        raise ValueError(
            f"steps_per_execution={config.steps_per_execution} must divide the {steps} "
            "steps of an epoch."
        )
    plan = training.Plan(
        build(config, strategy),
        lambda step: data.training_batches(
            train,
            config.batch_size,
            seed=config.seed,
            start_step=step,
            discriminator_steps=config.discriminator_steps,
        ),
        fingerprint=train.fingerprint,
        steps_per_epoch=steps,
        images_per_step=config.batch_size * config.discriminator_steps,
        extra=lambda folder: pictures_and_measures(folder, config, train, test, steps),
        report=lambda folder: mnist_gan_report.write(folder, config, train, test),
        checkpoint_minutes=config.checkpoint_minutes,
    )
    return training.carry_out(config, plan)


def load(config: Config, split: str) -> data.ImageSet:
    """Loads a split, and checks that it can be drawn and measured."""
    classes = DIGITS if config.measure_samples else None
    return common.image_set(
        config,
        split,
        SHAPE,
        classes=classes,
        remedy="Use measure_samples=0.",
        hold_out=config.measure_samples > 0,
    )


def build(config: Config, strategy: tf.distribute.Strategy | None = None) -> ganzoo.GAN:
    """Builds the players and the game, on the devices asked for."""
    strategy = strategy or distribute.strategy(config.strategy)
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    with common.precision(config.precision), strategy.scope():
        gan = ganzoo.GAN(
            networks.mnist_generator(config.latent_dim, slope=config.slope),
            networks.mnist_discriminator(slope=config.slope, dropout=config.dropout),
            discriminator_steps=config.discriminator_steps,
            update=config.update,
            ema_half_life=config.ema_half_life,
            seed=config.seed,
        )
        gan.compile(
            keras.optimizers.Adam(config.generator_learning_rate, config.beta_1),
            keras.optimizers.Adam(config.discriminator_learning_rate, config.beta_1),
            loss=config.loss,
            penalty=config.penalty,
            steps_per_execution=config.steps_per_execution,
        )
    return gan


def step(config: Config) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    return training.Step.of_images(
        game, config.batch_size * config.discriminator_steps, SHAPE
    )


def pictures_and_measures(
    folder: runs.Run,
    config: Config,
    train: data.ImageSet,
    test: data.ImageSet | None,
    steps: int,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    grids = callbacks.SampleGrids(
        folder, train, count=config.sample_count, average=average
    )
    if not config.measure_samples:
        return [grids]
    extractor = metrics.load_classifier("mnist")
    measure = callbacks.Measure(
        folder,
        extractor,
        metrics.Reference.build(extractor, train),
        # As many as there are test images: only then are the two comparable.
        count=min(config.measure_samples, len(test)),
        every_images=config.measure_every_images,
        images_per_epoch=steps * config.batch_size * config.discriminator_steps,
        epochs=config.epochs,
        average=average,
    )
    return [grids, measure]


if __name__ == "__main__":
    common.main(run, Config, __doc__, expected=expected.MNIST_GAN)
