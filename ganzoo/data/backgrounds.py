"""Backgrounds behind objects."""

import math

import numpy as np
from keras import KerasTensor, ops

from ganzoo.boxes import cells_along

BACKGROUNDS = ("cells", "plain", "patterns")


def background(kind: str, size: int, objects: int, drawn: KerasTensor) -> KerasTensor:
    """Draws backgrounds, gray values from 0 to 255, float32 [count, size, size, 1].

    Args:
        kind: "cells", the smallest square grid of cells that holds the objects, gray in
            black frames; "plain", black; or "patterns", two gratings of random
            direction, width and phase over all of the image.
        size: Height and width, in pixels.
        objects: Number of objects per image.
        drawn: Random numbers in [0, 1), [count, 2, 3]; only "patterns" uses them.
    """
    if kind == "patterns":
        return _gratings(drawn, size)
    image = np.zeros([size, size], np.float32)
    if kind == "cells":
        length, frame = size / cells_along(objects), -(-size // 64)
        within = np.arange(size) % length
        inside = (within >= frame) & (within < length - frame)
        image[np.ix_(inside, inside)] = 128.0
    return ops.tile(image[None, :, :, None], [drawn.shape[0], 1, 1, 1])


def _gratings(drawn: KerasTensor, size: int) -> KerasTensor:
    """Sums two gratings: direction, waves per edge, phase; gray values 20 to 140."""
    angle, waves, phase = ops.unstack(drawn, axis=2)
    waves = 2.0 + 6.0 * waves
    places = (np.arange(size, dtype=np.float32) + 0.5) / size
    down = (waves * ops.sin(math.pi * angle))[..., None, None] * places[:, None]
    right = (waves * ops.cos(math.pi * angle))[..., None, None] * places
    wave = ops.sin(2.0 * math.pi * (down + right + phase[..., None, None]))
    return 80.0 + 30.0 * ops.sum(wave, axis=1)[..., None]
