"""Trains, tests and installs a classifier that the metrics use.

The number of epochs is fixed in advance and the last weights are kept, so the test
images influence nothing. The test uses the weights as shipped, rounded to float16.
"""

import dataclasses
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from experiments.classifiers.config import Config
from experiments.harness.data import SPLITS, load
from ganzoo import data, float16_weights
from ganzoo.data.augmentation import augmented_batches
from ganzoo.metrics import features
from ganzoo.runs import provenance


@dataclasses.dataclass(frozen=True)
class Task:
    """The task of one classifier.

    Attributes:
        name: Name of the network's builder, the command and the files.
        datasets: Data sets whose classifier may be installed.
        shape: Height, width and channels of the images.
        required: Smallest test accuracy for installing the classifier.
        train: (training images, configuration) -> trained classifier in float32.
    """

    name: str
    datasets: tuple[str, ...]
    shape: tuple[int, int, int]
    required: float
    train: Callable[[data.ImageSet, Config], keras.Model]


def run(config: Config, task: Task) -> dict:
    """Trains a classifier, rounds it to float16, tests it, and writes both files.

    Returns:
        The card: data, command, test accuracy and SHA-256 of the weights.

    Raises:
        ganzoo.data.DataError: The data set is missing, or has the wrong shape.
        ValueError: The classifier cannot be installed: it was trained on other data, or
            its accuracy is too low.
    """
    config.check_values()
    if config.install and config.dataset.partition(":")[0] not in task.datasets:
        raise ValueError(
            f"dataset={config.dataset!r}: only a classifier of "
            f"{' or '.join(task.datasets)} can be installed; leave out --install and "
            f"find the files in {config.output}."
        )
    train, test = (load(config.dataset, s, config.data_dir) for s in SPLITS)
    if train.shape != task.shape:
        size = "x".join(str(length) for length in task.shape)
        raise data.DataError(
            f"dataset={config.dataset!r} has images of shape {train.shape}, but the "
            f"classifier takes {size} images; use {task.datasets[0]} or another set of "
            "that shape."
        )
    started = time.perf_counter()
    model = task.train(train, config)
    seconds = time.perf_counter() - started

    result = card(task, train, test, config)
    result["test_accuracy_float32"] = accuracy(model, test)
    output = Path(config.output)
    result["sha256"] = float16_weights.save(model, output / f"{task.name}.npz")
    float16_weights.load(model, output / f"{task.name}.npz", result["sha256"])
    result["test_accuracy"] = accuracy(model, test)
    (output / f"{task.name}.json").write_text(
        json.dumps(result, indent=2) + "\n", encoding="utf-8"
    )
    message = (
        f"test accuracy {result['test_accuracy']:.4f} (float32 weights "
        f"{result['test_accuracy_float32']:.4f}), trained in {seconds:.0f} s, "
        f"written to {output}"
    )
    try:
        if config.install:
            install(output, task, result["test_accuracy"])
    finally:
        print(message)
    return result


def fit(
    model: keras.Model, train: data.ImageSet, config: Config, augment: Callable
) -> None:
    """Trains a compiled classifier for the configured number of epochs."""
    model.fit(
        augmented_batches(train, config.batch_size, augment, seed=config.seed),
        steps_per_epoch=data.steps_per_epoch(len(train), config.batch_size),
        epochs=config.epochs,
        shuffle=False,  # the batches are shuffled already
        verbose=2,
    )


def accuracy(model: keras.Model, test: data.ImageSet) -> float:
    """Returns the fraction of test images that are classified correctly."""
    logits = model.predict(data.to_float(test.images), batch_size=500, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == test.labels))


def card(task: Task, train: data.ImageSet, test: data.ImageSet, config: Config) -> dict:
    """Returns the card of the weights: data, command, settings and versions."""
    values = {
        field.name: (getattr(config, field.name), field.default)
        for field in dataclasses.fields(config)
        if field.name not in ("data_dir", "output", "install")
    }
    changed = [
        f" --{name.replace('_', '-')} {value}"
        for name, (value, default) in values.items()
        if value != default
    ]
    decisive = {name: value for name, (value, _) in values.items() if name != "dataset"}
    return {
        "name": task.name,
        "network": f"ganzoo.networks.classifiers.{task.name}",
        "classes": list(train.class_names),
        "data": {
            "name": train.name,
            "train": {"images": len(train), "fingerprint": train.fingerprint},
            "test": {"images": len(test), "fingerprint": test.fingerprint},
        },
        "command": f"python -m experiments.{task.name} --data-dir DIR"
        f"{''.join(changed)}",
        **decisive,
        "versions": provenance.describe()["versions"],
    }


def install(folder: Path, task: Task, test_accuracy: float) -> None:
    """Copies the weights and their card from a run folder into the package.

    Raises:
        ValueError: The accuracy is below what the metrics require.
    """
    if test_accuracy < task.required:
        raise ValueError(
            f"not installed: the test accuracy {test_accuracy:.4f} is below "
            f"{task.required}; train for more epochs."
        )
    for suffix in ("npz", "json"):
        shutil.copyfile(
            folder / f"{task.name}.{suffix}", features.FOLDER / f"{task.name}.{suffix}"
        )
