"""Loads the real images for training and testing."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from experiments import harness
from experiments.harness.data import SPLITS, image_set, select
from experiments.harness.data import load as load_split
from experiments.svhn_training_images.config import CLASSES, SHAPE
from ganzoo import data

if TYPE_CHECKING:
    from experiments.svhn_training_images.compare_config import Compare


def load(config: "harness.Config | Compare") -> harness.Data:
    """Loads both splits of the configured data set.

    If the configuration has a fraction for `validation`, these training images are held
    out and take the place of the test images, which are not loaded.

    Raises:
        ganzoo.data.DataError: The data set is missing, its images are not 32x32 in
            color, its classes are not the ten digits, or a digit has no images.
        ValueError: The data set has fewer training images than configured.
    """
    train = checked(image_set(config, "train", SHAPE), every=True)
    if fraction := getattr(config, "validation", None):
        return harness.Data(config, *held_out(train, fraction))
    return harness.Data(config, train, checked(image_set(config, "test", SHAPE)))


def checked(images: data.ImageSet, *, every: bool = False) -> data.ImageSet:
    """Checks that the classes of a set are the digits; returns the set.

    Raises:
        ganzoo.data.DataError: The set has other classes, or a digit has no images.
    """
    where = f"{images.name} ({images.split})"
    if images.class_names != CLASSES:
        raise data.DataError(
            f"{where} has the classes {', '.join(images.class_names[:12])}; the "
            f"classes must be {', '.join(CLASSES)}, in this order."
        )
    counts = np.bincount(images.labels, minlength=len(CLASSES))
    missing = ", ".join(CLASSES[digit] for digit in np.flatnonzero(counts == 0))
    if every and missing:
        raise data.DataError(
            f"{where} has no images of {missing}, but every digit needs some; use more "
            "images or another set."
        )
    return images


def held_out(
    images: data.ImageSet, fraction: float
) -> tuple[data.ImageSet, data.ImageSet]:
    """Splits off the last images of each class; returns the rest, and these images.

    Raises:
        ganzoo.data.DataError: A class would have no images left, or none to hold out.
    """
    held = np.zeros(len(images), bool)
    for label, name in enumerate(images.class_names):
        rows = np.flatnonzero(images.labels == label)
        count = round(fraction * len(rows))
        if not 0 < count < len(rows):
            raise data.DataError(
                f"validation={fraction:g} of the {len(rows)} images of {name} are "
                f"{count}; use a fraction that holds out some, and leaves some."
            )
        held[rows[-count:]] = True
    rest = select(images, ~held, f"{images.name} without {fraction:.0%} for validation")
    part = select(images, held, images.name)
    return rest, dataclasses.replace(part, split="validation")


def whole(dataset: str, data_dir: str | None) -> data.ImageSet:
    """Loads both splits of a data set, joined, for testing."""
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
