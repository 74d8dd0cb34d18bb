"""Picture files as uint8 arrays, read as a viewer shows them."""

import contextlib
import dataclasses
import functools
import pathlib
from typing import TYPE_CHECKING, BinaryIO

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
# Pillow's transposition that turns a picture upright, by EXIF orientation.
_TURNED = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_SIDEWAYS = {_TURNED[number] for number in (5, 6, 7, 8)}
# A JPEG to be made smaller is decoded at 1/2, 1/4 or 1/8 of its size, at least this
# many times the size needed. Photos of 256x256 resized to 64x64 then differ from those
# decoded whole by 49 dB, less than a gray level, at half the time.
_DECODED = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """Content of a picture file."""

    pixels: np.ndarray  # uint8 [H, W, C], C = 1 (gray) or 3 (RGB)
    frames: int = 1  # number of frames in the file; the first one is read
    transparent: bool = False  # whether the background shows through anywhere


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """A picture as a viewer shows it: upright, in sRGB, with alpha if it has any."""

    image: "Image.Image"  # of mode L, LA, RGB or RGBA; perhaps decoded smaller
    size: tuple[int, int]  # height and width of the whole picture
    frames: int = 1


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
    check_background(background)
    found = shown(path)
    image, transparent = composited(found.image, background)
    return Picture(as_array(image), found.frames, transparent)


def check_background(background: int) -> None:
    """Refuses gray values other than 0 to 255."""
    if not 0 <= background <= 255:
        raise DataError(f"background={background} must be 0 (black) to 255 (white).")


def shown(
    path: pathlib.Path | str,
    file: BinaryIO | None = None,
    *,
    needed: int | None = None,
) -> Shown:
    """Reads a picture file as a viewer shows it, before a background is chosen.

    Args:
        path: Path of the file, and its name in errors.
        file: The content, if it is not to be read from the path.
        needed: Largest side in pixels that the picture will be resized to; a large JPEG
            is then decoded at a fraction of its size.

    Raises:
        DataError: As `read_picture`.
    """
    from PIL import Image

    if file is None and not pathlib.Path(path).is_file():  # a pipe would wait for ever
        raise DataError(f"{path} is not a file.")
    try:
        # A file, not its path: Pillow maps uncompressed TIFF into memory by its path,
        # and then does not turn it (13.0).
        with (
            contextlib.nullcontext(file) if file else open(path, "rb") as content,
            Image.open(content, formats=formats()) as image,
        ):
            frames, whole = _frames(image), image.size
            side = _DECODED * (needed or 0)
            smaller = image.draft(None, (side, side)) if needed else None
            raw = _raw_mode(image)
            image.load()
            # Of TIFF and icons the size is known only now.
            size = whole if smaller else image.size
            plain = picture_modes.plain(image, raw)
            found = picture_colors.to_srgb(plain, picture_colors.described(image))
            turn = _TURNED.get(_orientation(image))
    except picture_modes.UnclearError as error:
        raise DataError(f"{path} {error}") from error
    except Exception as error:  # a damaged file can make Pillow raise nearly anything
        reason = str(error) or type(error).__name__
        raise DataError(f"{path} cannot be read as an image: {reason}") from error
    if turn is not None:
        found = found.transpose(Image.Transpose[turn])
    width, height = size[::-1] if turn in _SIDEWAYS else size
    return Shown(found, (height, width), frames)


def composited(image: "Image.Image", background: int) -> tuple["Image.Image", bool]:
    """Lays an image of mode L, LA, RGB or RGBA on a gray background.

    Returns an image of mode L or RGB, and whether the background shows through
    anywhere.
    """
    from PIL import Image

    if image.mode in ("L", "RGB"):
        return image, False
    *_, alpha = image.split()
    mode = image.mode[:-1]
    behind = Image.new(mode, image.size, (background,) * len(mode))
    # Alpha compositing ("over"), rounded to the nearest gray value.
    behind.paste(image.convert(mode), mask=alpha)
    return behind, bool(np.asarray(alpha).min() < 255)


def as_array(image: "Image.Image") -> np.ndarray:
    """Returns the pixels of an image, uint8 [H, W, C]."""
    pixels = np.asarray(image)
    return pixels.reshape(*pixels.shape[:2], -1)


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


def looks_like_one(path: pathlib.Path | str | BinaryIO) -> bool:
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
