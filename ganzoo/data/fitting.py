"""Pictures of any size and shape made into arrays of one."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.data import pictures
from ganzoo.data.images import DataError
from ganzoo.data.pictures import WHITE, Shown
from ganzoo.data.pixels import CHANNELS

if TYPE_CHECKING:
    from PIL import Image

FITS = ("crop", "pad")
# Heights and widths for which there are networks.
STEP, LARGEST = 16, 128
SMALLEST_SIDE = 8  # of a picture in pixels: below, there is nothing to see
# Pictures this many times as large are first averaged over blocks: Lanczos alone takes
# several times as long, for a difference that cannot be seen.
_REDUCED = 3.0


class TooSmallError(ValueError):
    """A side of a picture is below `SMALLEST_SIDE`."""


@dataclasses.dataclass(frozen=True)
class Fitting:
    """How pictures are made alike; the arguments of `preparation.prepare`.

    Raises:
        DataError: A value that is not accepted.
    """

    size: tuple[int, int] | None = None
    fit: str = "crop"
    background: int = WHITE
    channels: int | None = None

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise DataError(f"fit={self.fit!r} must be 'crop' or 'pad'.")
        pictures.check_background(self.background)
        if self.channels is not None and self.channels not in CHANNELS:
            raise DataError(
                f"channels={self.channels} must be 1 (gray), 3 (RGB) or 4 (RGBA)."
            )
        sides = range(STEP, LARGEST + 1, STEP)
        if self.size is not None and not set(self.size) <= set(sides):
            raise DataError(
                f"size={self.size[0]}x{self.size[1]} (height x width): networks can "
                f"have heights and widths of {', '.join(map(str, sides))}."
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Fitted:
    """A picture of the size needed, and 0 or 1 (or a count) for each change made."""

    pixels: np.ndarray  # uint8 [H, W, C]
    changes: dict[str, int]


def size_of(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """Returns (height, width) of a size given as one number or as two."""
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2 or not all(
        isinstance(one, int | np.integer) and not isinstance(one, bool) for one in pair
    ):
        raise DataError(
            f"size={size!r} must be one whole number, or a pair (height, width)."
        )
    return int(pair[0]), int(pair[1])


def fitted(found: Shown, how: Fitting) -> Fitted:
    """Makes an array of a picture, resized with Lanczos's filter, antialiased.

    The background is laid behind the picture before it is resized, which is the same as
    resizing colors multiplied by alpha. With 4 channels Pillow resizes them so, and
    pixels that are wholly transparent get the color of the background.

    Raises:
        TooSmallError: The picture is to be resized, and there is nothing to see.
    """
    image, transparent = found.image, False
    if how.channels != 4:
        image, transparent = pictures.composited(image, how.background)
    changes = {
        "gray": int(image.mode == "L" and how.channels != 1),
        "transparent": int(transparent),
        "animated": int(found.frames > 1),
        "frames": found.frames - 1,
    }
    if how.channels is not None:
        image = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[how.channels])
    if how.size is not None and found.size != how.size:
        if min(found.size) < SMALLEST_SIDE:
            raise TooSmallError(f"{found.size[0]}x{found.size[1]} pixels")
        image = _resized(image, how)
        changes |= _resizing(found.size, how)
    pixels = pictures.as_array(image)
    if how.channels == 4:
        pixels = pixels.copy()
        pixels[pixels[..., 3] == 0, :3] = how.background
    return Fitted(pixels, changes)


def _resized(image: "Image.Image", how: Fitting) -> "Image.Image":
    from PIL import Image

    assert how.size is not None
    (height, width), (wide, high) = how.size, image.size
    lanczos = Image.Resampling.LANCZOS
    if how.fit == "crop":
        # The largest rectangle of the right shape, in the middle.
        scale = max(height / high, width / wide)
        left, top = (wide - width / scale) / 2, (high - height / scale) / 2
        box = (max(left, 0), max(top, 0), min(wide - left, wide), min(high - top, high))
        return image.resize((width, height), lanczos, box, _REDUCED)
    scale = min(height / high, width / wide)
    inner = max(1, round(wide * scale)), max(1, round(high * scale))
    resized = image.resize(inner, lanczos, None, _REDUCED)
    colors = (how.background,) * len(image.getbands())
    if image.mode == "RGBA":
        colors = (*colors[:3], 0)
    padded = Image.new(image.mode, (width, height), colors)
    padded.paste(resized, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return padded


def _resizing(size: tuple[int, int], how: Fitting) -> dict[str, int]:
    """Returns which changes resizing a picture makes."""
    assert how.size is not None
    scales = [needed / there for needed, there in zip(how.size, size, strict=True)]
    scale = max(scales) if how.fit == "crop" else min(scales)
    other = size[0] * how.size[1] != size[1] * how.size[0]
    changed = "cropped" if how.fit == "crop" else "padded"
    return {"resized": 1, changed: int(other), "enlarged": int(scale > 1)}
