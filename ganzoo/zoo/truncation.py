"""The truncation trick: fewer unusual images, at the price of variety."""

import math

import numpy as np


def check(threshold: float | None) -> None:
    """Refuses a threshold that is not above 0; None leaves the noise as it is."""
    if threshold is not None and not (threshold > 0 and math.isfinite(threshold)):
        raise ValueError(
            f"truncation={threshold} must be above 0: the largest noise value, such as "
            "2 (hardly any effect) or 0.5 (images near the average)."
        )


def truncated(noise: np.ndarray, threshold: float) -> np.ndarray:
    """Returns normal noise whose values are all between -threshold and threshold.

    Brock et al. 2018, "Large scale GAN training for high fidelity natural image
    synthesis", section 3.1, draw a value again until it is not beyond the threshold.
    That gives the normal distribution, cut off on both sides. The same distribution
    comes from one value, without a loop: z becomes F^-1(F(z)), where F is the
    distribution function of the normal distribution and then that of the cut one. The
    map is monotone, so each image keeps its place: the same noise gives the same image,
    less extreme.

    Args:
        noise: Standard normal numbers, float of any shape.
        threshold: Largest absolute value, above 0.

    Returns:
        An array of the shape and dtype of `noise`.

    Raises:
        ValueError: The threshold is not above 0.
    """
    from scipy import special  # here, as it takes time to import

    check(threshold)
    noise = np.asarray(noise)
    # By the lower tail, where floating-point numbers are exact, for both signs.
    tail = special.ndtr(-np.abs(noise.astype(np.float64)))
    cut = special.ndtr(-threshold)
    values = -special.ndtri(cut + tail * (1.0 - 2.0 * cut))
    values = np.copysign(np.clip(values, 0.0, threshold), noise)
    return values.astype(noise.dtype)
