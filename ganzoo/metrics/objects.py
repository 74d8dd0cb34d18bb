"""Metrics of objects in boxes: their content, their diversity, and what is outside.

Digits are bright: their strokes come up to a gray value of 255, while no background of
`ganzoo.data.backgrounds` goes beyond 140. So pixels brighter than 192 are called ink.
"""

import dataclasses

import numpy as np

from ganzoo import boxes as bounding
from ganzoo.metrics.features import Extractor

INK = 192
_BATCH = 250  # images per batch
_TRIES = 100  # positions tried for a window that meets no box
_SURE = 0.9  # probability above which the classifier recognizes a digit


def cut_out(images: np.ndarray, boxes: np.ndarray, size: int) -> np.ndarray:
    """Crops the contents of boxes, uint8 [n * objects, size, size, c], image by image.

    Args:
        images: uint8 [n, height, width, c].
        boxes: [n, objects, 4]; see `ganzoo.boxes`.
        size: Edge length of the crops, in pixels.
    """
    parts = []
    for start in range(0, len(images), _BATCH):
        part = slice(start, start + _BATCH)
        pixels = images[part].astype(np.float32)
        taken = bounding.crop(pixels, boxes[part].astype(np.float32), size)
        parts.append(np.rint(np.asarray(taken)).astype(np.uint8))
    taken = np.concatenate(parts)
    return taken.reshape(-1, *taken.shape[2:])


def spread_within(features: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean variance of the features per label, summed over features.

    A generator that always draws the same digit for a label has a spread of 0. Compare
    the spread with that of real objects with the same labels.

    Args:
        features: Features of the objects, [n, d].
        labels: Labels of the objects, whole numbers [n].

    Returns:
        Mean over the labels of the trace of the covariance, divided by the count (not
        by the count minus one).

    Raises:
        ValueError: There are no features, or the number of labels differs.
    """
    features, labels = np.asarray(features, np.float64), np.asarray(labels)
    if features.ndim != 2 or labels.shape != features.shape[:1] or not len(labels):
        raise ValueError(
            f"features must have shape (n, d) and labels (n,), n at least 1, got "
            f"{features.shape} and {labels.shape}"
        )
    traces = [features[labels == k].var(axis=0).sum() for k in np.unique(labels)]
    return float(np.mean(traces))


def ink(images: np.ndarray) -> np.ndarray:
    """Returns the fraction of each image's pixels that are ink, float64 [n]."""
    return (images > INK).mean(axis=tuple(range(1, images.ndim)))


def ink_outside(images: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Returns the number of each image's ink pixels that no box touches, int [n].

    Args:
        images: uint8 [n, height, width, 1].
        boxes: [n, objects, 4], possibly with 0 objects.
    """
    height, width = images.shape[1:3]
    low, high = boxes[..., :2], boxes[..., 2:]
    rows = _touched(low[..., 0], high[..., 0], height)
    columns = _touched(low[..., 1], high[..., 1], width)
    covered = np.einsum("noy,nox->nyx", rows, columns, dtype=np.int64) > 0
    return np.count_nonzero((images[..., 0] > INK) & ~covered, axis=(1, 2))


def _touched(lower: np.ndarray, upper: np.ndarray, pixels: int) -> np.ndarray:
    """Returns which pixels the edges enclose or cross, bool [n, objects, pixels].

    The margin keeps a box such as 3/7 from touching another pixel by float32 rounding.
    """
    pixel = np.arange(pixels)
    lower, upper = (
        np.asarray(e, np.float64)[..., None] * pixels for e in (lower, upper)
    )
    return (pixel + 1 > lower + 1e-3) & (pixel < upper - 1e-3)


def free_windows(
    boxes: np.ndarray, side: float, count: int = 8, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draws square windows that meet no box.

    Args:
        boxes: [n, objects, 4], possibly with 0 objects.
        side: Edge length of a window, as a fraction of the image's edge, in (0, 1].
        count: Number of windows per image.
        seed: Seed of the windows' positions.

    Returns:
        Windows float32 [n, count, 4], and which of them are free, bool [n, count]: an
        image may have no room for any.

    Raises:
        ValueError: `side` is out of range.
    """
    if not 0 < side <= 1:
        raise ValueError(f"side={side} must be in (0, 1]")
    shape = (len(boxes), count, _TRIES, 2)
    corners = np.random.default_rng(seed).uniform(0.0, 1.0 - side, shape)
    low, high = corners[:, :, :, None], corners[:, :, :, None] + side
    own = np.asarray(boxes, np.float64)[:, None, None]
    apart = (low >= own[..., 2:]) | (high <= own[..., :2])
    free = np.all(np.any(apart, axis=-1), axis=-1)
    first = free.argmax(axis=2)[..., None, None]
    corner = np.take_along_axis(corners, first, axis=2)[:, :, 0]
    windows = np.concatenate([corner, corner + side], axis=-1)
    return windows.astype(np.float32), np.any(free, axis=2)


@dataclasses.dataclass(frozen=True)
class Outside:
    """Content outside of the boxes.

    Attributes:
        digits: Fraction of images with a digit in a free window, among the images with
            a free window; None if there are none. A digit has as much ink as real
            digits, and the classifier gives a class a probability over 0.9.
        ink: Mean number of ink pixels outside of all boxes, per image.
        count: Number of images.
        with_room: Number of images with a free window.
    """

    digits: float | None
    ink: float
    count: int
    with_room: int


def look_outside(
    images: np.ndarray,
    boxes: np.ndarray,
    extractor: Extractor,
    *,
    side: float,
    least_ink: float,
    seed: int = 0,
) -> Outside:
    """Looks for digits where none should be.

    Args:
        images: uint8 [n, height, width, 1].
        boxes: [n, objects, 4]; their contents are not examined.
        extractor: Classifier of digits.
        side: Edge length of the examined windows, as a fraction of the image's edge.
        least_ink: Fraction of a window's pixels that must be ink; see `ink`.
        seed: Seed of the windows' positions.
    """
    windows, free = free_windows(boxes, side, seed=seed)
    crops = cut_out(images, windows, extractor.image_shape[0])
    inked = (ink(crops) >= least_ink).reshape(free.shape) & free
    shown = np.zeros_like(inked)
    if inked.any():
        seen = extractor.extract(crops[inked.ravel()])
        shown[inked] = seen.probabilities.max(axis=1) > _SURE
    room = free.any(axis=1)
    return Outside(
        digits=float(shown.any(axis=1)[room].mean()) if room.any() else None,
        ink=float(ink_outside(images, boxes).mean()),
        count=len(images),
        with_room=int(room.sum()),
    )
