"""Digits drawn with a pen: lines and arcs with a round nib, in many variants.

House numbers are often of wrought iron, enameled, or in plain lettering that no text
font has: a 1 without a foot, an open 4, a straight 6, a 3 with a flat top, a 2 that
starts with a ball. The pens are a fixed random collection.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ganzoo.data.house_numbers.fonts import DIGITS, HEIGHT, SIDE, Faces

PENS = 64
NIB = 0.065  # radius of a plain pen's nib, in heights of the digit
_SEED = 10  # seed of the collection
# Polylines [points, 2] of a digit, and the points that get a ball.
_Strokes = tuple[list[np.ndarray], list[np.ndarray]]


def pen_faces(each: Callable = map) -> Faces:
    """Returns all pens as faces; `each` is `map`, or the method of an executor."""
    fields, widths = zip(*each(_face, range(PENS)), strict=True)
    names = tuple(f"pen {number}" for number in range(PENS))
    return Faces(np.stack(fields), np.stack(widths), names, PENS)


def _face(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the fields [10, SIDE, SIDE] and widths [10] of one pen."""
    pen = _Pen(np.random.default_rng((_SEED, number)))
    fields, widths = [], []
    for digit in range(len(DIGITS)):
        # The center of the nib stays inside the digit's height by the nib's radius.
        lines, balls = getattr(pen, f"digit_{digit}")()
        lines = [line * (1 - 2 * NIB) for line in lines]
        balls = [ball * (1 - 2 * NIB) for ball in balls]
        xs = np.concatenate([line[:, 0] for line in lines])
        middle = (xs.min() + xs.max()) / 2
        field = np.max([_field(line - [middle, 0], pen) for line in lines], axis=0)
        for ball in balls:
            dot = np.stack([ball, ball]) - [middle, 0]
            field = np.maximum(field, pen.ball - _distances(dot)[0][:, 0])
        fields.append(field.reshape(SIDE, SIDE))
        widths.append(xs.max() - xs.min() + 2 * NIB)
    return np.stack(fields).astype(np.float32), np.array(widths, np.float32)


def _field(line: np.ndarray, pen: "_Pen") -> np.ndarray:
    """Returns the distance of every point to a stroke's outline, positive inside."""
    steps = np.diff(line, axis=0)
    upright = np.abs(steps[:, 1]) / np.maximum(np.hypot(*steps.T), 1e-9)
    nib = pen.thin + (pen.thick - pen.thin) * upright
    # At a corner use the mean of both sides, so that the outline has no steps.
    ends = np.concatenate([nib[:1], (nib[1:] + nib[:-1]) / 2, nib[-1:]])
    distance, along = _distances(line)
    return (ends[:-1] + along * (ends[1:] - ends[:-1]) - distance).max(1)


def _distances(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns for every point and segment the distance and the nearest place on it."""
    places = (np.arange(SIDE) - (SIDE - 1) / 2) / HEIGHT
    x, y = (grid.ravel()[:, None] for grid in np.meshgrid(places, places))
    starts, steps = line[:-1], np.diff(line, axis=0)
    along = (x - starts[:, 0]) * steps[:, 0] + (y - starts[:, 1]) * steps[:, 1]
    along = np.clip(along / np.maximum((steps**2).sum(1), 1e-9), 0, 1)
    dx = x - starts[:, 0] - along * steps[:, 0]
    dy = y - starts[:, 1] - along * steps[:, 1]
    return np.hypot(dx, dy), along


def _bow(start: ArrayLike, control: ArrayLike, end: ArrayLike) -> np.ndarray:
    """Returns 7 points of a quadratic Bezier curve, [7, 2]."""
    t = np.linspace(0, 1, 7)[:, None]
    first, second, last = (np.array(point) for point in (start, control, end))
    return (1 - t) ** 2 * first + 2 * t * (1 - t) * second + t**2 * last


class _Pen:
    """One handwriting: its proportions, and the form that it gives to each digit.

    Coordinates are x to the right and y downwards, from -0.5 to 0.5 of the height.
    Angles run clockwise from the right: -90 is the top.
    """

    def __init__(self, rng: np.random.Generator):
        self.half = rng.uniform(0.2, 0.34)  # half the width
        self.square = rng.uniform(2, 3.5)  # 2: ellipses; above: rounded rectangles
        self.waist = rng.uniform(-0.08, 0.03)  # where 3 and 8 are narrow
        self.open = rng.uniform(0, 35)  # degrees by which arcs end early
        self.bowl = rng.uniform(0.24, 0.32)  # half the height of the 5's, 6's, 9's
        self.forms = rng.random(10)
        # Most pens have a broad nib: thick vertical strokes, thin horizontal ones.
        broad = rng.random() < 0.6
        self.thin = rng.uniform(0.025, 0.05) if broad else NIB
        self.thick = rng.uniform(0.07, 0.11) if broad else NIB
        self.ball = rng.uniform(0.08, 0.12) if broad and rng.random() < 0.7 else 0
        self.serifs = rng.random() < (0.5 if broad else 0.1)

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float
    ) -> np.ndarray:
        """Returns points of an arc of a superellipse about (x, y), [points, 2].

        `rx` and `ry` are half the width and the height; angles are in degrees.
        """
        angle = np.radians(np.linspace(start, end, 2 + int(abs(end - start) / 18)))
        sides = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        bent = np.sign(sides) * np.abs(sides) ** (2 / self.square)
        return np.array([x, y]) + np.array([rx, ry]) * bent

    def ended(self, lines: list[np.ndarray], *balls: np.ndarray) -> _Strokes:
        """Adds balls at the given points if this pen makes any."""
        return lines, list(balls) if self.ball else []

    def digit_0(self) -> _Strokes:
        return [self.arc(0, 0, self.half, 0.5, 0, 360)], []

    def digit_1(self) -> _Strokes:
        form, bar = self.forms[1], np.array([[0, -0.5], [0, 0.5]])
        reach = -0.5 * self.half - 0.1 * form
        flag = np.array([[0, -0.5], [reach, -0.5 + 0.3 * form + 0.1]])
        foot = np.array([[-0.6 * self.half, 0.5], [0.6 * self.half, 0.5]])
        parts = 3 if self.serifs or form > 0.75 else 1 if form < 0.25 else 2
        return [bar, flag, foot][:parts], []

    def digit_2(self) -> _Strokes:
        a, top, form = self.half, 0.5 * self.half + 0.13, self.forms[2]
        # Before a ball the arc continues past the horizontal, down and inwards.
        start = -180 + (-0.4 if self.ball else 1) * self.open
        over = self.arc(0, top - 0.5, a, top, start, 20)
        middle = [0.75 * a - 0.6 * a * form, 0.22 - 0.1 * form]
        neck = _bow(over[-1], middle, [-a, 0.5])
        lines = [np.concatenate([over, neck, [[a, 0.5]]])]
        if self.serifs:
            lines.append(np.array([[a, 0.5], [1.05 * a, 0.37]]))
        return self.ended(lines, over[0])

    def digit_3(self) -> _Strokes:
        a, waist = self.half, self.waist
        upper, lower = (0.5 + waist) / 2, (0.5 - waist) / 2
        below = self.arc(-0.03, waist + lower, a, lower, -90, 180 - self.open)
        tongue = np.array([[-0.4 * a, waist], [0, waist]])
        if self.forms[3] < 0.5:  # a flat top
            above = np.array([[-a, -0.5], [0.9 * a, -0.5], [-0.1 * a, waist]])
            lines = [above, below]
            if self.serifs:
                lines.append(np.array([[-a, -0.5], [-a, -0.35]]))
            return self.ended(lines, below[-1])
        above = self.arc(-0.03, upper - 0.5, 0.9 * a, upper, -180 + self.open, 90)
        return self.ended([above, below, tongue], above[0], below[-1])

    def digit_4(self) -> _Strokes:
        a, bar = 1.1 * self.half, 0.12 + 0.14 * self.forms[4]
        stem = 0.45 * a
        lines = [np.array([[stem, -0.5], [stem, 0.5]])]
        if self.forms[4] < 0.2:  # open
            lines = [np.array([[stem, -0.3], [stem, 0.5]])]
            lines.append(np.array([[-0.8 * a, -0.5], [-a, bar], [a, bar]]))
        else:
            lines.append(np.array([[stem, -0.5], [-a, bar], [a, bar]]))
        if self.serifs:
            lines.append(np.array([[0, 0.5], [0.9 * a, 0.5]]))
        return lines, []

    def digit_5(self) -> _Strokes:
        a, r = self.half, self.bowl
        bowl = self.arc(-0.03, 0.5 - r, a, r, -145 + 0.3 * self.open, 150 - self.open)
        roof = np.array([[0.85 * a, -0.5], [-0.75 * a, -0.5], bowl[0]])
        return self.ended([roof, bowl], bowl[-1])

    def digit_6(self) -> _Strokes:
        a, r = self.half, self.bowl
        bowl = self.arc(0, 0.5 - r, a, r, 0, 360)
        if self.forms[6] < 0.3:  # straight
            stem = _bow([0.5 * a, -0.5], [-0.75 * a, -0.15], [-a, 0.5 - r])
            return [bowl, stem], []
        stem = self.arc(0, 0.5 - r, a, 1 - r, -180, -90)
        hook = self.arc(0, -0.5 + r, 0.9 * a, r, -90, -20 - self.open)
        return self.ended([bowl, np.concatenate([stem, hook])], hook[-1])

    def digit_7(self) -> _Strokes:
        a, form = self.half, self.forms[7]
        middle = [0.275 * a - 0.5 * a * form, 0]
        stem = _bow([a, -0.5], middle, [-0.45 * a, 0.5])
        lines = [np.concatenate([[[-a, -0.5]], stem])]
        if form > 0.8:
            lines.append(np.array([[-0.5 * a, 0.05], [0.6 * a, 0.05]]))
        if self.serifs or self.forms[0] < 0.2:
            lines.append(np.array([[-a, -0.5], [-a, -0.35]]))
        return lines, []

    def digit_8(self) -> _Strokes:
        a, waist = self.half, self.waist
        upper, lower = (0.5 + waist) / 2, (0.5 - waist) / 2
        narrower = (0.8 + 0.15 * self.forms[8]) * a
        above = self.arc(0, upper - 0.5, narrower, upper, 0, 360)
        return [above, self.arc(0, 0.5 - lower, a, lower, 0, 360)], []

    def digit_9(self) -> _Strokes:
        lines, balls = self.digit_6()
        return [-line for line in lines], [-ball for ball in balls]
