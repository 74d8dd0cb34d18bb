"""Sets made from sets: joins two, holds images out, selects some."""

import dataclasses
from typing import Any

import numpy as np

from ganzoo.data import mapped
from ganzoo.data.images import DataError, ImageSet


def join(first: ImageSet, second: ImageSet) -> ImageSet:
    """Joins two splits of a data set, the images of the first one first.

    Args:
        first: One split, such as the training images.
        second: Another split, such as the test images.

    Returns:
        A set with the name of the first and the splits of both, as "train+test".

    Raises:
        DataError: The two have other classes, or images of another shape.
    """
    if first.shape != second.shape or first.class_names != second.class_names:
        raise DataError(
            f"{first.name} {first.split} and {second.name} {second.split} cannot be "
            f"joined: images of {first.shape} and {second.shape}, "
            f"{len(first.class_names)} and {len(second.class_names)} classes; join "
            "splits of one data set."
        )
    return dataclasses.replace(
        first,
        images=mapped.joined(first.images, second.images),
        labels=np.concatenate([first.labels, second.labels]),
        split=f"{first.split}+{second.split}",
        note=" ".join(filter(None, (first.note, second.note))),
        ordered=first.ordered or second.ordered,
    )


def hold_out(images: ImageSet, every: int = 10) -> tuple[ImageSet, ImageSet]:
    """Returns a set without every n-th image of each class, and these, to test on.

    Args:
        images: A set, for example one without test images.
        every: The n: 10 takes the tenth image of each class, the twentieth, and so on.

    Raises:
        DataError: No class has n images.
    """
    taken = every_nth(images.labels, every)
    if not taken.any():
        raise DataError(
            f"{images.name} has no test images, and no class has {every} images, of "
            "which one could be held out. Add images or a test split."
        )
    left, out = (
        _rows(images, np.flatnonzero(rows), split=f"{images.split}, {part} in {every}")
        for rows, part in ((~taken, every - 1), (taken, 1))
    )
    return left, out


def some(images: ImageSet, count: int, *, seed: int = 0) -> ImageSet:
    """Returns part of a set: the first images, or some of each class if it is ordered.

    The first images of a set that comes class by class, or in the order of file names,
    are alike. From such a set images are drawn at random, as nearly as possible the
    same number from every class. They keep the order of the set.

    Args:
        images: The set.
        count: Number of images, from 1 to the size of the set.
        seed: Seed of the selection.

    Raises:
        DataError: The set is smaller.
    """
    if not 0 < count <= len(images):
        raise DataError(
            f"count={count} must be 1 to {len(images)}: {images.name} has no more."
        )
    if count == len(images):
        return images
    if not comes_ordered(images):
        return _rows(images, np.arange(count), name=f"{images.name}, first {count:,}")
    place = _place_in_class(images.labels, np.random.default_rng(seed))
    rows = np.sort(np.lexsort((images.labels, place))[:count])
    return _rows(images, rows, name=f"{images.name}, {count:,} of all classes")


def comes_ordered(images: ImageSet) -> bool:
    """Returns whether the first images of a set may differ in kind from the others.

    They do in a folder. In random order, adjacent labels differ as often as any two; in
    a set that comes class by class, or nearly so, less than half as often.
    """
    if images.ordered:
        return True
    fractions = np.bincount(images.labels) / len(images)
    expected = (1.0 - np.sum(fractions**2)) * (len(images) - 1)
    return bool(np.count_nonzero(np.diff(images.labels)) < expected / 2)


def every_nth(labels: np.ndarray, every: int) -> np.ndarray:
    """Marks the n-th, 2n-th, ... label of each class, bool [N]."""
    return _place_in_class(labels) % every == every - 1


def _place_in_class(
    labels: np.ndarray, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Numbers the images of each class from 0, in order or shuffled, int [N]."""
    place = np.zeros(len(labels), int)
    for label in np.unique(labels):
        mine = labels == label
        count = np.count_nonzero(mine)
        place[mine] = np.arange(count) if rng is None else rng.permutation(count)
    return place


def _rows(images: ImageSet, rows: np.ndarray, **changes: Any) -> ImageSet:
    return dataclasses.replace(
        images,
        images=mapped.rows(images.images, rows),
        labels=images.labels[rows],
        **changes,
    )
