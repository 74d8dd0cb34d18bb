"""Random values from a style's ranges, one per image."""

import numpy as np

from ganzoo.data.house_numbers.style import Range


def evenly(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Draws uniform numbers, [n]."""
    return rng.uniform(*bounds, count)


def mostly_middle(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Draws means of two uniform numbers, [n]: the ends of the range are rare."""
    return rng.uniform(*bounds, (2, count)).mean(0)


def mostly_low(rng: np.random.Generator, bounds: Range, count: int) -> np.ndarray:
    """Draws numbers [n] whose places in the range are squares of uniform numbers."""
    low, high = bounds
    return low + (high - low) * rng.random(count) ** 2


def column(values: np.ndarray) -> np.ndarray:
    """Reshapes one value per image, [n], to float32 [n, 1, 1]."""
    return np.asarray(values, np.float32)[:, None, None]
