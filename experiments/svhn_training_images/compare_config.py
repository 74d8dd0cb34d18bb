"""The configuration of compare, and what it finds."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import Count
from experiments.svhn_training_images.classifier_config import ClassifierConfig
from experiments.svhn_training_images.config import (
    DATASET,
    FOLDER,
    PER_CLASS,
    Conditional,
    Dcgans,
)
from experiments.svhn_training_images.simgan_config import Simgan
from ganzoo import runs

if TYPE_CHECKING:
    from ganzoo.metrics import ClassifierResults

# Fields that every stage has, too.
SHARED = ("dataset", "data_dir", "train_images", "seed", "strategy", "precision")
SHARED += ("deterministic", "checkpoint_minutes", "on_nan")


@dataclasses.dataclass(frozen=True)
class Compare:
    """Real, drawn, generated and refined training images, and what they teach.

    Every stage has its own run folder within the output folder.
    """

    sets: tuple[str, ...] = ()
    """Which training sets; all by default."""
    output: str = f"{FOLDER}/compare"
    """Folder of the stages. The same command on the same folder resumes."""
    dataset: str = DATASET
    """The real images: a TFDS name, a folder of class sub-folders, or an .npz."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    also_test: tuple[str, ...] = ()
    """Further data sets to test on, all images of each, e.g. svhn_subset."""
    train_images: int | None = None
    """Number of real training images to use: the first, or of a folder some of each
    class."""
    per_class: Count = PER_CLASS
    """Images of each digit that are drawn, generated or refined."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts; for the drawn images."""
    seed: int = 0
    """Seed of every stage; the classifiers have this seed and those after it."""
    strategy: str = "auto"
    """auto, cpu, gpu, mirrored, tpu or multi_worker; for the GANs."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device has units for it."""
    deterministic: bool = True
    """Only operations that give the same result each time; costs speed on a GPU."""
    checkpoint_minutes: float = 5.0
    """Minutes between checkpoints within an epoch; each epoch ends with one."""
    on_nan: str = "stop"
    """What the GANs do when a loss becomes NaN: stop, or rollback; see there."""
    smoke: bool = False
    """Run all of it in about a minute, on few images, to see that it works."""

    gan_epochs: int = Dcgans.epochs
    """Passes over the real images; as many for ten DCGANs as for the conditional one,
    which makes the cost the same."""
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
    """Which drawn images are refined, source or rich."""
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
    """Classifiers of each training set."""

    def check(self) -> None:
        """Validates the configurations of all stages.

        Raises:
            ValueError: Names the stage, the field, its value and what is accepted.
        """
        self.check_values()
        self._check_stages("check")

    def check_values(self) -> None:
        """Validates all but names of losses and the like; see `check`."""
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
        """The configuration of every stage, by the name of its folder."""
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

    def _stage(self, kind: type, name: str, prefix: str, **changes):
        """Returns a stage's configuration: shared fields, and those of its prefix."""
        own = {field.name for field in dataclasses.fields(kind)}
        values = {key: getattr(self, key) for key in SHARED if key in own}
        for field in dataclasses.fields(self):
            if field.name.startswith(prefix):
                key = field.name.removeprefix(prefix)
                values[key] = getattr(self, field.name)
        return kind(output=str(Path(self.output) / name), **values | changes)


@dataclasses.dataclass(frozen=True)
class Row:
    """What was found of one training set.

    Attributes:
        name: Of the set.
        tested: Its classifiers on each set of real images, the test images first.
        by_real: The classifiers of real images on the set, where there are such.
    """

    name: str
    tested: "tuple[ClassifierResults, ...]"
    by_real: "ClassifierResults | None" = None
