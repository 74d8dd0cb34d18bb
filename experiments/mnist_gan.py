"""A GAN for MNIST digits: the seminar paper's experiment.

    python -m experiments.mnist_gan --data-dir ~/tensorflow_datasets
    python -m experiments.mnist_gan --dataset digits --batch-size 32 --epochs 30

The paper: two Keras Sequential networks of the TensorFlow DCGAN recipe, binary cross
entropy, one Adam each, one forward pass for both, 50 epochs over the 60,000 training
images, 16 images from the same noise after each.
"""

import dataclasses

import keras

import ganzoo
from experiments import common, mnist_gan_report
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
    ema_half_life: float | None = None
    """Average the generator's weights with this half-life, in images seen."""
    steps_per_execution: int = 1
    """Train steps in one call to the device; must divide an epoch's steps."""
    train_images: int | None = None
    """Use the first so many training images only."""
    sample_count: int = 16
    """Images in a grid."""
    measure_samples: int = 10_000
    """Samples that the measures are taken of; 0 takes none."""
    measure_every_images: int = 50_000
    """Training images between two measurements; the last epoch is always measured."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""


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
    if config.smoke:
        config = dataclasses.replace(config, **SMOKE)
    config.check()
    common.start(config)
    train = load(config, "train")
    steps = data.steps_per_epoch(
        len(train), config.batch_size, config.discriminator_steps
    )
    if steps % config.steps_per_execution:
        raise ValueError(
            f"steps_per_execution={config.steps_per_execution} must divide the {steps} "
            "steps of an epoch."
        )
    folder = runs.Run(
        config.output, dataclasses.asdict(config), fingerprint=train.fingerprint
    )
    gan = build(config)
    folder.restore(gan)
    test = load(config, "test")
    if int(gan.step) < steps * config.epochs:
        fit(gan, folder, config, train, len(test), steps)
    mnist_gan_report.write(folder, config, train, test)
    return folder


def load(config: Config, split: str) -> data.ImageSet:
    """Loads a split, and checks that the networks can draw it."""
    images = data.load(config.dataset, split, config.data_dir)
    if images.shape != (28, 28, 1):
        raise data.DataError(
            f"{images.name} has images of shape {images.shape}; the networks of this "
            "experiment draw (28, 28, 1)."
        )
    count = config.train_images if split == "train" else None
    return images if count is None else common.first(images, count)


def build(config: Config) -> ganzoo.GAN:
    """Builds the players and the game, on the devices asked for."""
    strategy = distribute.strategy(config.strategy)
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


def fit(
    gan: ganzoo.GAN,
    folder: runs.Run,
    config: Config,
    train: data.ImageSet,
    test_images: int,
    steps: int,
) -> None:
    """Trains up to the last epoch, from the step that the game is at."""
    images_per_step = config.batch_size * config.discriminator_steps
    average = config.ema_half_life is not None
    measures = []
    if config.measure_samples:
        extractor = metrics.load_classifier("mnist")
        measures = [
            callbacks.Measure(
                folder,
                extractor,
                metrics.Reference.build(extractor, train),
                # As many as there are test images: only then are the two comparable.
                count=min(config.measure_samples, test_images),
                every_images=config.measure_every_images,
                images_per_epoch=steps * images_per_step,
                average=average,
            )
        ]
    runs.fit(
        gan,
        lambda step: data.training_batches(
            train,
            config.batch_size,
            seed=config.seed,
            start_step=step,
            discriminator_steps=config.discriminator_steps,
        ),
        epochs=config.epochs,
        steps_per_epoch=steps,
        callbacks=[
            callbacks.Throughput(images_per_step),
            callbacks.NanGuard(folder),
            callbacks.SampleGrids(
                folder, train.images, count=config.sample_count, average=average
            ),
            *measures,
            callbacks.Log(folder),
            callbacks.TensorBoard(folder),
            callbacks.Progress(steps * config.epochs, config.epochs),
            callbacks.Checkpoint(folder, config.checkpoint_minutes),
        ],
    )


if __name__ == "__main__":
    common.main(run, Config, __doc__)
