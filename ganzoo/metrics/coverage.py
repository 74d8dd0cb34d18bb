"""Precision and recall, density and coverage: fidelity and diversity separately."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from ganzoo.metrics.distances import blocks, checked_pair, squared_distances


@dataclasses.dataclass(frozen=True)
class Prdc:
    """Overlap of two sets of features, measured by their neighborhoods.

    The neighborhood of a sample is the ball around it that reaches to its k-th nearest
    neighbor in its own set.

    Attributes:
        precision: Fraction of the features that are in the neighborhood of a reference.
        recall: Fraction of the references that are in the neighborhood of a feature.
        density: Mean number of reference neighborhoods that contain a feature, divided
            by k; it may exceed 1.
        coverage: Fraction of the references whose neighborhood contains a feature.
        count: Number of features.
        card: The given card with k as `neighbours`, `count` and the number of reference
            features.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        names = ("precision", "recall", "density", "coverage")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict:
        """Returns the values as JSON types."""
        return dataclasses.asdict(self)


def prdc(
    features: np.ndarray,
    reference: np.ndarray,
    *,
    neighbors: int = 5,
    card: dict | None = None,
    reference_radii: np.ndarray | None = None,
) -> Prdc:
    """Computes precision, recall, density and coverage against a reference.

    Precision and recall are those of Kynkäänniemi et al. 2019, "Improved precision and
    recall metric for assessing generative models" (there k = 3), density and coverage
    those of Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative
    models" (k = 5). They depend on k and on both counts. For two sets of n samples
    from one distribution, expect a density of 1 and a coverage of about 1 - 2^-k.

    A copy of a sample is a neighbor at distance 0, so a sample with k copies has a
    neighborhood of radius 0, which contains only its copies. A sample exactly on the
    edge is outside, as in Naeem's code (it is inside in Kynkäänniemi's). For the same
    set twice the density is therefore 1, like the other three metrics, unless copies
    fill a neighborhood. Samples that are equal up to rounding count as equal.

    Distances are computed one block at a time: 10,000 features against 10,000
    references take some seconds and about 100 MB.

    Args:
        features: Generated features, `[n, d]`, n above k.
        reference: Real features, `[m, d]`, from the same extractor, m above k.
        neighbors: The number k of neighbors, at least 1.
        card: Description of the features, copied into the result's card.
        reference_radii: The `squared_radii` of the reference, if they are known: they
            take a third of the time.

    Raises:
        ValueError: Too few samples, different dimensions, NaN or infinity, or k < 1.
    """
    if neighbors < 1:
        raise ValueError(f"neighbors={neighbors} must be at least 1")
    features, reference = checked_pair(features, reference, neighbors + 1)
    real = reference_radii
    if real is None:
        real = squared_radii(reference, neighbors)
    precise = np.zeros(len(features), bool)
    recalled, covered = (np.zeros(len(reference), bool) for _ in range(2))
    inside = 0  # pairs of a feature and a neighborhood that contains it
    for rows, of_real, of_generated in _inside(features, reference, real, neighbors):
        recalled[rows] = of_generated.any(axis=1)
        covered[rows] = of_real.any(axis=1)
        precise |= of_real.any(axis=0)
        inside += int(np.count_nonzero(of_real))
    return Prdc(
        precision=float(precise.mean()),
        recall=float(recalled.mean()),
        density=float(inside / (neighbors * len(features))),
        coverage=float(covered.mean()),
        count=len(features),
        card={
            **(card or {}),
            "neighbours": neighbors,
            "count": len(features),
            "reference_features": len(reference),
        },
    )


def prdc_without(
    features: np.ndarray,
    reference: np.ndarray,
    parts: Sequence[np.ndarray],
    *,
    neighbors: int = 5,
    reference_radii: np.ndarray | None = None,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Returns the metrics of `prdc`, and those without one part of the features each.

    The neighborhoods of the generated features are those among all of them.

    Args:
        features: Generated features, `[n, d]`.
        reference: Real features, `[m, d]`.
        parts: Numbers of the features of each part, together all of them.
        neighbors: The number k of neighbors.
        reference_radii: As in `prdc`.
    """
    features, reference = checked_pair(features, reference, neighbors + 1)
    real = reference_radii
    if real is None:
        real = squared_radii(reference, neighbors)
    sizes = np.array([len(part) for part in parts])
    starts = np.cumsum(sizes) - sizes
    recalled, covered = (np.zeros((len(reference), len(parts)), bool) for _ in range(2))
    around = np.zeros(len(features), int)  # neighborhoods that contain a feature
    ordered = features[np.concatenate(parts)]
    for rows, of_real, of_generated in _inside(ordered, reference, real, neighbors):
        recalled[rows] = np.logical_or.reduceat(of_generated, starts, axis=1)
        covered[rows] = np.logical_or.reduceat(of_real, starts, axis=1)
        around += np.count_nonzero(of_real, axis=0)
    left = len(features) - sizes
    precise = np.add.reduceat(around > 0, starts, dtype=int)
    inside = np.add.reduceat(around, starts)

    def by_others(found: np.ndarray) -> np.ndarray:
        return (found.sum(axis=1, keepdims=True) > found).mean(axis=0)

    everything = {
        "precision": float(precise.sum() / len(features)),
        "recall": float(recalled.any(axis=1).mean()),
        "density": float(inside.sum() / (neighbors * len(features))),
        "coverage": float(covered.any(axis=1).mean()),
    }
    values = {
        "precision": (precise.sum() - precise) / left,
        "recall": by_others(recalled),
        "density": (inside.sum() - inside) / (neighbors * left),
        "coverage": by_others(covered),
    }
    return everything, {name: one.tolist() for name, one in values.items()}


def _inside(
    features: np.ndarray, reference: np.ndarray, real: np.ndarray, neighbors: int
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yields which features are in the neighborhoods of some references, and back.

    Args:
        features: Generated features, `[n, d]`.
        reference: Real features, `[m, d]`.
        real: Squared radii of the reference, `[m]`.
        neighbors: The number k of neighbors.

    Yields:
        Rows of the reference; whether each feature is in their neighborhoods, bool
        `[rows, n]`; and whether they are in that of each feature.
    """
    center = reference.mean(axis=0, dtype=np.float64)
    features, reference = features - center, reference - center
    generated = _squared_radii(features, neighbors)
    for rows in blocks(len(reference), len(features)):
        distances, rounding = squared_distances(reference[rows], features)
        equal = distances == 0
        distances += rounding  # from here on, edges are outside
        yield (
            rows,
            equal | (distances < real[rows, None]),
            equal | (distances < generated),
        )


def squared_radii(reference: np.ndarray, neighbors: int = 5) -> np.ndarray:
    """Returns the squared distance of each feature to its k-th nearest, float64 [m].

    Args:
        reference: Features, `[m, d]`, m above k.
        neighbors: The number k of neighbors.
    """
    return _squared_radii(
        reference - reference.mean(axis=0, dtype=np.float64), neighbors
    )


def _squared_radii(samples: np.ndarray, neighbors: int) -> np.ndarray:
    """Returns the squared distance of each sample to its k-th nearest neighbor."""
    radii = np.empty(len(samples))
    for rows in blocks(len(samples), len(samples)):
        distances, _ = squared_distances(samples[rows], samples)
        own = np.arange(len(samples))[rows]
        distances[np.arange(len(own)), own] = np.inf
        radii[rows] = np.partition(distances, neighbors - 1)[:, neighbors - 1]
    return radii
