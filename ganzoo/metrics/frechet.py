"""Fréchet distance between Gaussians fitted to two sets of features."""

import dataclasses

import numpy as np

from ganzoo.metrics.distances import checked


@dataclasses.dataclass(frozen=True, eq=False)
class Gaussian:
    """First two moments of a set of features.

    Attributes:
        mean: float64 [d].
        covariance: float64 [d, d], unbiased (divided by count - 1).
        count: Number of samples.
    """

    mean: np.ndarray
    covariance: np.ndarray
    count: int


def statistics(features: np.ndarray) -> Gaussian:
    """Computes the mean and the unbiased covariance, in float64.

    Args:
        features: Features of the samples, [n, d], n at least 2.

    Raises:
        ValueError: Not two-dimensional, fewer than two samples, NaN or infinity.
    """
    features = checked(features, "features", 2).astype(np.float64)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    return Gaussian(features.mean(axis=0), covariance, len(features))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    r"""Computes the squared Fréchet (2-Wasserstein) distance between two Gaussians.

    At least 0, in squared units of the features.

    .. math:: |m_1 - m_2|^2 + \mathrm{tr}(C_1 + C_2 - 2 (C_1 C_2)^{1/2})

    Dowson & Landau 1982, "The Fréchet distance between multivariate normal
    distributions"; for the features of a network, Heusel et al. 2017, "GANs
    trained by a two time-scale update rule", eq. 6.

    The eigenvalues of :math:`C_1 C_2` are the squared singular values of
    :math:`C_1^{1/2} C_2^{1/2}`, so the trace of the root is the sum of the singular
    values. This avoids complex numbers, and roots of computed eigenvalues of the
    product: an eigenvalue of zero would be computed as about 1e-16 of the largest, and
    its root as 1e-8, for every missing dimension. A set compared with itself gives 0 up
    to rounding, even with fewer samples than dimensions.

    Args:
        first: Moments of one set.
        second: Moments of the other set, in the same feature space.

    Raises:
        ValueError: The dimensions differ, or a moment is not finite.
    """
    for gaussian in (first, second):
        size = len(gaussian.mean)
        if gaussian.covariance.shape != (size, size):
            raise ValueError(
                f"a mean of {size} dimensions needs a covariance of shape ({size}, "
                f"{size}), got {gaussian.covariance.shape}"
            )
        finite = np.isfinite(gaussian.mean).all()
        if not (finite and np.isfinite(gaussian.covariance).all()):
            raise ValueError("the moments hold NaN or infinity; no distance is defined")
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            f"the two sets have features of {len(first.mean)} and {len(second.mean)} "
            f"dimensions; use the same extractor for both"
        )
    overlap = _root(first.covariance) @ _root(second.covariance)
    trace = np.linalg.svd(overlap, compute_uv=False).sum()
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2 * trace
    distance = np.sum((first.mean - second.mean) ** 2) + spread
    return max(float(distance), 0.0)  # rounding may give a value just below 0


def _root(covariance: np.ndarray) -> np.ndarray:
    """Returns the symmetric root of a positive semi-definite matrix.

    Eigenvalues below the threshold of the numerical rank are rounding errors of zeros,
    of either sign; if kept, their roots would be 1e-8 of the largest.
    """
    values, vectors = np.linalg.eigh(covariance)
    threshold = len(values) * np.finfo(np.float64).eps * values[-1]
    values = np.where(values > threshold, values, 0.0)
    return (vectors * np.sqrt(values)) @ vectors.T
