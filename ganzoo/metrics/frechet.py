"""Fréchet distance between Gaussians fitted to two sets of features."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ganzoo.metrics.distances import checked

_ROWS = 4096  # samples at a time


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
    features = checked(features, "features", 2)
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((len(mean), len(mean)))
    for start in range(0, len(features), _ROWS):  # a float64 copy of all may be large
        centered = features[start : start + _ROWS] - mean
        covariance += centered.T @ centered
    return Gaussian(mean, covariance / (len(features) - 1), len(features))


def read_statistics(path: str | os.PathLike) -> Gaussian:
    """Reads published moments: an .npz with mu [d] and sigma [d, d].

    pytorch-fid and clean-fid write such files. They do not say of how many images, so
    the count is 0, nor by which network and in which way of resizing: compare only
    features of the same (see `load_fid`).

    Raises:
        ValueError: The file is absent, or holds something else.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            mean, covariance = (stored[name] for name in ("mu", "sigma"))
    except Exception as error:  # a damaged archive can raise nearly anything
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"{path} cannot be read as an .npz of mu and sigma: {reason}"
        ) from error
    size = mean.shape[0] if mean.ndim == 1 else 0
    if not size or covariance.shape != (size, size) or mean.dtype.kind != "f":
        raise ValueError(
            f"{path}: mu has the shape {mean.shape} and sigma {covariance.shape}; (d,) "
            "and (d, d) of floating-point numbers are needed."
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError(f"{path} is damaged: mu or sigma has NaN or infinity.")
    scale = np.abs(covariance).max()
    if np.abs(covariance - covariance.T).max() > 1e-3 * scale:
        raise ValueError(f"{path} is damaged: sigma is not symmetric.")
    return Gaussian(mean.astype(np.float64), covariance.astype(np.float64), 0)


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


def frechet_without(
    features: np.ndarray, reference: Gaussian, parts: Sequence[np.ndarray]
) -> tuple[float, list[float]]:
    """Returns the distance of features, and those without one part of them each.

    Where there are more features than dimensions, the moments without a part are those
    of all, less those of the part.

    Args:
        features: Features, `[n, d]`.
        reference: Moments of the reference.
        parts: Numbers of the features of each part, together all of them.
    """
    distance = frechet_to(reference)
    everything, count = distance(features), len(features)
    if count - max(map(len, parts)) <= features.shape[1]:
        rests = [np.setdiff1d(np.arange(count), part) for part in parts]
        return everything, [distance(features[rest]) for rest in rests]
    moments = statistics(features)
    scatter, found = (count - 1) * moments.covariance, []
    for part in parts:
        centered = features[part] - moments.mean
        left, total = count - len(part), -centered.sum(axis=0)
        rest = scatter - centered.T @ centered - np.outer(total, total) / left
        gaussian = Gaussian(moments.mean + total / left, rest / (left - 1), left)
        found.append(distance(gaussian))
    return everything, found


def frechet_to(reference: Gaussian) -> Callable[[np.ndarray | Gaussian], float]:
    """Returns a function of features, or moments, for the distance from a reference.

    It computes the root of the reference once, and takes a matrix no larger than the
    number of samples: for many small sets, whose differences matter. Rounding changes
    it by about 1e-5 of the largest variance, see `frechet_distance`.
    """
    root, mean = _root(reference.covariance), reference.mean
    total = np.trace(reference.covariance)

    def of_moments(found: Gaussian) -> float:
        values = np.linalg.eigvalsh(root @ found.covariance @ root)
        overlap = np.sqrt(np.maximum(values, 0)).sum()
        spread = np.trace(found.covariance) + total - 2 * overlap
        return max(float(np.sum((found.mean - mean) ** 2) + spread), 0.0)

    def distance(features: np.ndarray | Gaussian) -> float:
        if isinstance(features, Gaussian):
            return of_moments(features)
        features = checked(features, "features", 2).astype(np.float64)
        if features.shape[1:] != mean.shape:
            raise ValueError(
                f"features of {features.shape[1]} dimensions cannot be compared with a "
                f"reference of {len(mean)}; use the same extractor for both"
            )
        if len(features) >= len(mean):
            return of_moments(statistics(features))
        center = features.mean(axis=0)
        scaled = (features - center) / np.sqrt(len(features) - 1)
        seen = scaled @ root
        values = np.linalg.eigvalsh(seen @ seen.T)
        overlap = np.sqrt(np.maximum(values, 0)).sum()
        spread = np.sum(scaled**2) + total - 2 * overlap
        return max(float(np.sum((center - mean) ** 2) + spread), 0.0)

    return distance


def _root(covariance: np.ndarray) -> np.ndarray:
    """Returns the symmetric root of a positive semi-definite matrix.

    Eigenvalues below the threshold of the numerical rank are rounding errors of zeros,
    of either sign; if kept, their roots would be 1e-8 of the largest.
    """
    values, vectors = np.linalg.eigh(covariance)
    threshold = len(values) * np.finfo(np.float64).eps * values[-1]
    values = np.where(values > threshold, values, 0.0)
    return (vectors * np.sqrt(values)) @ vectors.T
