"""The real images: what is trained on, and what every classifier is tested on."""

import numpy as np

from experiments import harness
from experiments.harness.data import SPLITS, image_set, select
from experiments.harness.data import load as load_split
from experiments.svhn_training_images.config import CLASSES, SHAPE
from ganzoo import data


def load(config: harness.Config) -> harness.Data:
    """Loads both splits of the data set asked for.

    Raises:
        ganzoo.data.DataError: A set that is absent, whose images are not 32x32 in
            color, whose classes are not the ten digits, or which lacks one of them.
        ValueError: Fewer training images than asked for.
    """
    train = checked(image_set(config, "train", SHAPE), every=True)
    return harness.Data(config, train, checked(image_set(config, "test", SHAPE)))


def checked(images: data.ImageSet, *, every: bool = False) -> data.ImageSet:
    """Returns a set, if its classes are the digits.

    Args:
        images: The set.
        every: Whether every digit must occur.

    Raises:
        ganzoo.data.DataError: Other classes, or a digit without images.
    """
    where = f"{images.name} ({images.split})"
    if images.class_names != CLASSES:
        raise data.DataError(
            f"{where} has the classes {', '.join(images.class_names[:12])}; digits are "
            f"generated and classified as {', '.join(CLASSES)}, in this order."
        )
    counts = np.bincount(images.labels, minlength=len(CLASSES))
    missing = ", ".join(CLASSES[digit] for digit in np.flatnonzero(counts == 0))
    if every and missing:
        raise data.DataError(
            f"{where} has no images of {missing}; every digit needs some, so use more "
            "images or another set."
        )
    return images


def whole(dataset: str, data_dir: str | None) -> data.ImageSet:
    """Loads all images of a data set, both splits joined, to be tested on.

    Raises:
        ganzoo.data.DataError: As `load`, but a digit may be absent.
    """
    found = data.join(*(load_split(dataset, split, data_dir) for split in SPLITS))
    if found.shape != SHAPE:
        raise data.DataError(
            f"{found.name} has images of shape {found.shape}; the classifiers take "
            f"{SHAPE}."
        )
    return checked(found)


def of_digit(images: data.ImageSet, digit: int) -> data.ImageSet:
    """Returns the images of one digit."""
    rows = np.flatnonzero(images.labels == digit)
    return select(images, rows, f"{images.name}, digit {digit}")


def first_of_each(images: data.ImageSet, count: int) -> data.ImageSet:
    """Returns the first `count` images of each class, class by class."""
    rows = [
        np.flatnonzero(images.labels == label)[:count]
        for label in range(len(images.class_names))
    ]
    name = f"{images.name}, {count:,} per class"
    return select(images, np.concatenate(rows), name)
