"""Euclidean distances of samples, a block at a time."""

from collections.abc import Iterator

import numpy as np

# Of the squared norms: what rounding can make of a distance, times a hundred or so.
_ROUNDING = 1e-12
_PAIRS = 2**21  # of a block, so that its distances take 16 MiB
_ROWS = 2048  # of a block at most: of 3,072 numbers each, they take 48 MiB


def checked(features: np.ndarray, name: str, least: int) -> np.ndarray:
    """The features `[n, d]`, or a ValueError saying what is wrong with them."""
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
    """Both sets as `checked`, of the same dimension."""
    features = checked(features, "features", least)
    reference = checked(reference, "reference", least)
    if features.shape[1] != reference.shape[1]:
        raise ValueError(
            f"features of {features.shape[1]} dimensions cannot be compared with a "
            f"reference of {reference.shape[1]}; use the same extractor for both"
        )
    return features, reference


def blocks(count: int, others: int) -> Iterator[slice]:
    """Slices of `count` rows, few enough that all pairs with `others` fit in memory."""
    size = min(_ROWS, max(1, _PAIRS // others))
    for start in range(0, count, size):
        yield slice(start, start + size)


def squared_distances(
    first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances of all pairs, and how far rounding may have moved them.

    Whole numbers of at most 16 bits, as pixels are, come out exact.

    Args:
        first: `[n, d]`.
        second: `[m, d]`. That the origin is among the samples, not far away, keeps the
            rounding small.

    Returns:
        Two arrays float64 `[n, m]`. A distance that is zero within rounding is zero.
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    norms = np.einsum("nd,nd->n", first, first)[:, None]
    norms = norms + np.einsum("md,md->m", second, second)
    squared = norms - 2 * (first @ second.T)
    rounding = _ROUNDING * norms
    squared[squared <= rounding] = 0.0
    return squared, rounding
