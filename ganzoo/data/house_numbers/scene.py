"""Geometry of house numbers: where the digits lie, as a field of distances."""

import dataclasses

import numpy as np

from ganzoo.data.house_numbers.chance import column, evenly, mostly_middle
from ganzoo.data.house_numbers.fonts import HEIGHT, SIDE, Faces
from ganzoo.data.house_numbers.style import Range, Style

SIZE = 32  # height and width of an image, in pixels
# Pixel centers relative to the image center, as fractions of the image.
PIXELS = ((np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE) - np.float32(0.5)
_SLOTS = np.arange(-2, 3)  # positions of visible digits relative to the label's
_LABEL_SLOT = 2
_FAR = np.float32(-9)


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """The geometry of n images, float32 arrays [n, 32, 32] or [n, 1, 1]."""

    # Distance to the outline of the nearest digit in pixels, positive inside
    distance: np.ndarray
    # Coordinate along the number, from the center of the label's digit to the right, in
    # heights of the digit
    x: np.ndarray
    y: np.ndarray  # coordinate downwards from the same center, in heights of the digit
    left: np.ndarray  # the x at which the number starts
    right: np.ndarray  # the x at which it ends
    height: np.ndarray  # height of the digit, in pixels


@dataclasses.dataclass(frozen=True, eq=False)
class _Row:
    """The digits of n numbers, each [n, 5]; lengths in heights of a digit."""

    digits: np.ndarray  # the digits
    widths: np.ndarray  # their widths
    centers: np.ndarray  # their centers along the number
    shifts: np.ndarray  # their shifts downwards
    there: np.ndarray  # which of them exist


def lay_out(
    rng: np.random.Generator, labels: np.ndarray, style: Style, faces: Faces
) -> Scene:
    """Lays out an image for each label, int [n], 0 to 9."""
    count = len(labels)
    height = column(evenly(rng, style.height, count))
    x, y = _coordinates(rng, count, style, height)
    face = _choose(rng, count, style, faces)
    row = _row(rng, labels, style, faces.widths[face])
    face = face[:, None, None]
    distance = _sample(faces, face, labels[:, None, None], x, y)
    np.maximum(distance, _neighbors(faces, face, row, x, y), out=distance)
    height *= SIZE
    distance *= height
    begins = np.where(row.there, row.centers - row.widths / 2, 9).min(1)
    ends = np.where(row.there, row.centers + row.widths / 2, -9).max(1)
    return Scene(distance, x, y, column(begins), column(ends), height)


def _coordinates(
    rng: np.random.Generator, count: int, style: Style, height: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns every pixel's x and y: maps the image back to the upright digit."""

    def drawn(bounds: Range) -> np.ndarray:
        return column(mostly_middle(rng, bounds, count))

    across = (PIXELS - drawn(style.position)) / height
    down = (PIXELS[:, None] - drawn(style.position)) / height
    angle = np.radians(drawn(style.rotation))
    x = across * np.cos(angle) - down * np.sin(angle)
    y = across * np.sin(angle) + down * np.cos(angle)
    nearer = 1 + drawn(style.perspective) * x + drawn(style.perspective) * y
    np.maximum(nearer, 0.2, out=nearer)
    x /= nearer
    y /= nearer
    x += drawn(style.shear) * y
    x /= drawn(style.width)
    bend = drawn(style.wobble)
    waves = 2 * np.pi * rng.uniform(0.3, 1.2, (2, count))
    phases = 2 * np.pi * rng.random((2, count))
    bent = x + bend * np.sin(column(waves[0]) * y + column(phases[0]))
    y += bend * np.sin(column(waves[1]) * x + column(phases[1]))
    return bent, y


def _choose(
    rng: np.random.Generator, count: int, style: Style, faces: Faces
) -> np.ndarray:
    """Draws the index of a face for each image, int [n]."""
    fonts = len(faces) - faces.pens
    pen, font, by_pen = rng.random((3, count))
    pens = fonts + (pen * faces.pens).astype(int)
    return np.where(by_pen < style.pens, pens, (font * fonts).astype(int))


def _row(
    rng: np.random.Generator, labels: np.ndarray, style: Style, widths: np.ndarray
) -> _Row:
    """Puts the label's digit among others; `widths` are those of each face, [n, 10]."""
    count = len(labels)
    shape = (count, len(_SLOTS))
    digits = rng.integers(0, 10, shape)
    digits[:, _LABEL_SLOT] = labels
    widths = np.take_along_axis(widths, digits, 1)
    gaps = rng.uniform(*style.gap, (count, 1))
    shifts = rng.uniform(*style.baseline, shape) * rng.choice([-1, 1], shape)
    shifts[:, _LABEL_SLOT] = 0
    length = rng.integers(style.digits[0], style.digits[1], count, endpoint=True)
    before = (rng.random(count) * length).astype(int)
    first, last = -before[:, None], (length - before - 1)[:, None]
    there = (first <= _SLOTS) & (last >= _SLOTS)
    centers = np.zeros(shape, np.float32)
    centers[:, 1:] = ((widths[:, 1:] + widths[:, :-1]) / 2 + gaps).cumsum(1)
    centers -= centers[:, _LABEL_SLOT, None]
    return _Row(digits, widths, centers, shifts.astype(np.float32), there)


def _neighbors(
    faces: Faces, face: np.ndarray, row: _Row, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Returns the distance to the neighbor in a pixel's slot; far if there is none."""
    bounds = (row.centers[:, 1:] + row.centers[:, :-1]) / 2
    slot = (
        np.where(x < 0, 1, 3) + (x > column(bounds[:, 3])) - (x < column(bounds[:, 0]))
    )
    slot += len(_SLOTS) * np.arange(len(x))[:, None, None]
    x = x - row.centers.ravel().take(slot)
    y = y - row.shifts.ravel().take(slot)
    distance = _sample(faces, face, row.digits.ravel().take(slot), x, y)
    distance[~row.there.ravel().take(slot)] = _FAR
    return distance


def _sample(
    faces: Faces, face: np.ndarray, digit: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Samples the digits' fields bilinearly; outside, the border is repeated."""

    def place(coordinate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.clip(coordinate * HEIGHT + (SIDE - 1) / 2, 0, SIDE - 1.001)
        whole = at.astype(np.int32)
        return whole, at - whole

    (column_, right), (row, lower) = place(x), place(y)
    base = ((face * 10 + digit).astype(np.int32) * SIDE + row) * SIDE + column_
    flat = faces.fields.ravel()
    top = flat.take(base)
    top += right * (flat.take(base + 1) - top)
    bottom = flat.take(base + SIDE)
    bottom += right * (flat.take(base + (SIDE + 1)) - bottom)
    bottom -= top
    bottom *= lower
    top += bottom
    return top
