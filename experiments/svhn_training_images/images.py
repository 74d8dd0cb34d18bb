"""The real images: what is trained on, and what every judge is tested on."""

import dataclasses

import numpy as np

from experiments import common
from experiments.svhn_training_images.settings import CLASSES, SHAPE
from ganzoo import data


@dataclasses.dataclass(frozen=True)
class Real:
    """Both splits of a data set.

    Attributes:
        train: Cut to `train_images`, if asked.
        test: What nothing is trained on.
    """

    train: data.ImageSet
    test: data.ImageSet


def load(config: common.Common) -> Real:
    """Loads both splits of the data set asked for.

    Raises:
        ganzoo.data.DataError: A set that is absent, whose images are not 32x32 in
            colour, whose classes are not the ten digits, or which lacks one of them.
        ValueError: Fewer training images than asked for.
    """
    train = checked(common.image_set(config, "train", SHAPE), every=True)
    return Real(train, checked(common.image_set(config, "test", SHAPE)))


def checked(images: data.ImageSet, *, every: bool = False) -> data.ImageSet:
    """Returns a set, if its classes are the digits.

    Args:
        images: The set.
        every: Whether every digit has to be there.

    Raises:
        ganzoo.data.DataError: Other classes, or a digit without images.
    """
    where = f"{images.name} ({images.split})"
    if images.class_names != CLASSES:
        raise data.DataError(
            f"{where} has the classes {', '.join(images.class_names[:12])}; digits are "
            f"drawn and judged as {', '.join(CLASSES)}, in this order."
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
    """Loads all images of a data set, both splits joined, as a set to be tested on.

    Raises:
        ganzoo.data.DataError: As `load`, but a digit may be absent.
    """
    found = data.join(
        *(common.load(dataset, split, data_dir) for split in ("train", "test"))
    )
    if found.shape != SHAPE:
        raise data.DataError(
            f"{found.name} has images of shape {found.shape}; the judges look at "
            f"{SHAPE}."
        )
    return checked(found)


def of_digit(images: data.ImageSet, digit: int) -> data.ImageSet:
    """Returns the images of one digit."""
    rows = np.flatnonzero(images.labels == digit)
    return dataclasses.replace(
        images,
        images=images.images[rows],
        labels=images.labels[rows],
        name=f"{images.name}, digit {digit}",
    )


def first_of_each(images: data.ImageSet, count: int) -> data.ImageSet:
    """Returns the first `count` images of each class, class by class."""
    rows = [
        np.flatnonzero(images.labels == label)[:count]
        for label in range(len(images.class_names))
    ]
    rows = np.concatenate(rows)
    return dataclasses.replace(
        images,
        images=images.images[rows],
        labels=images.labels[rows],
        name=f"{images.name}, {count:,} a class",
    )
