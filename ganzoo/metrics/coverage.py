"""Precision and recall, density and coverage: fidelity and diversity apart."""

import dataclasses

import numpy as np

from ganzoo.metrics.distances import blocks, checked_pair, squared_distances


@dataclasses.dataclass(frozen=True)
class Prdc:
    """How two sets of features lie within each other's neighborhoods.

    The neighborhood of a sample is the ball around it that reaches to its k-th nearest
    neighbor in its own set.

    Attributes:
        precision: fraction of the features that are in the neighborhood of a reference.
        recall: fraction of the references that are in the neighborhood of a feature.
        density: neighborhoods of references that a feature is in, divided by k, on
            average; not bounded by 1.
        coverage: fraction of the references whose neighborhood holds a feature.
        count: number of features.
        card: what was handed in, ``neighbors`` (k), ``count`` and the number of
            reference features.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """The numbers to follow through a training, under the names of its logs."""
        names = ("precision", "recall", "density", "coverage")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict:
        """The same as plain numbers and strings, ready for JSON."""
        return dataclasses.asdict(self)


def prdc(
    features: np.ndarray,
    reference: np.ndarray,
    *,
    neighbors: int = 5,
    card: dict | None = None,
) -> Prdc:
    """Precision, recall, density and coverage of features against a reference.

    Precision and recall are those of Kynkäänniemi et al. 2019, "Improved precision and
    recall metric for assessing generative models" (there k = 3), density and coverage
    those of Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative
    models" (k = 5). They depend on k and on both counts. Between two sets of n samples
    of one distribution a density of 1 and a coverage of about 1 - 2^-k are to be
    expected.

    A copy of a sample is a neighbor at distance 0, so a sample with k copies has a
    neighborhood of radius 0, which holds the equal ones only. A sample at the very
    edge is outside, as in Naeem's code (Kynkäänniemi's takes it in). The same set twice
    therefore has a density of 1, like the other three, unless copies fill a
    neighborhood. What is equal but for rounding counts as equal.

    The distances are held a block at a time: 10,000 features against as many take some
    seconds and about 100 MB.

    Args:
        features: ``[n, d]``, n above k.
        reference: ``[m, d]``, by the same extractor, m above k.
        neighbors: k, at least 1.
        card: what the features are; entries of the result's card.

    Returns:
        The measures with their card.

    Raises:
        ValueError: too few samples, different dimensions, NaN or infinity, or k < 1.
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
    inside = 0
    for rows in blocks(len(reference), len(features)):
        distances, rounding = squared_distances(reference[rows], features)
        equal = distances == 0
        distances += rounding  # from here on, edges are outside
        of_real = equal | (distances < real[rows, None])
        recalled[rows] = (equal | (distances < generated)).any(axis=1)
        covered[rows] = of_real.any(axis=1)
        precise |= of_real.any(axis=0)
        inside += np.count_nonzero(of_real)
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
    """Squared distance of each sample to its k-th nearest other one."""
    radii = np.empty(len(samples))
    for rows in blocks(len(samples), len(samples)):
        distances, _ = squared_distances(samples[rows], samples)
        own = np.arange(len(samples))[rows]
        distances[np.arange(len(own)), own] = np.inf
        radii[rows] = np.partition(distances, neighbors - 1)[:, neighbors - 1]
    return radii
