"""Configuration fields that experiments share, declared once.

An experiment's `Config` inherits the groups of fields it needs; every field is a flag
of its command line, a line of the run folder's config.json and a row of `--help`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, ClassVar

import ganzoo
from experiments.harness import validation
from experiments.harness.precisions import PRECISIONS
from experiments.harness.validation import Count, Fraction, OneOf, Positive, Seed
from ganzoo import runs
from ganzoo.commands import meant

ON_NAN = OneOf(("stop", "rollback"))


@dataclasses.dataclass(frozen=True)
class Config:
    """Fields of every experiment."""

    output: str
    """The run folder. Running the same command again resumes the run."""
    dataset: str
    """A TFDS name, "digits" (embedded), a folder of class sub-folders, or an .npz."""
    data_dir: str | None = None
    """Where prepared TFDS sets, or a set's original files, are (or TFDS_DATA_DIR)."""
    epochs: Count = 50
    """Passes over the training images."""
    batch_size: Count = 256
    """Real images per batch, over all replicas."""
    seed: Seed = 0
    """Seed of initial weights, data order, noise and dropout."""
    strategy: str = "auto"
    """auto, cpu, gpu, mirrored, tpu or multi_worker."""
    precision: Annotated[str, OneOf(PRECISIONS)] = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device is faster in it."""
    deterministic: bool = True
    """Use only deterministic operations; slower on a GPU."""
    on_nan: Annotated[str, ON_NAN] = "stop"
    """What to do when a loss or a weight becomes NaN or infinite: stop, or rollback,
    which resumes from the last good checkpoint with half the learning rates, at most 3
    times."""
    smoke: bool = False
    """Run the whole experiment in about a minute, on few images, as a test."""

    # Not annotated, so not fields: a configuration that lets them vary declares them.
    discriminator_steps = 1
    ema_half_life = None
    steps_per_execution = 1
    checkpoint_minutes = 5.0
    train_images = None
    penalty_interval = 1
    hours = None  # of training, after which a run ends

    def check(self) -> None:
        """Validates the configuration.

        Raises:
            ValueError: A field's value is not accepted. The message names the field,
                its value and the remedy.
        """
        self.check_values()
        self.check_names()

    def check_names(self) -> None:
        """Validates names of losses, penalties and strategies; imports TensorFlow."""
        validation.check_names(self)

    def check_values(self) -> None:
        """Validates everything else, without importing TensorFlow; see `check`."""
        runs.local(self.output)
        validation.check_magnitudes(self)
        validation.check_fields(self)
        validation.check_words(self)

    @property
    def images_per_step(self) -> int:
        """Real images per train step."""
        return self.batch_size * self.discriminator_steps

    def steps_per_epoch(self, images: int) -> int:
        """Returns the train steps per epoch of that number of real images."""
        return ganzoo.data.steps_per_epoch(
            images, self.batch_size, self.discriminator_steps
        )

    @property
    def average(self) -> bool:
        """Whether samples come from the average of the generator's weights."""
        return self.ema_half_life is not None

    @property
    def weights(self) -> str:
        """Which of the generator's weights samples come from: "averaged" or "raw"."""
        return "averaged" if self.average else "raw"


@dataclasses.dataclass(frozen=True)
class AdamConfig(Config):
    """Two Adam optimizers, one per network, and the interval between checkpoints."""

    beta_2 = 0.999

    generator_learning_rate: Positive = 2e-4
    """Adam's learning rate for the generator."""
    discriminator_learning_rate: Positive = 2e-4
    """Adam's learning rate for the discriminator."""
    beta_1: Fraction = 0.5
    """Adam's first decay rate, for both; Radford et al. 2016 found 0.9 unstable."""
    checkpoint_minutes: Positive = 5.0
    """Minutes between checkpoints within an epoch; each epoch ends with one."""
    hours: Positive | None = None
    """Hours of training, without sampling and metrics, if the epochs take longer."""

    def optimizers(self) -> tuple:
        """Returns new Keras optimizers for the generator and the discriminator."""
        import keras

        rates = (self.generator_learning_rate, self.discriminator_learning_rate)
        return tuple(keras.optimizers.Adam(r, self.beta_1, self.beta_2) for r in rates)


@dataclasses.dataclass(frozen=True)
class GanConfig(AdamConfig):
    """Training of a generator against a discriminator."""

    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    penalty: str | None = None
    """Regularizer of the discriminator, e.g. "r1(1) + r2(1)"; see ganzoo.penalties."""
    update: str = "alternating"
    """alternating, algorithm 1 of Goodfellow et al. 2014, or simultaneous, which
    updates both networks after one forward pass."""
    discriminator_steps: Count = 1
    """k, the number of discriminator steps per generator step, each on new images."""
    beta_2: Fraction = 0.999
    """Adam's second decay rate, for both."""
    ema_half_life: Positive | None = None
    """Half-life of a moving average of the generator's weights, in real images seen.
    Samples come from the average; with "None", from the raw weights."""
    latent_dim: Count = 100
    """Dimension of the noise."""


@dataclasses.dataclass(frozen=True)
class ImageConfig(Config):
    """Number of training images, and of images per grid."""

    train_images: int | None = None
    """Number of training images: the first ones, or some of each class of a folder."""
    sample_count: Count = 64
    """Images per grid."""


@dataclasses.dataclass(frozen=True)
class SamplingConfig(ImageConfig):
    """How often and on how many samples metrics are computed."""

    least_samples = 2
    may_skip_measuring = False  # with measure_samples=0

    measure_samples: int = 10_000
    """Number of samples that metrics are computed on."""
    measure_every_images: Count = 200_000
    """Training images between measurements; the last epoch is always measured."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        skipped = self.may_skip_measuring and self.measure_samples == 0
        if self.measure_samples < self.least_samples and not skipped:
            raise ValueError(
                f"measure_samples={self.measure_samples} must be at least "
                f"{self.least_samples}."
            )


@dataclasses.dataclass(frozen=True)
class EpochStepsConfig(Config):
    """Epochs of a fixed number of train steps, for data sampled anew in every batch."""

    epoch_steps: Count = 500
    """Train steps per epoch; metrics are computed after each epoch."""


@dataclasses.dataclass(frozen=True)
class CompareConfig:
    """Runs every variant with every seed, each in its own folder."""

    systems: tuple[str, ...] = ()
    """Variants to run; all by default."""
    seeds: Count = 5
    """Number of runs per variant, with seeds 0, 1, ..."""
    output: str = "runs/compare"
    """Folder of the runs. Running the same command again resumes."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    epochs: Count | None = None
    """Epochs per run; by default those of the experiment."""
    hours: Positive | None = None
    """Hours of training of each run, without sampling and metrics, if its epochs take
    longer: variants at equal cost."""
    ema_half_life: float | None = None
    """Half-life of the average of the generator's weights, in real images seen; metrics
    are computed on the average. By default that of the experiment."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device is faster in it."""
    on_nan: Annotated[str, ON_NAN] = "stop"
    """What a run does when a loss becomes NaN: stop, or rollback; see the experiment's
    own option."""
    smoke: bool = False
    """Shrink every run, as a test."""

    # Name of a variant -> the fields in which it differs; and where, for a message.
    variants: ClassVar[Mapping[str, dict]] = {}
    where: ClassVar[str] = ""

    def check_values(self) -> None:
        """Validates the configuration.

        Raises:
            ValueError: Names the field, its value and what is accepted.
        """
        validation.check_fields(self)
        unknown = [name for name in self.systems if name not in self.variants]
        if unknown:
            raise ValueError(
                f"systems: there is no {unknown[0]!r}{self.where}; use "
                f"{', '.join(map(repr, self.variants))}."
                f"{meant(unknown[0], self.variants)}"
            )


def as_arguments(fields: dict) -> tuple[str, ...]:
    """Returns fields of a configuration as words of a command line."""
    words = []
    for name, value in fields.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
        else:
            words += [f"--{name}", str(value)]
    return tuple(words)
