"""Sets made of sets: two joined, some images held out, some images of many."""

import dataclasses

import numpy as np

from ganzoo.data.images import DataError, ImageSet


def join(first: ImageSet, second: ImageSet) -> ImageSet:
    """Puts two splits of a data set together, the images of the first one first.

    Args:
        first: such as the training images.
        second: such as the test images.

    Returns:
        A set with the name of the first and the splits of both, as "train+test".

    Raises:
        DataError: the two have other classes, or images of another shape.
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
        images=np.concatenate([first.images, second.images]),
        labels=np.concatenate([first.labels, second.labels]),
        split=f"{first.split}+{second.split}",
        note=" ".join(filter(None, (first.note, second.note))),
        ordered=first.ordered or second.ordered,
    )


def hold_out(images: ImageSet, every: int = 10) -> tuple[ImageSet, ImageSet]:
    """Takes every so many-th image of each class out, to test on.

    Args:
        images: such as those of a set without test images.
        every: 10 takes the tenth image of each class, the twentieth, and so on.

    Returns:
        The images that are left, and those that were taken out.

    Raises:
        DataError: no class has so many images.
    """
    taken = every_nth(images.labels, every)
    if not taken.any():
        raise DataError(
            f"{images.name} has no test images, and no class of {every} images, of "
            "which one could be held out."
        )
    left, out = (
        _rows(images, np.flatnonzero(rows), split=f"{images.split}, {part} in {every}")
        for rows, part in ((~taken, every - 1), (taken, 1))
    )
    return left, out


def some(images: ImageSet, count: int, *, seed: int = 0) -> ImageSet:
    """Returns part of a set: the first images, or of an ordered set some of each class.

    Of a set that comes class by class, or in the order of file names, the first images
    are alike. Of such a set they are drawn at random, the same number of every class as
    far as it goes. They stay in the order of the set.

    Args:
        images: The set.
        count: Number of images, from 1 to the size of the set.
        seed: Seed of what is drawn.

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
    """Whether the first images of a set may be of another kind than the others.

    So they are of a folder. Of labels in random order two neighbors differ as often as
    any two; of a set that comes class by class, or nearly so, less than half as often.
    """
    if images.ordered:
        return True
    shares = np.bincount(images.labels) / len(images)
    expected = (1.0 - np.sum(shares**2)) * (len(images) - 1)
    return np.count_nonzero(np.diff(images.labels)) < expected / 2


def every_nth(labels: np.ndarray, every: int) -> np.ndarray:
    """Returns which labels are the n-th, the 2n-th, ... of their class: bool [N]."""
    return _place_in_class(labels) % every == every - 1


def _place_in_class(
    labels: np.ndarray, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Numbers the images of each class from 0 on, in order or shuffled."""
    place = np.zeros(len(labels), int)
    for label in np.unique(labels):
        mine = labels == label
        count = np.count_nonzero(mine)
        place[mine] = np.arange(count) if rng is None else rng.permutation(count)
    return place


def _rows(images: ImageSet, rows: np.ndarray, **changes) -> ImageSet:
    return dataclasses.replace(
        images, images=images.images[rows], labels=images.labels[rows], **changes
    )
