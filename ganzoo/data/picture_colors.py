"""Conversion of the colors that a picture file describes to sRGB."""

import dataclasses
import functools
import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image, ImageCms

# sRGB in PNG's terms: gAMA, and cHRM's white, red, green and blue.
_GAMMA = 1 / 2.2
_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_NEAR = 0.005  # rounding of these numbers by PNG writers
_SHADES_OFF = 2  # rounding errors of a profile of sRGB itself, in gray levels
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclasses.dataclass(frozen=True)
class Colors:
    """Color information of a file."""

    profile: bytes = b""  # ICC profile, or empty
    gamma: float | None = None  # PNG's gAMA, if it applies
    # PNG's cHRM, if it applies: x and y of white, red, green and blue
    primaries: tuple[float, ...] | None = None


def described(image: "Image.Image") -> Colors:
    """Returns the color information of a Pillow image; empty means sRGB."""
    profile = image.info.get("icc_profile")
    if profile and isinstance(profile, bytes):
        return Colors(profile)
    if image.format != "PNG" or "srgb" in image.info:
        return Colors()
    gamma = image.info.get("gamma") or None
    primaries = image.info.get("chromaticity")
    if gamma is not None and abs(gamma - _GAMMA) < _NEAR:
        gamma = None
    if primaries is None or np.abs(np.subtract(primaries, _SRGB)).max() < _NEAR:
        primaries = None
    return Colors(b"", gamma, primaries)


def to_srgb(image: "Image.Image", colors: Colors) -> "Image.Image":
    """Converts an image of mode L, LA, RGB, RGBA or CMYK to sRGB, as a viewer does.

    A profile that is broken, or for another kind of image, is ignored.
    """
    from PIL import Image

    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    opaque = image if alpha is None else image.convert(image.mode[:-1])
    shown = _opaque(opaque, colors)
    if alpha is None or shown is opaque:
        return image if alpha is not None else shown
    return Image.merge(f"{shown.mode}A", (*shown.split(), alpha))


def _opaque(image: "Image.Image", colors: Colors) -> "Image.Image":
    from PIL import ImageCms

    transform = _transform(colors.profile, image.mode) if colors.profile else None
    if transform is not None:
        shown = ImageCms.applyTransform(image, transform)
        assert shown is not None  # Pillow returns None only for in-place transforms
        return shown.getchannel(0) if image.mode == "L" else shown
    if image.mode == "CMYK":
        return image.convert("RGB")
    if colors.gamma is None and colors.primaries is None:
        return image
    return _by_gamma(image, colors)


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> "ImageCms.ImageCmsTransform | None":
    """Returns Pillow's transform to sRGB; None if it is the identity or unusable."""
    from PIL import Image, ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if mode == "CMYK":
        return found
    # Names of profiles say little, so apply it to see whether it changes anything.
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    tried = np.array(np.meshgrid(levels, levels, levels)).T.reshape(1, -1, 3)
    tried = np.arange(256, dtype=np.uint8)[None] if mode == "L" else tried
    shown = np.asarray(ImageCms.applyTransform(Image.fromarray(tried), found), int)
    expected = tried[..., None] if mode == "L" else tried
    return None if np.abs(shown - expected).max() <= _SHADES_OFF else found


def _by_gamma(image: "Image.Image", colors: Colors) -> "Image.Image":
    """Applies gAMA and cHRM for a display exponent of 2.2 (PNG, section 13.13)."""
    from PIL import Image

    gamma = colors.gamma or _GAMMA
    light = (np.asarray(image) / 255.0) ** (1.0 / gamma)
    if colors.primaries is not None and image.mode == "RGB":
        light = light @ _between(colors.primaries).T
    shown = np.rint(255.0 * np.clip(light, 0.0, 1.0) ** (1.0 / 2.2))
    return Image.fromarray(shown.astype(np.uint8))


def _between(primaries: tuple[float, ...]) -> np.ndarray:
    """Returns the matrix from linear RGB of the given primaries to linear sRGB."""
    (source, white), (target, screen) = map(_to_xyz, (primaries, _SRGB))
    # Bradford's chromatic adaptation maps white to white.
    scale = np.diag((_BRADFORD @ screen) / (_BRADFORD @ white))
    adapted = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD
    return np.linalg.inv(target) @ adapted @ source


def _to_xyz(primaries: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the matrix from linear RGB to XYZ, and the XYZ of white."""
    points = np.reshape(primaries, (4, 2))
    xyz = np.stack([points[:, 0], points[:, 1], 1.0 - points.sum(axis=1)])
    white, colors = xyz[:, 0] / points[0, 1], xyz[:, 1:]
    return colors * np.linalg.solve(colors, white), white
