"""Pixels as uint8, and as float32 in [-1, 1]."""

import numpy as np
from keras import KerasTensor, ops

from ganzoo.data.images import DataError

# The gray value that becomes 0: half the range, so that its ends become -1 and 1.
PIXEL_OFFSET = 127.5


def to_float(
    images: np.ndarray | KerasTensor, pixel_offset: float = PIXEL_OFFSET
) -> np.ndarray | KerasTensor:
    """Scales uint8 images to float32 in [-1, 1].

    Computed as (x - 127.5) * (1 / 127.5), which equals x / 127.5 - 1 up to rounding, is
    symmetric about 0, and gives the same bits in NumPy, eager TensorFlow and a graph
    (whose optimizer would turn the division into this product anyway).

    Args:
        images: uint8 of any shape, a NumPy array or a tensor.
        pixel_offset: Gray value that becomes 0. With 128 it is (x - 128) / 128, which
            ends just below 1.

    Returns:
        float32 of the same shape, an array or a tensor like `images`.

    Raises:
        DataError: The images are not uint8.
    """
    if images.dtype != np.uint8:
        raise DataError(
            f"to_float takes uint8 images (0 to 255), not {images.dtype}; float images "
            "in [-1, 1] need no scaling."
        )
    if ops.is_tensor(images):
        floats = ops.cast(images, "float32")
    else:
        floats = np.asarray(images).astype(np.float32)
    return (floats - np.float32(pixel_offset)) * np.float32(1 / pixel_offset)


def to_uint8(
    images: np.ndarray | KerasTensor, pixel_offset: float = PIXEL_OFFSET
) -> np.ndarray:
    """Scales float images in [-1, 1] to uint8, rounded and clipped.

    The inverse of `to_float`: `to_uint8(to_float(x)) == x` for every uint8 x.

    Args:
        images: Floats of any shape, a NumPy array or a tensor.
        pixel_offset: The gray value that was 0, as in `to_float`.

    Raises:
        DataError: The images are not floats, or hold NaN.
    """
    images = np.asarray(images)
    if images.dtype.kind in "iub":
        raise DataError(
            f"to_uint8 takes float images in [-1, 1], not {images.dtype}; uint8 images "
            "need no scaling."
        )
    images = images.astype(np.float32)
    if np.isnan(images).any():
        count = np.count_nonzero(np.isnan(images))
        raise DataError(f"to_uint8: {count} of {images.size} values are NaN.")
    scaled = np.rint((images + np.float32(1)) * np.float32(pixel_offset))
    return np.clip(scaled, 0, 255).astype(np.uint8)
