"""How sure a measure is: intervals by leaving out parts of the images."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

PARTS = 10
LEVEL = 0.95


def half_width(left_out: Sequence[float]) -> float:
    r"""Returns the half-width of a 95% interval of a measure (grouped jackknife).

    The images are divided at random into g disjoint parts (`divided`), and measured g
    times, without one part each. The standard error of the measure of all is

    .. math:: \sqrt{\frac{g - 1}{g} \sum_i (\theta_{-i} - \bar\theta)^2}

    (Quenouille 1956, Tukey 1958; for parts see Shao & Wu 1989, "A general theory for
    jackknife variance estimation"), and Student's t with g - 1 degrees of freedom gives
    the interval. It is right for means over the images and for what changes smoothly
    with them, as nearly all images are in each measurement. It says how much other
    images of the same generator would differ, against the same real images; not what
    another training would give.

    Args:
        left_out: Measures without one part each, `[g]`, g at least 2.

    Raises:
        ValueError: Fewer than two values.
    """
    values = np.asarray(left_out, np.float64)
    parts = len(values)
    if parts < 2:
        raise ValueError(f"{parts} values have no spread; at least 2 are needed")
    error = np.sqrt((parts - 1) / parts * np.sum((values - values.mean()) ** 2))
    return float(stats.t.ppf((1 + LEVEL) / 2, parts - 1) * error)


def divided(count: int, parts: int = PARTS, seed: int = 0) -> list[np.ndarray]:
    """Returns the numbers 0 to `count` - 1 in disjoint, random parts, sorted.

    Args:
        count: How many numbers, at least 2 per part.
        parts: Number of parts, at least 2.
        seed: Seed of the division; any integer.

    Raises:
        ValueError: Too few of one of them.
    """
    if parts < 2 or count < 2 * parts:
        raise ValueError(
            f"{count} images cannot be divided into parts={parts} of at least 2; there "
            "must be more images, or fewer parts (at least 2)"
        )
    order = np.random.default_rng(int(seed) % 2**64).permutation(count)
    return [np.sort(part) for part in np.array_split(order, parts)]
