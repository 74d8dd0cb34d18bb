"""How images are made as large as a pretrained network takes them, in three ways.

FIDs of the same images differ with the way of resizing (Parmar et al. 2022, "On aliased
resizing and surprising subtleties in GAN evaluation"), so it is part of an extractor's
name. All ways are linear along each axis: a matrix for the rows, one for the columns.
"""

import dataclasses
import functools

import numpy as np

TENSORFLOW, PYTORCH, CLEAN = "tensorflow", "pytorch", "clean"


@dataclasses.dataclass(frozen=True)
class Resizing:
    """Resizes images and maps gray levels x to (x - offset) / scale.

    Attributes:
        side: Height and width of the result.
        method: "tensorflow" is the bilinear interpolation of TensorFlow 1, whose pixels
            are points at their upper left corners; "pytorch" is bilinear, with pixels
            at their centers and no antialiasing; "clean" is Pillow's bicubic filter,
            antialiased, on floating-point numbers, as in clean-fid.
        offset: Gray level that becomes 0, or one for each of the three channels.
        scale: Gray levels per unit.
    """

    side: int
    method: str
    offset: float | tuple[float, float, float]
    scale: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns float32 [n, side, side, 3].

        Args:
            images: uint8 [n, h, w, 1 or 3]. Gray is repeated in the three channels.
        """
        height, width, channels = images.shape[1:]
        values = images.astype(np.float32)
        if width != self.side:
            columns = weights(self.method, width, self.side)
            values = np.tensordot(values, columns, (2, 1)).swapaxes(2, 3)
        if height != self.side:
            rows = weights(self.method, height, self.side)
            values = np.moveaxis(np.tensordot(values, rows, (1, 1)), -1, 1)
        if self.method == CLEAN:
            values = np.clip(values, 0, 255)
        if channels == 1:
            values = np.repeat(values, 3, axis=-1)
        return (values - np.asarray(self.offset, np.float32)) / np.float32(self.scale)


@functools.lru_cache(maxsize=16)
def weights(method: str, size: int, side: int) -> np.ndarray:
    """Returns what each input pixel adds to each output pixel, float32 [side, size]."""
    if method == CLEAN:
        return _of_pillow(size, side)
    # In float32, as both libraries compute it.
    scale, half = np.float32(size / side), np.float32(0.5)
    places = np.arange(side, dtype=np.float32)
    if method == PYTORCH:
        places = np.maximum(scale * (places + half) - half, np.float32(0))
    else:
        places = places * scale
    below = np.minimum(places.astype(int), size - 1)
    above = np.minimum(below + 1, size - 1)
    fraction = places - below.astype(np.float32)
    found = np.zeros((side, size), np.float32)
    rows = np.arange(side)
    found[rows, below] += 1 - fraction
    found[rows, above] += fraction
    return found


def _of_pillow(size: int, side: int) -> np.ndarray:
    """Resizes the unit matrix, whose columns are one pixel of 1 each."""
    from PIL import Image

    unit = Image.fromarray(np.eye(size, dtype=np.float32))
    return np.asarray(unit.resize((size, side), Image.Resampling.BICUBIC))
