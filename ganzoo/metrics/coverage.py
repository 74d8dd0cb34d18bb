"""Precision and recall, density and coverage: fidelity and diversity separately."""

import dataclasses

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

    Raises:
        ValueError: Too few samples, different dimensions, NaN or infinity, or k < 1.
    """
    if neighbors < 1:
        raise ValueError(f"neighbors={neighbors} must be at least 1")
    features, reference = checked_pair(features, reference, neighbors + 1)
    center = reference.mean(axis=0, dtype=np.float64)
    features, reference = features - center, reference - center
    generated = _squared_radii(features, neighbors)
    real = _squared_radii(reference, neighbors)

    precise = np.zeros(len(features), bool)
    recalled, covered = (np.zeros(len(reference), bool) for _ in range(2))
    inside = 0  # pairs of a feature and a neighborhood that contains it
    for rows in blocks(len(reference), len(features)):
        distances, rounding = squared_distances(reference[rows], features)
        equal = distances == 0
        distances += rounding  # from here on, edges are outside
        of_real = equal | (distances < real[rows, None])
        recalled[rows] = (equal | (distances < generated)).any(axis=1)
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


def _squared_radii(samples: np.ndarray, neighbors: int) -> np.ndarray:
    """Returns the squared distance of each sample to its k-th nearest neighbor."""
    radii = np.empty(len(samples))
    for rows in blocks(len(samples), len(samples)):
        distances, _ = squared_distances(samples[rows], samples)
        own = np.arange(len(samples))[rows]
        distances[np.arange(len(own)), own] = np.inf
        radii[rows] = np.partition(distances, neighbors - 1)[:, neighbors - 1]
    return radii
