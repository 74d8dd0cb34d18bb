"""Euclidean distances between samples, one block at a time."""

from collections.abc import Iterator

import numpy as np

# Rounding error of a distance relative to the squared norms, with a margin of about
# 100.
_ROUNDING = 1e-12
_PAIRS = 2**21  # pairs per block, whose distances take 16 MiB
_ROWS = 2048  # most rows per block: with 3,072 numbers each they take 48 MiB


def checked(features: np.ndarray, name: str, least: int) -> np.ndarray:
    """Returns the features `[n, d]`, or raises a ValueError if they are not valid."""
    features = np.asarray(features)
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"{name} must have shape (n, d), got {features.shape}")
    if len(features) < least:
        raise ValueError(
            f"{name}: at least {least} samples are needed, got {len(features)}"
        )
    bad = np.count_nonzero(~np.isfinite(features).all(axis=1))
    if bad:
        raise ValueError(
            f"{name}: {bad} of {len(features)} vectors hold NaN or infinity; look at "
            f"the images they came from"
        )
    return features


def checked_pair(
    features: np.ndarray, reference: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Checks both sets with `checked`, and that their dimensions are equal."""
    features = checked(features, "features", least)
    reference = checked(reference, "reference", least)
    if features.shape[1] != reference.shape[1]:
        raise ValueError(
            f"features of {features.shape[1]} dimensions cannot be compared with a "
            f"reference of {reference.shape[1]}; use the same extractor for both"
        )
    return features, reference


def blocks(count: int, others: int) -> Iterator[slice]:
    """Yields slices of `count` rows, small enough to hold all pairs with `others`."""
    size = min(_ROWS, max(1, _PAIRS // others))
    for start in range(0, count, size):
        yield slice(start, start + size)


def squared_distances(
    first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the squared distances of all pairs, and bounds of their rounding errors.

    Distances between whole numbers of at most 16 bits, such as pixels, are exact. Those
    that are zero up to rounding are zero. Center both sets near the origin to keep
    rounding errors small.
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    norms = np.einsum("nd,nd->n", first, first)[:, None]
    norms = norms + np.einsum("md,md->m", second, second)
    squared = norms - 2 * (first @ second.T)
    rounding = _ROUNDING * norms
    squared[squared <= rounding] = 0.0
    return squared, rounding
