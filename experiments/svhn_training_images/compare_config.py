"""The configuration of compare."""

import dataclasses
from pathlib import Path
from typing import Any

from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import Count, Fraction
from experiments.svhn_training_images.config import (
    DATASET,
    FOLDER,
    PER_CLASS,
    ClassifierConfig,
    Conditional,
    Dcgans,
    Simgan,
)
from ganzoo import runs

# Fields that are passed on to every stage.
SHARED = ("dataset", "data_dir", "train_images", "seed", "strategy", "precision")
SHARED += ("deterministic", "checkpoint_minutes", "on_nan")


@dataclasses.dataclass(frozen=True)
class Compare:
    """Compares real, drawn, generated and refined training images.

    Every stage has a run folder inside the output folder.
    """

    sets: tuple[str, ...] = ()
    """Training sets to compare; all by default."""
    output: str = f"{FOLDER}/compare"
    """Folder of the stages. Running the same command again resumes."""
    dataset: str = DATASET
    """The real images: a TFDS name, a folder of class sub-folders, or an .npz."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    also_test: tuple[str, ...] = ()
    """Further data sets to test on, with all of their images, e.g. svhn_subset."""
    train_images: int | None = None
    """Number of real training images: the first ones, or some of each class of a
    folder."""
    validation: Fraction | None = None
    """Fraction of the real training images to hold out of all training and to test on,
    in place of the test images, as when choosing settings of the classifiers."""
    per_class: Count = PER_CLASS
    """Images per digit to draw, generate or refine."""
    fonts: str = "matplotlib"
    """Fonts of drawn images: matplotlib, system, or a folder of TrueType fonts."""
    seed: int = 0
    """Seed of every stage; the classifiers use this seed and the following ones."""
    strategy: str = "auto"
    """Devices for the GANs: auto, cpu, gpu, mirrored, tpu or multi_worker."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device is faster in it."""
    deterministic: bool = True
    """Use only deterministic operations; slower on a GPU."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints within an epoch; each epoch ends with one."""
    on_nan: str = "stop"
    """What a GAN does when a loss becomes NaN: stop, or rollback; see dcgan's own
    option."""
    smoke: bool = False
    """Run the whole comparison in about a minute, on few images, as a test."""

    gan_epochs: int = Dcgans.epochs
    """Passes over the real images, for the ten DCGANs together and for the conditional
    one, which makes their cost equal."""
    gan_batch_size: int = Dcgans.batch_size
    gan_width: int = Dcgans.width
    gan_latent_dim: int = Dcgans.latent_dim
    gan_update: str = Dcgans.update
    gan_normalise: bool = Dcgans.normalise
    gan_dropout: float = Dcgans.dropout
    gan_penalty: str | None = Dcgans.penalty
    gan_generator_learning_rate: float = Dcgans.generator_learning_rate
    gan_discriminator_learning_rate: float = Dcgans.discriminator_learning_rate
    gan_ema_half_life: float | None = Dcgans.ema_half_life
    gan_sample_count: int = Dcgans.sample_count
    gan_show_steps: tuple[int, ...] = Dcgans.show_steps

    simgan_epochs: int = Simgan.epochs
    """Passes over the real images."""
    simgan_batch_size: int = Simgan.batch_size
    simgan_style: str = Simgan.style
    """Style of the drawn images to refine, source or rich."""
    simgan_width: int = Simgan.width
    simgan_blocks: int = Simgan.blocks
    simgan_discriminator_width: int = Simgan.discriminator_width
    simgan_regularisation_weight: float = Simgan.regularisation_weight
    simgan_refiner_steps: int = Simgan.refiner_steps
    simgan_refiner_warm_up: int = Simgan.refiner_warm_up
    simgan_discriminator_warm_up: int = Simgan.discriminator_warm_up
    simgan_generator_learning_rate: float = Simgan.generator_learning_rate
    simgan_discriminator_learning_rate: float = Simgan.discriminator_learning_rate
    simgan_ema_half_life: float | None = Simgan.ema_half_life
    simgan_show_steps: tuple[int, ...] = Simgan.show_steps

    judge_epochs: int = ClassifierConfig.epochs
    """Passes over each training set."""
    judge_batch_size: int = ClassifierConfig.batch_size
    judge_learning_rate: float = ClassifierConfig.learning_rate
    judge_rotation: float = ClassifierConfig.rotation
    judge_shear: float = ClassifierConfig.shear
    judge_zoom: float = ClassifierConfig.zoom
    judge_invert: bool = ClassifierConfig.invert
    judge_width: int = ClassifierConfig.width
    judge_seeds: int = ClassifierConfig.seeds
    """Number of classifiers per training set."""

    def check(self) -> None:
        """Validates the configurations of all stages.

        Raises:
            ValueError: The message names the stage, the field, its value and what is
                accepted.
        """
        self.check_values()
        self._check_stages("check")

    def check_values(self) -> None:
        """Validates everything but names of losses and penalties; see `check`."""
        runs.local(self.output)
        validation.check_fields(self)
        self._check_stages("check_values")

    def _check_stages(self, check: str) -> None:
        for name, stage in self.stages.items():
            try:
                getattr(stage, check)()
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error

    @property
    def stages(self) -> dict[str, harness.Config]:
        """The configuration of every stage, by name of its folder."""
        drawn = {"drawn_images": 10 * self.per_class, "fonts": self.fonts}
        return {
            "dcgans": self._stage(Dcgans, "dcgans", "gan_"),
            "dcgans_non_saturating": self._stage(
                Dcgans, "dcgans_non_saturating", "gan_", loss="non_saturating"
            ),
            "conditional": self._stage(Conditional, "conditional", "gan_"),
            "simgan": self._stage(Simgan, "simgan", "simgan_", **drawn),
            "judges": self._stage(ClassifierConfig, "judges", "judge_"),
        }

    def _stage(self, kind: type, name: str, prefix: str, **changes: Any) -> Any:
        """Returns a stage's configuration: shared fields, and those with its prefix."""
        own = {field.name for field in dataclasses.fields(kind)}
        values = {key: getattr(self, key) for key in SHARED if key in own}
        for field in dataclasses.fields(self):
            if field.name.startswith(prefix):
                key = field.name.removeprefix(prefix)
                values[key] = getattr(self, field.name)
        return kind(output=str(Path(self.output) / name), **values | changes)
