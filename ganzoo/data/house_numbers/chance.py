"""Values drawn from a style's ranges, one an image."""

import numpy as np

from ganzoo.data.house_numbers.style import Range


def evenly(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Uniform numbers, [n]."""
    return rng.uniform(*bounds, count)


def mostly_middle(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Means of two uniform numbers, [n]: the ends of the range are rare."""
    return rng.uniform(*bounds, (2, count)).mean(0)


def mostly_low(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Numbers [n] whose places in the range are squares of uniform ones."""
    low, high = bounds
    return low + (high - low) * rng.random(count) ** 2


def column(values: np.ndarray) -> np.ndarray:
    """One value an image, [n], as float32 [n, 1, 1]."""
    return np.asarray(values, np.float32)[:, None, None]
