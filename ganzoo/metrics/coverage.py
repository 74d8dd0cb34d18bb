"""Precision and recall, density and coverage: fidelity and diversity apart."""

import dataclasses

import numpy as np

from ganzoo.metrics.distances import blocks, checked_pair, squared_distances


@dataclasses.dataclass(frozen=True)
class Prdc:
    """How two sets of features lie within each other's neighbourhoods.

    The neighbourhood of a sample is the ball around it that reaches to its k-th nearest
    neighbour in its own set.

    Attributes:
        precision: share of the features that are in the neighbourhood of a reference.
        recall: share of the references that are in the neighbourhood of a feature.
        density: neighbourhoods of references that a feature is in, divided by k, on
            average; not bounded by 1.
        coverage: share of the references whose neighbourhood holds a feature.
        count: number of features.
        card: what was handed in, ``neighbours`` (k), ``count`` and the number of
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
    neighbours: int = 5,
    card: dict | None = None,
) -> Prdc:
    """Precision, recall, density and coverage of features against a reference.

    Precision and recall are those of Kynkäänniemi et al. 2019, "Improved precision and
    recall metric for assessing generative models" (there k = 3), density and coverage
    those of Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative
    models" (k = 5). They depend on k and on both counts. Between two sets of n samples
    of one distribution a density of 1 and a coverage of about 1 - 2^-k are to be
    expected.

    A copy of a sample is a neighbour at distance 0, so a sample with k copies has a
    neighbourhood of radius 0, which holds the equal ones only. A sample at the very
    edge is outside, as in Naeem's code (Kynkäänniemi's takes it in). The same set twice
    therefore has a density of 1, like the other three, unless copies fill a
    neighbourhood. What is equal but for rounding counts as equal.

    The distances are held a block at a time: 10,000 features against as many take some
    seconds and about 100 MB.

    Args:
        features: ``[n, d]``, n above k.
        reference: ``[m, d]``, by the same extractor, m above k.
        neighbours: k, at least 1.
        card: what the features are; entries of the result's card.

    Returns:
        The measures with their card.

    Raises:
        ValueError: too few samples, different dimensions, NaN or infinity, or k < 1.
    """
    if neighbours < 1:
        raise ValueError(f"neighbours={neighbours} must be at least 1")
    features, reference = checked_pair(features, reference, neighbours + 1)
    centre = reference.mean(axis=0, dtype=np.float64)
    features, reference = features - centre, reference - centre
    generated = _squared_radii(features, neighbours)
    real = _squared_radii(reference, neighbours)

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
        density=float(inside / (neighbours * len(features))),
        coverage=float(covered.mean()),
        count=len(features),
        card={
            **(card or {}),
            "neighbours": neighbours,
            "count": len(features),
            "reference_features": len(reference),
        },
    )


def _squared_radii(samples: np.ndarray, neighbours: int) -> np.ndarray:
    """Squared distance of each sample to its k-th nearest other one."""
    radii = np.empty(len(samples))
    for rows in blocks(len(samples), len(samples)):
        distances, _ = squared_distances(samples[rows], samples)
        own = np.arange(len(samples))[rows]
        distances[np.arange(len(own)), own] = np.inf
        radii[rows] = np.partition(distances, neighbours - 1)[:, neighbours - 1]
    return radii
