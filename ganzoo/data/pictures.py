"""Picture files as uint8 arrays, read as a viewer shows them."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.data import picture_colors, picture_modes
from ganzoo.data.images import DataError

if TYPE_CHECKING:
    from PIL import Image

WHITE = 255
# Formats that Pillow opens but that are not pictures, define no black and white, run a
# program to be opened (EPS starts Ghostscript), or are deprecated (IM).
NO_PICTURES = {
    "BUFR", "EPS", "FITS", "GRIB", "HDF5", "IM", "IMT", "IPTC", "MCIDAS", "MPEG",
    "SPIDER", "WMF", "XVTHUMB",
}  # fmt: skip
# How an image [H, W, ...] is turned upright, by EXIF orientation; 1 is upright.
_TURNED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """Content of a picture file."""

    pixels: np.ndarray  # uint8 [H, W, C], C = 1 (gray) or 3 (RGB)
    frames: int = 1  # number of frames in the file; the first one is read
    transparent: bool = False  # whether the background shows through anywhere


def read_picture(path: pathlib.Path | str, *, background: int = WHITE) -> np.ndarray:
    """Reads a picture file as a viewer shows it: the first frame, upright, in sRGB.

    Args:
        path: Path of the file, in any format of `formats()`.
        background: Gray value behind transparent parts, 0 (black) to 255 (white).

    Returns:
        uint8 [H, W, C], C = 1 (gray) or 3 (RGB).

    Raises:
        DataError: The file cannot be read, or its appearance is ambiguous.
    """
    return picture(path, background=background).pixels


def picture(path: pathlib.Path | str, *, background: int = WHITE) -> Picture:
    """Reads a picture as `read_picture` does, with more information about the file."""
    from PIL import Image

    if not 0 <= background <= 255:
        raise DataError(f"background={background} must be 0 (black) to 255 (white).")
    if not pathlib.Path(path).is_file():  # opening a pipe would wait for ever
        raise DataError(f"{path} is not a file.")
    try:
        # A file, not its path: Pillow maps uncompressed TIFF into memory by its path,
        # and then does not turn it (13.0).
        with open(path, "rb") as file, Image.open(file, formats=formats()) as image:
            frames = _frames(image)
            raw = _raw_mode(image)
            image.load()
            plain = picture_modes.plain(image, raw)
            shown = picture_colors.to_srgb(plain, picture_colors.described(image))
            turned = _TURNED.get(_orientation(image), np.asarray)
    except picture_modes.UnclearError as error:
        raise DataError(f"{path} {error}") from error
    except Exception as error:  # a damaged file can make Pillow raise nearly anything
        reason = str(error) or type(error).__name__
        raise DataError(f"{path} cannot be read as an image: {reason}") from error
    pixels, transparent = _composited(turned(np.asarray(shown)), background)
    return Picture(pixels, frames, transparent)


@functools.cache
def formats() -> tuple[str, ...]:
    """Returns the formats that are read, by Pillow's names."""
    from PIL import Image

    Image.init()
    return tuple(name for name in Image.ID if name not in NO_PICTURES)


@functools.cache
def suffixes() -> frozenset[str]:
    """Returns the suffixes of files in these formats, such as ".png"."""
    from PIL import Image

    known = {*formats(), "MPO"}  # what some cameras write, opened as JPEG
    extensions = Image.registered_extensions().items()
    return frozenset(suffix for suffix, name in extensions if name in known)


def looks_like_one(path: pathlib.Path | str) -> bool:
    """Returns whether a file without a suffix is a picture, by its first bytes."""
    from PIL import Image, UnidentifiedImageError

    sure = [name for name in formats() if Image.OPEN[name][1] is not None]
    try:
        with Image.open(path, formats=sure):
            return True
    except UnidentifiedImageError:
        return False
    except Exception:  # a damaged picture
        return True


def _frames(image: "Image.Image") -> int:
    try:
        frames = getattr(image, "n_frames", 1)
        image.seek(image.tell() if image.format == "PSD" else 0)
    except Exception:  # errors in later frames do not matter
        return 1
    return frames


def _raw_mode(image: "Image.Image") -> str:
    """Returns Pillow's raw mode of the stored pixels, such as "L;4" or "RGB;16B"."""
    tiles = getattr(image, "tile", None)
    args = tiles[0][3] if tiles else ""
    args = args[0] if isinstance(args, tuple) and args else args
    return args if isinstance(args, str) else ""


def _orientation(image: "Image.Image") -> int:
    """Returns the EXIF or XMP orientation that remains to be applied."""
    from PIL import ExifTags

    if image.format == "TIFF":  # Pillow turns it when it loads it
        return 1
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # broken EXIF data; viewers ignore it, too
        return 1


def _composited(pixels: np.ndarray, background: int) -> tuple[np.ndarray, bool]:
    """Composites [H, W] or [H, W, 1 to 4] onto the background.

    Returns uint8 [H, W, 1 or 3], and whether the background shows through anywhere.
    """
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if pixels.shape[-1] in (1, 3):
        return np.ascontiguousarray(pixels), False
    color, alpha = (
        pixels[..., :-1].astype(np.uint32),
        pixels[..., -1:].astype(np.uint32),
    )
    # Alpha compositing ("over") onto an opaque background, rounded.
    mixed = (color * alpha + background * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8), bool((alpha < 255).any())
