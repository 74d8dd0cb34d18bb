"""Conversion of Pillow's modes to 8-bit gray or RGB, with alpha if there is any."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

# Modes that `convert` turns into another one without any visible loss.
_CONVERTED = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "RGB": "RGB",
    "RGBX": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "CMYK": "CMYK",  # a color profile may follow
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "RGB",
}
_SHADES = 2**16 - 1  # of 16 bits, 0 not counted
# Tags of TIFF.
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
_WHITE_IS_ZERO, _SIGNED = 0, 2
_SAVE = "Image.fromarray(np.rint(255 * (values - black) / (white - black)).clip(0, 255)"
_SAVE = f"{_SAVE}.astype(np.uint8)).save(path)"


class UnclearError(ValueError):
    """A picture's appearance is ambiguous; the message follows a path."""


def plain(image: "Image.Image", raw: str) -> "Image.Image":
    """Returns a loaded image in one of the modes L, LA, RGB, RGBA and CMYK.

    `raw` is the raw mode of its pixels in the file, as in Pillow's tiles. If nothing
    defines which pixel values are black and white, an UnclearError is raised.
    """
    if _tag(image, _SAMPLE_FORMAT) == _SIGNED:
        raise _without_range(image, "signed numbers")
    # 16 bits of PGM, and in older Pillow those of PNG, come as mode I.
    sixteen = image.mode == "I" and image.format in ("PNG", "PPM")
    if sixteen or image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if image.mode in ("I", "F"):
        kind = "32-bit integers" if image.mode == "I" else "floating-point numbers"
        raise _without_range(image, kind)
    if raw == "LA;16B":  # gray with alpha, which Pillow reads as RGBA
        bands = image.split()
        return _merged(bands[0], bands[-1])
    if image.mode in ("P", "PA"):
        return _from_palette(image)
    if image.mode not in _CONVERTED:
        raise UnclearError(
            f"has the mode {image.mode!r}, which is not supported. Convert it: "
            "Image.open(path).convert('RGB').save(path)."
        )
    key = image.info.get("transparency")
    found = image.convert(_CONVERTED[image.mode])
    return found if key is None else _keyed(image, found, key, raw)


def _from_16_bits(image: "Image.Image") -> "Image.Image":
    """Scales 16-bit gray values: v * 255 / 65535, rounded."""
    values = np.asarray(image).astype(np.int64)
    bits = _tag(image, _BITS)
    shades = _SHADES if bits is None or bits > 16 else 2**bits - 1
    gray = np.minimum((values * 255 + shades // 2) // shades, 255).astype(np.uint8)
    if _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        gray = 255 - gray
    return _gray(gray, values, image.info.get("transparency"))


def _from_palette(image: "Image.Image") -> "Image.Image":
    """Looks colors up in the palette; a palette of grays makes a gray image."""
    colors = np.array(image.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
    see_through = image.mode == "PA" or image.has_transparency_data
    found = image.convert("RGBA" if see_through else "RGB")
    if (colors != colors[:, :1]).any():
        return found
    bands = found.split()
    return _merged(bands[0], bands[3]) if see_through else bands[0]


def _keyed(
    image: "Image.Image", found: "Image.Image", key: Any, raw: str
) -> "Image.Image":
    """Makes the pixels of one color, the key of PNG's tRNS, transparent."""
    if isinstance(key, bytes) or found.mode not in ("L", "RGB"):
        return found  # not a color; those with alpha need no key
    if raw.startswith("RGB;16"):
        raise UnclearError(
            "is RGB of 16 bits with a transparent color, which Pillow cannot tell from "
            "its neighbors. Save it with an alpha channel, or in 8 bits."
        )
    values = np.asarray(found)
    if found.mode == "L":
        # Pillow brings the pixels of 2 and 4 bits to 8, but not the key.
        key = key * {"L;2": 85, "L;4": 17}.get(raw, 1)
        return _gray(values, values, key)
    hit = (values == np.array(key)).all(axis=-1)
    found = found.copy()
    found.putalpha(_image(np.where(hit, 0, 255)))
    return found


def _gray(gray: np.ndarray, values: np.ndarray, key: int | None) -> "Image.Image":
    if key is None:
        return _image(gray)
    return _merged(_image(gray), _image(np.where(values == key, 0, 255)))


def _merged(gray: "Image.Image", alpha: "Image.Image") -> "Image.Image":
    from PIL import Image

    return Image.merge("LA", (gray, alpha))


def _image(values: np.ndarray) -> "Image.Image":
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(values, np.uint8))


def _tag(image: "Image.Image", number: int) -> int | None:
    """Returns a tag of a TIFF file, for its first channel; None in other formats."""
    value = getattr(image, "tag_v2", {}).get(number)
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else None


def _without_range(image: "Image.Image", kind: str) -> UnclearError:
    values = np.asarray(image)
    found = f"from {values.min():g} to {values.max():g}"
    return UnclearError(
        f"has {kind} as pixels (mode {image.mode!r}), {found}, and nothing says which "
        "is black and which is white. Save it in 8 bits: with values = np.asarray("
        f"Image.open(path)), {_SAVE}."
    )
