"""The configuration of the command judge."""

import dataclasses

import ganzoo
from experiments import harness
from experiments.harness.validation import Count, Positive, Weight
from experiments.svhn_training_images.config import DATASET, FOLDER


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
