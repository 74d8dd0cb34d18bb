"""Kernel distance of two sets of features: unbiased maximum mean discrepancy."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from ganzoo.metrics.distances import checked_pair

_ROWS = 1024  # rows of each set per block of the kernel matrix


@dataclasses.dataclass(frozen=True)
class KernelDistance:
    """Distance of a set of features from a reference, by the cubic kernel.

    Attributes:
        kernel_distance: Mean over subsets of the squared discrepancy; 0 is best. It is
            unbiased, so that of a perfect generator may be above or below 0.
        kernel_distance_spread: Standard deviation over the subsets. They overlap, so
            the standard error of the mean is larger than this divided by the square
            root of their number.
        count: Number of features.
        card: The given card with the number, size and seed of the subsets, `count` and
            the number of reference features.
    """

    kernel_distance: float
    kernel_distance_spread: float
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        names = ("kernel_distance", "kernel_distance_spread")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict:
        """Returns the values as JSON types."""
        return dataclasses.asdict(self)


def kernel_distance(
    features: np.ndarray,
    reference: np.ndarray,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
    card: dict | None = None,
) -> KernelDistance:
    """Computes mean and spread of `squared_discrepancy` over random subsets.

    On Inception features this is the kernel Inception distance of Binkowski et al.
    2018, "Demystifying MMD GANs"; public code usually takes 100 subsets of 1,000.

    The subsets depend on the seed and the samples, not on the order of the samples. A
    sample in both sets is drawn from both, so equal sets have equal subsets and the
    distance 0.

    Args:
        features: Generated features, `[n, d]`.
        reference: Real features, `[m, d]`, from the same extractor.
        subsets: Number of subsets, at least 2.
        subset_size: Number of samples of each set in a subset, at least 2, drawn
            without replacement.
        seed: Seed of the subsets; any integer.
        card: Description of the features, copied into the result's card.

    Raises:
        ValueError: A set is smaller than a subset, the dimensions differ, there are NaN
            or infinity, or too few subsets.
    """
    if subsets < 2 or subset_size < 2:
        raise ValueError(
            f"subsets={subsets} of subset_size={subset_size} samples; both must be at "
            f"least 2"
        )
    features, reference = checked_pair(features, reference, 2)
    smallest = min(len(features), len(reference))
    if smallest < subset_size:
        raise ValueError(
            f"subsets of {subset_size} cannot be drawn from {len(features)} features "
            f"and {len(reference)} of the reference; pass more, or a subset_size of at "
            f"most {smallest}"
        )
    ids = _ids(features, reference)
    distances = [
        _discrepancy(features[a], reference[b], ids[0][a], ids[1][b])
        for a, b in _subsets(ids, subset_size, subsets, seed)
    ]
    return KernelDistance(
        kernel_distance=float(np.mean(distances)),
        kernel_distance_spread=float(np.std(distances)),
        count=len(features),
        card={
            **(card or {}),
            "subsets": subsets,
            "subset_size": subset_size,
            "subset_seed": int(seed),
            "count": len(features),
            "reference_features": len(reference),
        },
    )


def squared_discrepancy(features: np.ndarray, reference: np.ndarray) -> float:
    r"""Returns an unbiased estimate of the squared maximum mean discrepancy.

    It may be negative, as the discrepancy itself may not.

    .. math:: E\,k(x, x') + E\,k(y, y') - 2 E\,k(x, y), \quad
              k(x, y) = (x \cdot y / d + 1)^3

    Gretton et al. 2012, "A kernel two-sample test"; the kernel is that of Binkowski et
    al. 2018, section 4. All means leave out the pairs of a sample with itself, the
    third one if a sample is in both sets, so that all pairs are of independent samples.
    Equal sets give 0, where a mean over all pairs would give about -2/n of the kernel;
    sets without common samples are not affected. The estimate is the mean of
    `kernel_distance` over all subsets.

    Args:
        features: Generated features, `[n, d]`, n at least 2.
        reference: Real features, `[m, d]`, m at least 2.

    Raises:
        ValueError: Fewer than two samples, different dimensions, NaN or infinity.
    """
    features, reference = checked_pair(features, reference, 2)
    return _discrepancy(features, reference, *_ids(features, reference))


def discrepancy_without(
    features: np.ndarray,
    reference: np.ndarray,
    parts: Sequence[np.ndarray],
    reference_mean: float | None = None,
) -> tuple[float, list[float]]:
    """Returns `squared_discrepancy`, and those without one part of the features each.

    A sample in both sets counts as two independent ones.

    Args:
        features: Generated features, `[n, d]`.
        reference: Real features, `[m, d]`.
        parts: Numbers of the features of each part, together all of them.
        reference_mean: The `mean_kernel` of the reference, if it is known.
    """
    features, reference = checked_pair(features, reference, 2)
    of = [features[part] for part in parts]
    within = np.zeros((len(of), len(of)))
    for row, one in enumerate(of):
        for column, other in enumerate(of[: row + 1]):
            within[row, column] = within[column, row] = _kernel_sum(one, other)
    within -= np.diag([_kernel(_squared_norms(one) / one.shape[1]).sum() for one in of])
    across = np.array([_kernel_sum(one, reference) for one in of])
    if reference_mean is None:
        reference_mean = mean_kernel(reference)
    sizes = np.array([len(part) for part in parts])

    def of_parts(kept: np.ndarray) -> float:
        count = sizes[kept].sum()
        mean = within[kept][:, kept].sum() / (count * (count - 1))
        mean -= 2 * across[kept].sum() / (count * len(reference))
        return float(mean + reference_mean)

    numbers = np.arange(len(parts))
    return of_parts(numbers >= 0), [of_parts(numbers != one) for one in numbers]


def mean_kernel(samples: np.ndarray) -> float:
    """Returns the mean kernel of the pairs of different samples, `[n, d]`."""
    return _mean_within(samples, _kernel(_squared_norms(samples) / samples.shape[1]))


def _ids(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns a number for each sample, the same in both sets for the same vector.

    The i-th copy of a vector has the number of its i-th copy in the other set, so the
    numbers within a set are distinct.
    """
    together = np.concatenate([first, second])
    vectors = np.unique(together, axis=0, return_inverse=True)[1].ravel()
    ids = []
    for numbers in np.split(vectors, [len(first)]):
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        copies = np.empty_like(numbers)
        copies[order] = np.arange(len(numbers)) - np.searchsorted(ordered, ordered)
        ids.append(numbers * len(together) + copies)
    return ids[0], ids[1]


def _subsets(
    ids: tuple[np.ndarray, np.ndarray], size: int, count: int, seed: int
) -> Iterator[list[np.ndarray]]:
    """Yields random rows of the first and of the second set: the same for same ids."""
    known = np.unique(np.concatenate(ids))
    places = [np.searchsorted(known, one) for one in ids]
    random = np.random.default_rng(int(seed) % 2**64)
    for _ in range(count):
        keys = random.random(len(known))
        yield [np.argsort(keys[place])[:size] for place in places]


def _discrepancy(
    first: np.ndarray, second: np.ndarray, first_ids: np.ndarray, second_ids: np.ndarray
) -> float:
    """Returns the estimate; samples with the same id are equal."""
    own = _kernel(_squared_norms(first) / first.shape[1])
    others = _kernel(_squared_norms(second) / second.shape[1])
    common = np.isin(first_ids, second_ids)
    pairs = len(first) * len(second) - np.count_nonzero(common)
    across = (_kernel_sum(first, second) - own[common].sum()) / pairs
    return _mean_within(first, own) + _mean_within(second, others) - 2 * across


def _mean_within(samples: np.ndarray, own: np.ndarray) -> float:
    count = len(samples)
    return (_kernel_sum(samples, samples) - own.sum()) / (count * (count - 1))


def _kernel_sum(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the sum over all pairs, computed a block at a time."""
    total = 0.0
    for row in range(0, len(first), _ROWS):
        rows = first[row : row + _ROWS].astype(np.float64)
        for column in range(0, len(second), _ROWS):
            columns = second[column : column + _ROWS].astype(np.float64)
            total += _kernel(rows @ columns.T / rows.shape[1]).sum()
    return float(total)


def _kernel(products: np.ndarray) -> np.ndarray:
    shifted = products + 1.0
    return shifted * shifted * shifted  # ten times faster than ** 3


def _squared_norms(samples: np.ndarray) -> np.ndarray:
    return np.einsum("nd,nd->n", samples, samples, dtype=np.float64)
