"""Checks of arrays of pixels and labels: unclear input is refused with a remedy."""

from typing import Any

import numpy as np

from ganzoo.data import mapped

CHANNELS = (1, 3, 4)  # gray, RGB, RGBA
COLORS = (1, 3)
# The brightest pixel of real pictures is above this, but not that of label maps, 4-bit
# pixels, or scikit-learn's digits (0 to 16).
DARKEST = 16
_NEEDED = "but uint8 (0 to 255) is needed"
_BY_HAND = (
    "Convert them: np.rint(255.0 * (images - black) / (white - black)).clip(0, 255)"
    ".astype(np.uint8), with what is black and what is white in them."
)


def as_uint8(images: np.ndarray) -> np.ndarray:
    """Returns images as uint8; refuses those whose values do not use 0 to 255."""
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    if images.dtype == np.uint8:
        check_range(images, 1)
        return images
    kind = images.dtype.kind
    if kind not in "iuf":
        raise ValueError(
            f"images are {images.dtype}, {_NEEDED}: these are not gray values."
        )
    if not images.size:
        return images.astype(np.uint8)
    bad = 0 if kind in "iu" else int(np.count_nonzero(~np.isfinite(images)))
    if bad:
        raise ValueError(
            f"images are {images.dtype}, {_NEEDED}, and {bad:,} of their values are "
            "NaN or infinite. Find out where these come from."
        )
    low, high = images.min(), images.max()
    raise ValueError(
        f"images are {images.dtype}, from {low:g} to {high:g}, {_NEEDED}. "
        f"{_remedy(images.dtype, low, high)}"
    )


def check_range(images: np.ndarray, darkest: int = DARKEST) -> None:
    """Refuses uint8 images of up to `darkest`: nearly black, as masks are."""
    high = 0
    for part in mapped.chunks(images):
        high = max(high, int(images[part].max(initial=0)))
        if high > darkest:  # of real pictures, after the first part
            return
    if not high:
        return
    found = "0 or 1" if high == 1 else f"0 to {high}"
    raise ValueError(
        f"images are uint8, but all values are {found}, black or nearly so where white "
        f"is 255. If {high} is white, scale them: {_scaled(high)}."
    )


def _scaled(white: int) -> str:
    if white == 1:
        return "images * np.uint8(255)"
    return f"np.rint(images * (255 / {white})).astype(np.uint8)"


def _remedy(dtype: np.dtype, low: Any, high: Any) -> str:
    """Returns how to convert values from `low` to `high`, NumPy scalars, to 0..255."""
    if dtype.kind == "f" and low < 0 and low >= -1 and high <= 1:
        return "For values in [-1, 1]: ganzoo.data.to_uint8(images)."
    if low < 0:
        return _BY_HAND
    if high <= 1:
        scale = "np.round(255 * images)" if dtype.kind == "f" else "(255 * images)"
        return f"For values in [0, 1]: {scale}.astype(np.uint8)."
    if DARKEST < high <= 255:
        rounded = "np.round(images)" if dtype.kind == "f" else "images"
        return f"For values of 0 to 255: {rounded}.astype(np.uint8)."
    if 255 < high <= 2**16 - 1:
        return (
            "For 16 bits, white 65535: np.round(images / 257).astype(np.uint8). "
            f"{_BY_HAND.replace('Convert them', 'For others')}"
        )
    return _BY_HAND


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuses shapes other than [N, H, W, 1, 3 or 4]."""
    if len(shape) == 4 and shape[-1] in CHANNELS:
        if 0 in shape:
            raise ValueError(f"there are no images (shape {shape}).")
        return
    said = (
        f"images have the shape {shape}, but [N, H, W, C] with C = 1 (gray), 3 (RGB) "
        "or 4 (RGBA) is needed; [N, H, W] is taken as gray."
    )
    raise ValueError(f"{said} {_reshaped(shape)}".rstrip())


def _reshaped(shape: tuple[int, ...]) -> str:
    if len(shape) == 4 and shape[1] in CHANNELS:
        return "If the channels come first: np.moveaxis(images, 1, -1)."
    if len(shape) == 2:
        return "If each row is an image: images.reshape(len(images), height, width)."
    if len(shape) == 3 and shape[-1] in COLORS:
        return "If this is one image: images[None]."
    return ""


def check_labels(labels: np.ndarray, count: int, classes: int) -> None:
    """Refuses labels that do not give one class per image, naming the first."""
    if labels.shape != (count,):
        remedy = ""
        if labels.ndim == 2 and len(labels) == count:
            one_hot = labels.shape[1] > 1
            remedy = "labels.argmax(axis=1)" if one_hot else "labels[:, 0]"
            remedy = f" Give {remedy}."
        raise ValueError(
            f"labels have the shape {labels.shape}, but ({count},) is needed: one "
            f"label per image.{remedy}"
        )
    if labels.dtype.kind not in "iu":
        said = f"labels are {labels.dtype}, but must be integers. {_whole(labels)}"
        raise ValueError(said.rstrip())
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if not wrong.size:
        return
    first = labels[wrong[0]]
    said = (
        f"label {first} of image {wrong[0]} is out of range ({wrong.size} such labels)"
    )
    if first < 0:
        raise ValueError(
            f"{said}: classes are counted from 0, and labels here go from "
            f"{labels.min()} to {labels.max()}. If {first} stands for no class, leave "
            "those images out, or give them their own class."
        )
    low, high = labels.min(), labels.max()
    remedy = (
        f" Count from 0: labels - {low}." if low > 0 and high - low < classes else ""
    )
    raise ValueError(
        f"{said}: there are {classes} classes, so labels must be 0 to {classes - 1}."
        f"{remedy}"
    )


def _whole(labels: np.ndarray) -> str:
    if labels.dtype.kind in "US":
        return (
            "Number them: class_names, labels = np.unique(labels, return_inverse=True)."
        )
    whole = labels.dtype.kind in "bf" and labels.size
    if whole and (labels == np.rint(labels)).all():
        return "Convert them: labels.astype(np.int64)."
    return ""
