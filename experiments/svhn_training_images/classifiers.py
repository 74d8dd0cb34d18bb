"""Trains classifiers with one fixed recipe, and tests them.

Every classifier is saved with its confusion matrix on each test set, so that nothing is
trained or tested twice.
"""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from experiments.svhn_training_images.config import CLASSES, ClassifierConfig
from ganzoo import data, networks
from ganzoo.files import kept_json, read_json, write_json
from ganzoo.metrics import ClassifierResults
from ganzoo.metrics.classifier_results import Trial
from ganzoo.metrics.generated_training import confusion_matrix, train_classifier
from ganzoo.runs import checkpoints


@dataclasses.dataclass(frozen=True, eq=False)
class LabeledSet:
    """Labeled images that are made on first use.

    Attributes:
        name: Short name, for folders and files.
        identity: Everything that determines the images, of JSON types.
        make: Makes the images; called at most once.
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
        """Wraps existing images."""
        return cls(name, {"fingerprint": images.fingerprint}, lambda: images)


class Classifiers:
    """Classifiers stored in a folder, with one sub-folder per training set."""

    def __init__(self, folder: Path, config: ClassifierConfig):
        self.folder = folder
        self.config = config

    def test(
        self, train: LabeledSet, tests: Sequence[LabeledSet]
    ) -> list[ClassifierResults]:
        """Trains and tests a training set's classifiers, as far as not yet done."""
        first = self.config.seed
        seeds = range(first, first + self.config.seeds)
        found = [self._trial(train, tests, seed) for seed in seeds]
        return [_results(found, test.name) for test in tests]

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
    """Returns name, number and fingerprint of a set of images."""
    return {
        "name": f"{images.name} {images.split}",
        "count": len(images),
        "fingerprint": images.fingerprint,
    }


def load(path: Path, built: dict) -> keras.Model:
    """Loads a stored classifier."""
    model = networks.svhn_classifier(
        built["width"], len(CLASSES), dtype=built["precision"]
    )
    checkpoints.load(model, weights_of(path))
    return model


def weights_of(path: Path) -> Path:
    """Returns the path of a classifier's weights, given the path of its results."""
    return path.with_suffix(".weights.h5")


def evaluate_stored(folder: Path, images: data.ImageSet) -> ClassifierResults:
    """Tests the stored classifiers of a training set, such as judges/real, on images.

    Raises:
        ValueError: The folder has no classifiers.
    """
    paths = sorted(Path(folder).glob("seed_*.json"))
    if not paths:
        raise ValueError(
            f"There are no classifiers in {folder}; give the folder judges/real of a "
            "comparison."
        )
    found = []
    for path in paths:
        before = read_json(path)
        matrix = confusion_matrix(load(path, before["asked"]["judge"]), images)
        tested = {"test": card(images), "confusion": matrix.tolist()}
        found.append(before | {"tests": {"asked": tested}})
    return _results(found, "asked")


def _results(found: list[dict], test: str) -> ClassifierResults:
    """Returns the results of classifiers with several seeds on one test set."""
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
