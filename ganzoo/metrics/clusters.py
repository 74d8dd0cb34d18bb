"""Agreement of unlabeled clusters with classes, and effects of codes on digits."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def confusion(
    clusters: np.ndarray, labels: np.ndarray, num_clusters: int, num_classes: int
) -> np.ndarray:
    """Counts the examples by cluster and class: int64 `[num_clusters, num_classes]`.

    Args:
        clusters: Clusters of the examples, `[n]`, in 0 to num_clusters - 1.
        labels: Classes of the examples, `[n]`, in 0 to num_classes - 1.
        num_clusters: Number of clusters, the rows of the result.
        num_classes: Number of classes, the columns of the result.

    Raises:
        ValueError: No examples, unequal lengths, or a number out of range.
    """
    clusters, labels = np.asarray(clusters), np.asarray(labels)
    if clusters.shape != labels.shape or clusters.ndim != 1 or len(labels) == 0:
        raise ValueError(
            f"clusters of shape {clusters.shape} and labels of shape {labels.shape} "
            "must be two lists of the same length, at least 1."
        )
    for name, numbers, count in (
        ("clusters", clusters, num_clusters),
        ("labels", labels, num_classes),
    ):
        if numbers.min() < 0 or numbers.max() >= count:
            raise ValueError(
                f"{name} run from {numbers.min()} to {numbers.max()}, beyond 0 to "
                f"{count - 1}."
            )
    table = np.zeros((num_clusters, num_classes), np.int64)
    np.add.at(table, (clusters, labels), 1)
    return table


def purity(table: np.ndarray) -> float:
    """Returns the fraction of examples in the most frequent class of their cluster.

    Source: Manning et al. 2008, "Introduction to Information Retrieval", section 16.3.

    Args:
        table: From `confusion`.
    """
    return float(table.max(axis=1).sum() / table.sum())


def matched_accuracy(table: np.ndarray) -> float:
    """Returns the accuracy when each cluster stands for a different class.

    It uses the best matching. Unlike purity it penalizes two clusters of one class.

    Args:
        table: From `confusion`.
    """
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def slants(images: np.ndarray) -> np.ndarray:
    """Measures the slant of digits: columns to the right per row up.

    Args:
        images: uint8 `[n, height, width, 1]`, light on dark.

    Returns:
        float64 `[n]`: 0 for an upright stroke, 1 for one that leans by 45 degrees to
        the right; NaN for an image without ink or without height.
    """
    ink, rows, columns = _moments_of(images)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = _central(ink, rows, columns)
        return -covariance / _central(ink, rows, rows)


def widths(images: np.ndarray) -> np.ndarray:
    """Measures the width of digits, independent of their slant.

    Args:
        images: uint8 `[n, height, width, 1]`, light on dark.

    Returns:
        float64 `[n]`: standard deviation of the ink, in columns, about its slanted
        axis; NaN as in `slants`.
    """
    ink, rows, columns = _moments_of(images)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = _central(ink, rows, columns)
        explained = covariance**2 / _central(ink, rows, rows)
        return np.sqrt(np.maximum(_central(ink, columns, columns) - explained, 0.0))


def _moments_of(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the ink fraction of each pixel and its centered place, all [n, h, w]."""
    ink = images[..., 0].astype(np.float64)
    with np.errstate(invalid="ignore"):
        ink = ink / ink.sum(axis=(1, 2), keepdims=True)
    rows, columns = np.indices(ink.shape[1:], dtype=np.float64)
    rows, columns = (
        place - (ink * place).sum(axis=(1, 2))[:, None, None]
        for place in (rows, columns)
    )
    return ink, rows, columns


def _central(ink: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (ink * first * second).sum(axis=(1, 2))
