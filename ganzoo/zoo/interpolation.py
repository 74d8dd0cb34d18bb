"""Paths between points of the latent space, and the images along them."""

from collections.abc import Callable

import numpy as np

import ganzoo
from ganzoo import plots

# Length of a component that is only rounding error, relative to a unit vector.
_NO_DIRECTION = 1e-7


def linear(first: np.ndarray, last: np.ndarray, steps: int = 8) -> np.ndarray:
    """Returns equally spaced points on the straight line between two points.

    Args:
        first: First points, float `[..., d]`.
        last: Last points, float `[..., d]`.
        steps: Number of points, including both ends.

    Returns:
        `[..., steps, d]`, of the dtype of `first`; the ends are the points themselves.

    Raises:
        ValueError: Fewer than two steps, or points of different shapes.
    """
    first, last, times = _checked(first, last, steps)
    return _path(first, last, (1 - times) * first + times * last)


def spherical(first: np.ndarray, last: np.ndarray, steps: int = 8) -> np.ndarray:
    """Returns points equally spaced in angle on the arc between two points.

    The direction moves along the great circle (Shoemake 1985, "Animating rotation with
    quaternion curves"); White 2016, "Sampling generative networks", proposed it for
    latent spaces: normal noise of many dimensions lies close to a sphere, which a
    straight line leaves. The length changes in equal steps from one end to the other.
    For ends of the same length this is Shoemake's formula; otherwise no point is longer
    than both ends.

    Ends with the same direction, or a zero vector, which has none, give the straight
    line. Many great circles join opposite points: this one passes through the axis that
    is most nearly perpendicular to the first point, made perpendicular to it. In one
    dimension there is no such axis, and the line goes straight through zero.

    Args:
        first: First points, float `[..., d]`.
        last: Last points, float `[..., d]`.
        steps: Number of points, including both ends.

    Returns:
        `[..., steps, d]`, of the dtype of `first`; the ends are the points themselves.

    Raises:
        ValueError: Fewer than two steps, or points of different shapes.
    """
    first, last, times = _checked(first, last, steps)
    (start, first_length), (end, last_length) = _polar(first), _polar(last)
    # Also right for angles near 0 and 180 degrees, unlike the arc cosine (Kahan).
    angle = 2 * np.arctan2(_norm(end - start), _norm(end + start))
    aside, _ = _polar(_perpendicular(end, start))
    turned = np.cos(times * angle) * start + np.sin(times * angle) * aside
    lengths = (1 - times) * first_length + times * last_length
    straight = (first_length == 0) | (last_length == 0) | (first.shape[-1] == 1)
    line = (1 - times) * first + times * last
    return _path(first, last, np.where(straight, line, lengths * turned))


def ends(
    count: int, latent_dim: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the ends of paths as normal noise, each float32 `[count, latent_dim]`.

    Args:
        count: Number of paths.
        latent_dim: Number of dimensions.
        seed: Seed of the noise, a 64-bit integer.
    """
    random = ganzoo.random.StepRandom.root(seed)
    noise = np.asarray(random.normal([2 * count, latent_dim]))
    return noise[0::2], noise[1::2]


def picture(
    generate: Callable[[np.ndarray], np.ndarray],
    first: np.ndarray,
    last: np.ndarray,
    *,
    steps: int = 8,
    path: Callable[[np.ndarray, np.ndarray, int], np.ndarray] = linear,
) -> np.ndarray:
    """Generates the images along paths, one path per row.

    A figure of 8 rows of 8 images, between 8 pairs of points:

        first, last = interpolation.ends(8, gan.latent_dim)
        grid = interpolation.picture(gan.generator, first, last)
        plots.save_image("interpolation.png", grid, scale=3)

    Args:
        generate: Latent points float32 `[n, d]` -> images `[n, height, width, 1 or 3]`
            in [-1, 1]; a generator in inference mode, as when called directly.
        first: First points, float `[rows, d]`.
        last: Last points, float `[rows, d]`.
        steps: Number of images per row, including both ends.
        path: `linear` or `spherical`.

    Raises:
        ValueError: Points that are not `[rows, d]`, fewer than two steps, or what
            `plots.tile` refuses.
    """
    points = np.asarray(path(first, last, steps), np.float32)
    if points.ndim != 3:
        raise ValueError(
            f"the paths are of shape {points.shape}; give the first and the last "
            "points as [rows, d], so that they are [rows, steps, d]."
        )
    images = generate(points.reshape(-1, points.shape[-1]))
    return plots.tile(np.asarray(images), columns=steps)


def check_steps(steps: int) -> None:
    """Raises a ValueError for paths of fewer than two points."""
    if steps < 2:
        raise ValueError(f"steps={steps} must be at least 2, including both ends.")


def _checked(
    first: np.ndarray, last: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns both points as `[..., 1, d]`, and times from 0 to 1, `[steps, 1]`."""
    first, last = np.asarray(first), np.asarray(last)
    if first.shape != last.shape or first.ndim == 0 or not first.shape[-1]:
        raise ValueError(
            f"points of shape {first.shape} and {last.shape} have no path between "
            "them; both must have the same shape [..., d]."
        )
    check_steps(steps)
    return first[..., None, :], last[..., None, :], np.linspace(0, 1, steps)[:, None]


def _path(first: np.ndarray, last: np.ndarray, points: np.ndarray) -> np.ndarray:
    points = points.astype(first.dtype if first.dtype.kind == "f" else np.float64)
    points[..., :1, :], points[..., -1:, :] = first, last
    return points


def _norm(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _polar(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns unit vectors, in float64, and lengths; the zero vector stays zero."""
    vectors = vectors.astype(np.float64)
    # Scaled first: squares of very small or large numbers would be 0 or infinite.
    scale = np.abs(vectors).max(axis=-1, keepdims=True)
    vectors = vectors / np.where(scale > 0, scale, 1.0)
    length = _norm(vectors)
    return vectors / np.where(length > 0, length, 1.0), scale * length


def _perpendicular(vectors: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Returns the part of unit vectors perpendicular to others, or, if 0, an axis."""
    axis = np.zeros_like(to)
    np.put_along_axis(axis, np.abs(to).argmin(-1)[..., None], 1.0, axis=-1)
    across = vectors - np.sum(vectors * to, axis=-1, keepdims=True) * to
    across = np.where(_norm(across) > _NO_DIRECTION, across, axis)
    for _ in range(2):  # the second pass removes rounding errors
        across = across - np.sum(across * to, axis=-1, keepdims=True) * to
    return across
