"""The settings of a comparison, and what it finds."""

import dataclasses
from pathlib import Path

from experiments import common, limits
from experiments.svhn_training_images.conditional import Conditional
from experiments.svhn_training_images.dcgans import Dcgans
from experiments.svhn_training_images.judging import Judge
from experiments.svhn_training_images.settings import DATASET, FOLDER, PER_CLASS
from experiments.svhn_training_images.simgan_settings import Simgan
from ganzoo import runs
from ganzoo.metrics import Judgement

# Settings that every stage has, too.
SHARED = ("dataset", "data_dir", "train_images", "seed", "strategy", "precision")
SHARED += ("deterministic", "checkpoint_minutes", "on_nan")


@dataclasses.dataclass(frozen=True)
class Compare:
    """Real, drawn, generated and refined training images, judged by what they teach.

    Every stage is a run folder of its own within the output folder.
    """

    sets: tuple[str, ...] = ()
    """Which training sets; all by default."""
    output: str = f"{FOLDER}/compare"
    """Folder of the stages. The same command on the same folder goes on."""
    dataset: str = DATASET
    """The real images: a TFDS name, a folder of class sub-folders, or an .npz."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    also_test: tuple[str, ...] = ()
    """Data sets that judges are tested on besides, on all images, e.g. svhn_subset."""
    train_images: int | None = None
    """Number of real training images to use: the first, or of a folder some of each
    class."""
    per_class: int = PER_CLASS
    """Images of each digit that are drawn, generated or refined."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts; for the drawn images."""
    seed: int = 0
    """Of every stage; the judges have this seed and those after it."""
    strategy: str = "auto"
    """auto, cpu, gpu, mirrored, tpu or multi_worker; for the games."""
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto: bfloat16 where the device has units for it."""
    deterministic: bool = True
    """Only operations that give the same result each time; costs speed on a GPU."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""
    on_nan: str = "stop"
    """What the games do where a loss becomes NaN: stop, or rollback; see there."""
    smoke: bool = False
    """Run the whole of it in about a minute, on few images, to see that it works."""

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

    judge_epochs: int = Judge.epochs
    """Passes over each training set."""
    judge_batch_size: int = Judge.batch_size
    judge_learning_rate: float = Judge.learning_rate
    judge_rotation: float = Judge.rotation
    judge_shear: float = Judge.shear
    judge_zoom: float = Judge.zoom
    judge_invert: bool = Judge.invert
    judge_width: int = Judge.width
    judge_seeds: int = Judge.seeds
    """Judges of each training set."""

    def check(self) -> None:
        """Refuses settings that some stage could not start with.

        Raises:
            ValueError: Naming the field, its value and what is accepted.
        """
        runs.local(self.output)
        limits.at_least(1, self, "per_class")
        for name, stage in self.stages.items():
            try:
                stage.check()
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error

    @property
    def stages(self) -> dict[str, common.Common]:
        """The settings of every stage, by the name of its folder."""
        drawn = {"drawn_images": 10 * self.per_class, "fonts": self.fonts}
        return {
            "dcgans": self._stage(Dcgans, "dcgans", "gan_"),
            "dcgans_non_saturating": self._stage(
                Dcgans, "dcgans_non_saturating", "gan_", loss="non_saturating"
            ),
            "conditional": self._stage(Conditional, "conditional", "gan_"),
            "simgan": self._stage(Simgan, "simgan", "simgan_", **drawn),
            "judges": self._stage(Judge, "judges", "judge_"),
        }

    def _stage(self, kind: type, name: str, prefix: str, **changes):
        """Returns a stage's settings: the shared ones, and those of its prefix."""
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
        tested: Its judges on each set of real images, the test images first.
        by_real: The judges of real images on the set, where there are such.
    """

    name: str
    tested: tuple[Judgement, ...]
    by_real: Judgement | None = None
