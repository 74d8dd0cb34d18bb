"""MIND: the sliced Wasserstein distance of two sets of features."""

import dataclasses

import numpy as np

from ganzoo.metrics.distances import checked_pair

DIRECTIONS = 1000
_BLOCK = 100  # directions at a time


@dataclasses.dataclass(frozen=True)
class Mind:
    """Distance of a set of features from a reference, along random directions.

    Attributes:
        mind: The distance; 0 is best.
        count: Number of features.
        card: The given card with the number and seed of the directions, `count`, the
            number of reference features, and how many of each set were compared.
    """

    mind: float
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the value to log during training, by its logged name."""
        return {"mind": self.mind}

    def to_dict(self) -> dict:
        """Returns the values as JSON types."""
        return dataclasses.asdict(self)


def mind(
    features: np.ndarray,
    reference: np.ndarray,
    *,
    directions: int = DIRECTIONS,
    seed: int = 0,
    card: dict | None = None,
) -> Mind:
    """Computes the Monge Inception distance of two sets of features.

    Berthet et al. 2026, "MIND: Monge Inception distance for generative models
    evaluation" (arXiv 2605.06797): `sliced_wasserstein` along random directions. On the
    features of `load_fid` it is that distance. Unlike the Fréchet distance it sees more
    than two moments, and needs no covariance, which takes many samples to estimate. It
    depends on the number of samples all the same: compare equal numbers.

    Args:
        features: Generated features, `[n, d]`.
        reference: Real features, `[m, d]`, from the same extractor. Of the larger set,
            as many features as the other one has are drawn.
        directions: Number of directions, at least 1; the value for another seed
            differs by about its share of 1 / sqrt(directions).
        seed: Seed of the directions and of the draw; any integer.
        card: Description of the features, copied into the result's card.

    Raises:
        ValueError: No directions, too few samples, different dimensions, NaN or
            infinity.
    """
    if directions < 1:
        raise ValueError(f"directions={directions} must be at least 1")
    features, reference = checked_pair(features, reference, 2)
    random = np.random.default_rng(int(seed) % 2**64)
    smallest = min(len(features), len(reference))
    first, second = (_drawn(one, smallest, random) for one in (features, reference))
    normal = random.standard_normal((directions, features.shape[1]))
    unit = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return Mind(
        mind=sliced_wasserstein(first, second, unit),
        count=len(features),
        card={
            **(card or {}),
            "directions": directions,
            "directions_seed": int(seed),
            "count": len(features),
            "reference_features": len(reference),
            "compared": smallest,
        },
    )


def sliced_wasserstein(
    features: np.ndarray, reference: np.ndarray, directions: np.ndarray
) -> float:
    r"""Returns 3 d times the mean squared 2-Wasserstein distance along directions.

    .. math:: \frac{3 d}{n M} \sum_{i=1}^{M} \sum_{j=1}^{n}
              \left( \mathrm{sort}(X u_i)_j - \mathrm{sort}(Y u_i)_j \right)^2

    Along one direction, the cheapest transport of one set to the other keeps the order.
    The factor d makes the distance of two shifted sets three times that of their means,
    squared, whatever the dimension.

    Args:
        features: One set, `[n, d]`.
        reference: The other set, `[n, d]`.
        directions: M vectors of length 1, `[M, d]`.
    """
    total = 0.0
    for start in range(0, len(directions), _BLOCK):
        block = directions[start : start + _BLOCK].T.astype(np.float32)
        first, second = (np.sort(one @ block, axis=0) for one in (features, reference))
        total += float(np.sum((first - second) ** 2, dtype=np.float64))
    return 3 * features.shape[1] * total / (len(features) * len(directions))


def _drawn(features: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Returns `count` of the features, drawn without replacement if there are more."""
    if len(features) > count:
        features = features[random.permutation(len(features))[:count]]
    return features.astype(np.float32)
