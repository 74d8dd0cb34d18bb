"""Features of pictures of any kind and size that need no trained network.

Layout and color: the picture, averaged to 8x8 cells. Texture: how strong its details
are, at three scales, in each of 4x4 cells. The second part is a scattering transform of
the first order (Bruna & Mallat 2013, "Invariant scattering convolution networks"), with
the differences of a pyramid of averages in place of wavelets: the modulus of band-pass
filters, averaged. So blur, noise, wrong colors, lost kinds of pictures and gray squares
all change the statistics of these features; what the pictures show does not enter them.
"""

import hashlib

import numpy as np

from ganzoo.metrics.features import Extractor, Features

CELLS, TEXTURE_CELLS, BANDS = 8, 4, 3
MULTIPLE = 16  # so that the coarsest band has whole cells
# Details are weaker than the picture by about this factor.
TEXTURE_WEIGHT = 4.0
# So that the distances of parts of a set of pictures are of the order of 1.
SCALE = 3.0


class PixelFeatures(Extractor):
    """Computes features from pixels alone; it knows no classes.

    Of an image [h, w, c] with values x in [0, 1], SCALE times: its means over 8x8
    cells, and TEXTURE_WEIGHT times the means over 4x4 cells of |x_k - up(down(x_k))|,
    k = 0, 1, 2, where x_0 = x, x_{k+1} = down(x_k), the mean over 2x2 pixels, and up
    repeats each pixel. RGBA pictures are weighted by their opacity first.

    Args:
        image_shape: Height and width, multiples of 16, and 1, 3 or 4 channels.

    Raises:
        ValueError: Another shape.
    """

    name, file = "pixels", "computed"

    def __init__(self, image_shape: tuple[int, ...]):
        height, width, channels = map(int, image_shape)
        if height % MULTIPLE or width % MULTIPLE:
            raise ValueError(
                f"image_shape={tuple(image_shape)}: height and width must be multiples "
                f"of {MULTIPLE}."
            )
        self._shape = height, width, channels
        settings = (CELLS, TEXTURE_CELLS, BANDS, TEXTURE_WEIGHT, SCALE, self._shape)
        self.sha256 = hashlib.sha256(f"pixels {settings}".encode()).hexdigest()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the input images."""
        return self._shape

    def extract(self, images: np.ndarray, batch_size: int = 500) -> Features:
        """Computes the features, in the order of the images.

        Args:
            images: uint8 [n, h, w, c], n at least 1, of `image_shape`.
            batch_size: Number of images at a time.

        Returns:
            Features, float32 [n, 112 c]; as probabilities the single class, 1.

        Raises:
            ValueError: Another dtype or shape, no images, or a batch size below 1.
        """
        self._check(images)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        parts = [
            _features(images[start : start + batch_size])
            for start in range(0, len(images), batch_size)
        ]
        return Features(np.concatenate(parts), np.ones((len(images), 1), np.float32))


def _features(images: np.ndarray) -> np.ndarray:
    values = np.asarray(images, np.float32) / np.float32(255)
    if values.shape[-1] == 4:
        values[..., :3] *= values[..., 3:]
    found = [_cells(values, CELLS)]
    for _ in range(BANDS):
        coarse = _down(values)
        details = np.abs(values - coarse.repeat(2, axis=1).repeat(2, axis=2))
        found.append(np.float32(TEXTURE_WEIGHT) * _cells(details, TEXTURE_CELLS))
        values = coarse
    return np.float32(SCALE) * np.concatenate(found, axis=1)


def _down(values: np.ndarray) -> np.ndarray:
    """Returns the means over 2x2 pixels."""
    n, height, width, channels = values.shape
    blocks = values.reshape(n, height // 2, 2, width // 2, 2, channels)
    return blocks.mean(axis=(2, 4))


def _cells(values: np.ndarray, cells: int) -> np.ndarray:
    """Returns the means over cells, flat: [n, cells * cells * channels]."""
    n, height, width, channels = values.shape
    blocks = values.reshape(n, cells, height // cells, cells, width // cells, channels)
    return blocks.mean(axis=(2, 4)).reshape(n, -1)
