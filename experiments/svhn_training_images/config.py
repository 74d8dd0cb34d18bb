"""The configurations of all stages, and their constants."""

import dataclasses
from typing import Annotated

import ganzoo
from experiments import harness
from experiments.harness import validation
from experiments.harness.validation import (
    Count,
    Fraction,
    Number,
    OneOf,
    Positive,
    Steps,
    Weight,
    between,
)
from ganzoo import runs

SHAPE = (32, 32, 3)
CLASSES = tuple("0123456789")
STYLES = OneOf(("source", "rich"))  # a test compares them with those of ganzoo.data
DATASET = "svhn_cropped"
PER_CLASS = 7300  # images per digit that are drawn, generated or refined
FOLDER = "runs/svhn_training_images"


@dataclasses.dataclass(frozen=True)
class Gan(harness.GanConfig, harness.ImageConfig):
    """The fields of the DCGANs.

    The source states the layers and the losses; the rest follows Radford et al. 2016,
    with two exceptions. To make training feasible on a CPU there are few channels,
    small batches, higher learning rates, the simultaneous update and averaged weights.
    To keep it stable, a penalty replaces the discriminator's batch normalization, and
    Adam's decay rates are those of Huang et al. 2024.
    """

    num_classes = None  # classes of the condition; not a field

    output: str = f"{FOLDER}/gan"
    dataset: str = DATASET
    epochs: int = 25
    """Passes over the training images. In one pass, ten DCGANs of one digit each see
    together as many images as a DCGAN of all digits."""
    batch_size: int = 32
    penalty: str | None = "r1(0.5)"
    """Regularizer of the discriminator, see ganzoo.penalties. It keeps the logits
    small, so that the source's losses, which saturate, keep their gradients."""
    update: str = "simultaneous"
    """simultaneous, which updates both networks after one forward pass, or alternating,
    algorithm 1 of Goodfellow et al. 2014."""
    generator_learning_rate: float = 5e-4
    discriminator_learning_rate: float = 5e-4
    beta_1: float = 0.0
    beta_2: float = 0.99
    ema_half_life: float | None = 10_000.0
    """Half-life of a moving average of the generator's weights, in real images seen.
    Images of the average are shown, and used to train classifiers."""
    width: Count = 16
    """Channels at the highest resolution; lower resolutions have twice and four times
    as many."""
    slope: Fraction = 0.2
    """Negative slope of LeakyReLU in the discriminator."""
    dropout: Fraction = 0.0
    """Fraction of the discriminator's activations that are dropped."""
    normalise: bool = False
    """Use batch normalization in the discriminator. A gradient penalty requires
    --no-normalise."""
    sample_count: int = 64
    """Images per grid of one digit."""
    show_steps: Steps = (1, 51, 76, 201, 401, 701)
    """Iterations whose images the report shows, as in the source; it also shows the
    last."""

    def check_names(self) -> None:
        """Validates losses and penalties; see `Config.check`."""
        super().check_names()
        validation.check_penalty(self)


@dataclasses.dataclass(frozen=True)
class Dcgan(Gan):
    """The DCGAN of one digit, by default with the source's losses."""

    output: str = f"{FOLDER}/dcgan"
    loss: str = "absolute_error"
    """Pair of losses: absolute_error, the source's, which saturates, or another one of
    ganzoo.losses."""
    digit: Annotated[int, between(0, len(CLASSES) - 1)] = 5
    """The digit to train on."""


@dataclasses.dataclass(frozen=True)
class Dcgans(Gan):
    """Ten DCGANs, one after the other, each in its own run folder."""

    output: str = f"{FOLDER}/dcgans"
    loss: str = "absolute_error"
    """Pair of losses: absolute_error, the source's, which saturates, or another one of
    ganzoo.losses."""


@dataclasses.dataclass(frozen=True)
class Conditional(Gan):
    """One class-conditional DCGAN, at the cost of ten unconditional ones."""

    num_classes = len(CLASSES)

    output: str = f"{FOLDER}/conditional"


@dataclasses.dataclass(frozen=True)
class Simgan(harness.AdamConfig):
    """SimGAN (Shrivastava et al. 2017), which refines images and keeps their labels."""

    output: str = f"{FOLDER}/simgan"
    dataset: str = DATASET
    epochs: int = 4
    """Passes over the real images."""
    batch_size: int = 64
    """Images per update, over all replicas."""
    style: Annotated[str, STYLES] = "source"
    """Style of the drawn house numbers, source or rich; see ganzoo.data."""
    drawn_images: Count = 10 * PER_CLASS
    """Number of drawn images."""
    fonts: str = "matplotlib"
    """matplotlib, system, or a folder of TrueType fonts."""
    train_images: Count | None = None
    """Number of real images: the first ones, or some of each class of a folder."""
    width: Count = 32
    """Channels of the refiner; 64 in the paper."""
    blocks: Number = 4
    """Number of residual blocks of the refiner."""
    discriminator_width: Count = 32
    """Channels of the discriminator's last hidden layer."""
    regularisation_weight: Positive = 5.0
    """Weight of the mean absolute difference from the drawn image; the paper does not
    state it."""
    refiner_steps: Count = 2
    """Refiner updates per train step (K_g in the paper)."""
    discriminator_steps: Count = 1
    """Discriminator updates per train step (K_d in the paper)."""
    refiner_warm_up: Number = 1000
    """Initial updates of the refiner alone, in which it learns to leave images
    unchanged."""
    discriminator_warm_up: Number = 200
    """Updates of the discriminator alone, after the refiner's warm-up."""
    history_capacity: Number = 3200
    """Size of the image pool, which shows the discriminator images refined earlier; 0
    turns it off."""
    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    ema_half_life: Positive | None = None
    """Half-life of a moving average of the refiner's weights, in real images seen."""
    show_steps: Steps = (1, 501, 701, 1001, 2001)
    """Train steps whose images the report shows; it also shows the last."""


@dataclasses.dataclass(frozen=True)
class Draw:
    """A labeled set of drawn house numbers, as an .npz file."""

    output: str = f"{FOLDER}/draw"
    """Folder of the file and its report."""
    style: Annotated[str, STYLES] = "rich"
    """What varies: source, as in the source, or rich, also what varies in the data set
    Syn Numbers."""
    count: Count = 10 * PER_CLASS
    """Number of images; image i shows the digit i % 10."""
    seed: Number = 0
    """Seed of the images."""
    fonts: str = "matplotlib"
    """matplotlib, those of Matplotlib; system, all installed fonts; or a folder."""
    smoke: bool = False
    """Draw few images, as a test."""

    def check_values(self) -> None:
        """Validates the configuration; see `harness.Config.check`."""
        runs.local(self.output)
        validation.check_fields(self)


@dataclasses.dataclass(frozen=True)
class ClassifierConfig(harness.Config):
    """Trains classifiers on the training images of a data set."""

    output: str = f"{FOLDER}/judge"
    dataset: str = DATASET
    """Data set to train on: a TFDS name, an .npz file such as draw writes, or a folder
    of class sub-folders."""
    test_dataset: str | None = None
    """Data set to test on; by default the same."""
    also_test: tuple[str, ...] = ()
    """Further data sets to test on, with all of their images, e.g. svhn_subset."""
    epochs: int = 3
    """Passes over the training images, a number that is fixed in advance."""
    batch_size: int = 128
    """Images per step."""
    learning_rate: Positive = 1e-3
    """Adam's initial learning rate; it falls to zero along half a cosine."""
    rotation: Weight = 15.0
    """Largest rotation of a training image, in degrees. Rotation, shear and zoom make
    the results depend less on the slant of the digits in a set."""
    shear: Weight = 0.2
    """Largest shear of a training image, as horizontal shift per height."""
    zoom: Weight = 0.15
    """Largest logarithm of the factors of a training image's height and width."""
    invert: bool = True
    """Invert half of the training images, since a digit may be brighter or darker than
    its background."""
    width: Count = 32
    """Channels of the first two convolutions; see ganzoo.networks.svhn_classifier."""
    seeds: Count = 3
    """Number of classifiers, with seeds seed, seed + 1, ..."""
    train_images: Count | None = None
    """Number of training images: the first ones, or some of each class of a folder."""

    @property
    def recipe(self) -> "ganzoo.metrics.Recipe":
        """How the first classifier is trained; the others differ in the seed."""
        return ganzoo.metrics.Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=float(self.learning_rate),
            rotation=float(self.rotation),
            shear=float(self.shear),
            zoom=float(self.zoom),
            invert=self.invert,
            seed=self.seed,
        )

    @property
    def description(self) -> dict:
        """The network and training of the classifiers, without the seed."""
        recipe = dataclasses.asdict(self.recipe)
        del recipe["seed"]
        # These keys also are in the files of published comparisons.
        return {
            "judge": {"width": self.width, "precision": self.precision},
            "recipe": recipe,
        }
