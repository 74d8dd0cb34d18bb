"""The configuration of judge: classifiers of a data set's training images."""

import dataclasses
from typing import TYPE_CHECKING

import ganzoo
from experiments import harness
from experiments.harness.validation import Count, Positive, Weight
from experiments.svhn_training_images.config import DATASET, FOLDER

if TYPE_CHECKING:
    from ganzoo import metrics


@dataclasses.dataclass(frozen=True)
class ClassifierConfig(harness.Config):
    """Classifiers trained on a data set's training images."""

    output: str = f"{FOLDER}/judge"
    dataset: str = DATASET
    """Whose training images are trained on: a TFDS name, an .npz such as draw writes,
    or a folder of class sub-folders."""
    test_dataset: str | None = None
    """Whose test images are tested on; the same by default."""
    also_test: tuple[str, ...] = ()
    """Further data sets to test on, all images of each, e.g. svhn_subset."""
    epochs: int = 3
    """Passes over the training images; their number is fixed beforehand."""
    batch_size: int = 128
    """Images per step."""
    learning_rate: Positive = 1e-3
    """Adam's, at the start; falls to zero along half a cosine."""
    rotation: Weight = 15.0
    """Largest rotation of a training image, in degrees; it may be sheared and zoomed,
    too, so that what a set teaches does not depend on its slants of a digit."""
    shear: Weight = 0.2
    """Largest shear of a training image, in heights above its center."""
    zoom: Weight = 0.15
    """Largest logarithm of the factors of a training image's height and width."""
    invert: bool = True
    """Train on half of the images as their negatives: a digit may be the brighter or
    the darker part."""
    width: Count = 32
    """Channels of the first two convolutions; see ganzoo.networks.svhn_classifier."""
    seeds: Count = 3
    """Number of classifiers, trained with the seeds seed, seed + 1, ..."""
    train_images: Count | None = None
    """Number of training images: the first, or of a folder some of each class."""

    @property
    def recipe(self) -> "metrics.Recipe":
        """How each classifier is trained, but for its seed."""
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
        """What the classifiers are and how they are trained, whatever their seed."""
        recipe = dataclasses.asdict(self.recipe)
        del recipe["seed"]
        # The keys are those of the files of a comparison.
        return {
            "judge": {"width": self.width, "precision": self.precision},
            "recipe": recipe,
        }
