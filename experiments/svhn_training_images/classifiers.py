"""Classifiers trained by one fixed recipe, tested on real images.

A classifier and its confusion matrix on each set of test images are kept, so that none
is trained or tested twice.
"""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from experiments.svhn_training_images.classifier_config import ClassifierConfig
from experiments.svhn_training_images.config import CLASSES
from ganzoo import data, networks
from ganzoo.files import kept_json, read_json, write_json
from ganzoo.metrics import ClassifierResults
from ganzoo.metrics.classifier_results import Trial
from ganzoo.metrics.generated_training import confusion_matrix, train_classifier
from ganzoo.runs import checkpoints


@dataclasses.dataclass(frozen=True, eq=False)
class LabeledSet:
    """Labeled images that are made when they are needed.

    Attributes:
        name: Short, for folders and files.
        identity: All that decides what they are, of JSON types.
        make: Makes them; called once at most.
    """

    name: str
    identity: dict
    make: Callable[[], data.ImageSet]

    @functools.cached_property
    def images(self) -> data.ImageSet:
        """The images."""
        return self.make()

    @classmethod
    def of(cls, name: str, images: data.ImageSet) -> "LabeledSet":
        """Returns images that are there already."""
        return cls(name, {"fingerprint": images.fingerprint}, lambda: images)


class Classifiers:
    """The classifiers of a folder: a sub-folder for each training set."""

    def __init__(self, folder: Path, config: ClassifierConfig):
        """Sets the folder and the recipe."""
        self.folder = folder
        self.config = config

    def test(
        self, train: LabeledSet, tests: Sequence[LabeledSet]
    ) -> list[ClassifierResults]:
        """Trains classifiers, where that is left to do, and tests them, likewise.

        Returns:
            The result on each set of test images.
        """
        first = self.config.seed
        seeds = range(first, first + self.config.seeds)
        found = [self._trial(train, tests, seed) for seed in seeds]
        return [_judgement(found, test.name) for test in tests]

    def _trial(self, train: LabeledSet, tests: Sequence[LabeledSet], seed: int) -> dict:
        path = self._path(train.name, seed)
        asked = {"identity": train.identity} | self.config.description
        found = kept_json(path)
        model = None
        if found.get("asked") != asked:
            print(f"classifier of {train.name}, seed {seed}")
            started = time.perf_counter()
            model = self._train(train.images, seed)
            checkpoints.save(model, weights_of(path))
            found = {
                "asked": asked,
                "seed": seed,
                "train": card(train.images),
                "seconds": time.perf_counter() - started,
                "tests": {},
            }
            write_json(path, found, sealed=True)
        for test in tests:
            known = found["tests"].get(test.name, {})
            if known.get("identity") == test.identity:
                continue
            if model is None:
                model = load(path, asked["judge"])
            found["tests"][test.name] = {
                "identity": test.identity,
                "test": card(test.images),
                "confusion": confusion_matrix(model, test.images).tolist(),
            }
            write_json(path, found, sealed=True)
        return found

    def _train(self, images: data.ImageSet, seed: int) -> keras.Model:
        recipe = dataclasses.replace(self.config.recipe, seed=seed)
        build = functools.partial(
            networks.svhn_classifier, self.config.width, dtype=self.config.precision
        )
        return train_classifier(build, images, recipe)

    def _path(self, name: str, seed: int) -> Path:
        return self.folder / name / f"seed_{seed}.json"


def card(images: data.ImageSet) -> dict:
    """Says what a set of images is."""
    return {
        "name": f"{images.name} {images.split}",
        "count": len(images),
        "fingerprint": images.fingerprint,
    }


def load(path: Path, built: dict) -> keras.Model:
    """Returns the classifier whose results that file holds.

    Args:
        path: The file.
        built: Its `width` and `precision`.
    """
    model = networks.svhn_classifier(
        built["width"], len(CLASSES), dtype=built["precision"]
    )
    checkpoints.load(model, weights_of(path))
    return model


def weights_of(path: Path) -> Path:
    """Returns where a classifier's weights lie."""
    return path.with_suffix(".weights.h5")


def test_stored(folder: Path, images: data.ImageSet) -> ClassifierResults:
    """Tests the classifiers of a folder, trained before, on further images.

    Args:
        folder: Of the classifiers of one training set, such as COMPARISON/judges/real.
        images: LabeledSet images.

    Raises:
        ValueError: There are no classifiers.
    """
    paths = sorted(Path(folder).glob("seed_*.json"))
    if not paths:
        raise ValueError(
            f"There are no classifiers in {folder}; a comparison leaves them in its "
            "folder judges/real."
        )
    found = []
    for path in paths:
        before = read_json(path)
        matrix = confusion_matrix(load(path, before["asked"]["judge"]), images)
        tested = {"test": card(images), "confusion": matrix.tolist()}
        found.append(before | {"tests": {"asked": tested}})
    return _judgement(found, "asked")


def _judgement(found: list[dict], test: str) -> ClassifierResults:
    """Returns what classifiers of several seeds found on a set of test images."""
    trials = tuple(
        Trial(one["seed"], np.asarray(one["tests"][test]["confusion"], np.int64))
        for one in found
    )
    first = found[0]
    made = {
        "judge": {"name": "svhn_classifier"} | first["asked"]["judge"],
        "recipe": first["asked"]["recipe"],
        "train": first["train"],
        "test": first["tests"][test]["test"],
    }
    return ClassifierResults(trials, made)
