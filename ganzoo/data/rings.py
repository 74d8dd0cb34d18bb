"""Gaussian mixtures in the plane with known modes: the ring and the grid."""

import dataclasses
import functools
import hashlib
import math

import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.data.drawn import Draw, Drawn, Key, at_least, integers, keys_of, normal
from ganzoo.data.images import DataError


@dataclasses.dataclass(frozen=True, eq=False)
class GaussianMixture(Drawn):
    """A mixture of equally likely isotropic Gaussians of the same width.

    Attributes:
        centers: Centers of the modes, float64 [modes, dimensions], read-only.
        sigma: Standard deviation of each mode, in every direction.
        name: Name for reports.

    Raises:
        DataError: The centers have another shape, are not finite or not distinct, or
            sigma is not above 0.
    """

    centers: np.ndarray
    sigma: float
    name: str

    def __post_init__(self) -> None:
        centers = np.array(self.centers, np.float64)
        if centers.ndim != 2 or 0 in centers.shape or not np.isfinite(centers).all():
            raise DataError(
                f"{self.name}: centers must be finite and of shape (modes, dimensions),"
                f" not {centers.shape}."
            )
        if len(np.unique(centers, axis=0)) < len(centers):
            raise DataError(
                f"{self.name}: two of the {len(centers)} centers are the same; give "
                "distinct centers."
            )
        if not 0 < self.sigma < math.inf:
            raise DataError(f"{self.name}: sigma={self.sigma} must be above 0.")
        centers.flags.writeable = False
        object.__setattr__(self, "centers", centers)

    def __len__(self) -> int:
        """Number of modes."""
        return len(self.centers)

    @property
    def shape(self) -> tuple[int]:
        """(dimensions,) of one point."""
        return (self.centers.shape[1],)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the centers and the width."""
        digest = hashlib.sha256(repr((self.centers.shape, float(self.sigma))).encode())
        digest.update(np.ascontiguousarray(self.centers.astype("<f8")).data)
        return digest.hexdigest()

    def drawing(self) -> Draw:
        """Returns the drawing function; a label is the number of the point's mode."""
        with backend.on_cpu():
            centers = ops.convert_to_tensor(self.centers, "float32")

        def draw(count: int, key: Key) -> tuple[KerasTensor, KerasTensor]:
            for_modes, for_points = keys_of(key, 2)
            modes = integers([count], len(self), for_modes)
            noise = normal([count, *self.shape], for_points)
            return ops.take(centers, modes, axis=0) + self.sigma * noise, modes

        return draw


def ring(
    modes: int = 8, *, radius: float = 2.0, sigma: float = 0.02
) -> GaussianMixture:
    """Returns Gaussians evenly spaced on a circle about the origin.

    Source: Metz et al. 2017, "Unrolled generative adversarial networks", appendix A.
    The ring of PacGAN (Lin et al. 2018), of radius 1 and sigma 0.01, is the same one at
    half the scale.

    Args:
        modes: Number of Gaussians; the first lies on the positive x axis.
        radius: Radius of the circle.
        sigma: Standard deviation of each Gaussian.

    Raises:
        DataError: A number is not above 0.
    """
    at_least("modes", modes, 1)
    if not 0 < radius < math.inf:
        raise DataError(f"radius={radius} must be above 0.")
    # Without the end point, which equals the first one.
    angles = np.linspace(0, 2 * np.pi, modes, endpoint=False)
    centers = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    name = f"ring of {modes} Gaussians, radius {radius:g}, sigma {sigma:g}"
    return GaussianMixture(centers, sigma, name)


def grid(
    side: int = 5, *, spacing: float = 2.0, sigma: float = 0.05
) -> GaussianMixture:
    """Returns Gaussians on a square grid about the origin, from -4 to 4 by default.

    Source: the 2D-grid of VEEGAN (Srivastava et al. 2017), with the parameters of
    PacGAN (Lin et al. 2018).

    Args:
        side: Number of Gaussians along an edge.
        spacing: Distance between neighbors.
        sigma: Standard deviation of each Gaussian.

    Raises:
        DataError: A number is not above 0.
    """
    at_least("side", side, 1)
    if not 0 < spacing < math.inf:
        raise DataError(f"spacing={spacing} must be above 0.")
    places = (np.arange(side) - (side - 1) / 2) * spacing
    centers = np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1)
    name = f"grid of {side}x{side} Gaussians, spacing {spacing:g}, sigma {sigma:g}"
    return GaussianMixture(centers.reshape(-1, 2), sigma, name)
