"""Small random rotations, shears, zooms and shifts, differentiable, without gathers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.layers.dropout import current_random


@keras.saving.register_keras_serializable("ganzoo")
class RandomAffine(keras.layers.Layer):
    """Applies a random affine map to each image.

    As an augmentation inside a GAN the map must be differentiable (Zhao et al. 2020,
    "Differentiable augmentation for data-efficient GAN training") and a function of the
    step alone, so the layer takes its random numbers from the step, as `Dropout` does.
    With `training=False` images pass unchanged.

    Images are resampled linearly along rows, then along columns (Catmull & Smith 1980,
    "3-D transformations of images in scanline order"). Each pass is one matrix
    product with hat functions as weights: static shapes and no gathers, which suits
    accelerators.

    Input: float `[n, height, width, channels]`. Output: the same shape and dtype.
    """

    def __init__(
        self,
        rotation: float = 20.0,
        shear: float = 0.3,
        zoom: float = 0.2,
        shift: float = 0.07,
        fill: float = -1.0,
        **kwargs: Any,
    ):
        """Sets the ranges, from which each image samples uniformly.

        Args:
            rotation: Largest rotation either way, in degrees; at most 45, beyond which
                the first pass would drop rows.
            shear: Largest horizontal shift of a row per unit of height above the
                center, either way.
            zoom: Largest logarithm of the scale factors of height and width, either
                way.
            shift: Largest shift either way, as a fraction of the height or width.
            fill: Value outside the image.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: A range is negative, or the rotation is above 45 degrees.
        """
        super().__init__(**kwargs)
        ranges = {"rotation": rotation, "shear": shear, "zoom": zoom, "shift": shift}
        for name, value in ranges.items():
            if not value >= 0:
                raise ValueError(f"{name}={value} must be at least 0.")
        if rotation > 45:
            raise ValueError(f"rotation={rotation} must be at most 45 degrees.")
        self.rotation, self.shear, self.zoom = rotation, shear, zoom
        self.shift, self.fill = shift, fill

    def call(self, images: KerasTensor, training: bool = False) -> KerasTensor:
        """Returns the images, in training each under its own random affine map.

        Raises:
            RuntimeError: In training, outside of a train step.
        """
        if not training:
            return images
        random = current_random()
        if random is None:
            raise RuntimeError(
                f"{self.name} takes its random numbers from the train step; call it in "
                "ganzoo.layers.random_scope(...), or with training=False."
            )
        draws = 2.0 * random.uniform([ops.shape(images)[0], 6]) - 1.0
        turn, shear, tall, wide, down, right = ops.unstack(draws, axis=1)
        angle = turn * (self.rotation * 3.141592653589793 / 180)
        tall, wide = ops.exp(self.zoom * tall), ops.exp(self.zoom * wide)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        # Where a pixel comes from, in (column, row): rotation x shear x zooms.
        slope = self.shear * shear
        matrix = (
            wide * cosine,
            tall * (slope * cosine - sine),
            wide * sine,
            tall * (slope * sine + cosine),
        )
        return affine(
            images, matrix, (right * self.shift, down * self.shift), self.fill
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the images, unchanged."""
        return input_shape

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {
            "rotation": self.rotation,
            "shear": self.shear,
            "zoom": self.zoom,
            "shift": self.shift,
            "fill": self.fill,
        }


def affine(
    images: KerasTensor,
    matrix: Sequence[KerasTensor],
    offset: tuple[KerasTensor, KerasTensor],
    fill: float = 0.0,
) -> KerasTensor:
    """Resamples each image, `[n, height, width, channels]`, under its own affine map.

    The output at (x, y), measured from the center of the image, is the input at (a x +
    b y + p, c x + d y + q), interpolated linearly along rows, then columns.

    Args:
        images: The images, floats.
        matrix: a, b, c, d, each `[n]`; d far from 0, near which the first pass would
            drop rows.
        offset: p and q, each `[n]`, as fractions of width and height.
        fill: Value outside the image.
    """
    a, b, c, d = matrix
    height, width = images.shape[1:3]
    p, q = offset[0] * width, offset[1] * height
    inside = ops.cast(images, "float32") - fill
    # First to (x, v), where v is the row that the second pass will read.
    columns = _hats(a - b * c / d, b / d, p - b * q / d, width, height)
    inside = ops.einsum("nvxu,nvuk->nvxk", columns, inside)
    rows = _hats(d, c, q, height, width)
    inside = ops.einsum("nxyv,nvxk->nyxk", rows, inside)
    return ops.cast(inside + fill, images.dtype)


def _hats(
    along: KerasTensor,
    across: KerasTensor,
    offset: KerasTensor,
    length: int,
    lines: int,
) -> KerasTensor:
    """Returns weights `[n, lines, length, length]` of the pixels of each line.

    Pixel i of line j is read at along * i + across * j + offset of that line, all
    measured from the center.
    """
    line = ops.arange(lines, dtype="float32") - (lines - 1) / 2
    pixel = ops.arange(length, dtype="float32") - (length - 1) / 2
    along, across, offset = (t[:, None, None] for t in (along, across, offset))
    places = along * pixel[None, None, :] + across * line[None, :, None] + offset
    return ops.relu(1.0 - ops.abs(places[..., None] - pixel))
