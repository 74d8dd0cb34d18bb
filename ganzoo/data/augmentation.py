"""Training images shifted, turned or inverted, as a function of (seed, step)."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from keras import KerasTensor, ops

from ganzoo.data.drawn import Key, integers, keys_of, stream_key, uniform
from ganzoo.data.images import ImageSet
from ganzoo.data.pipeline import form, training_batches

if TYPE_CHECKING:
    import tensorflow as tf

    from ganzoo.data.numpy_batches import Batches

Step: TypeAlias = (
    "int | KerasTensor"  # counted from 0; an int64 tensor in TensorFlow's datasets
)
# Step, images and labels -> images and labels.
Augment = Callable[[Step, KerasTensor, KerasTensor], tuple[KerasTensor, KerasTensor]]


def augmented_batches(
    image_set: ImageSet, batch_size: int, augment: Augment, *, seed: int
) -> "tf.data.Dataset | Batches":
    """Returns endless labeled training batches: the results of `augment`.

    Args:
        image_set: Training images.
        batch_size: Number of images in a batch.
        augment: Function, in `keras.ops`, of the step (from 0), float32 images in
            [-1, 1] and int32 labels; its result should depend on nothing else.
        seed: Seed of the order, as in `training_batches`.
    """
    plain = training_batches(image_set, batch_size, seed=seed, with_labels=True)
    return form().changed(plain, augment)


def shift(
    images: KerasTensor, offsets: KerasTensor, most: int, *, reflect: bool = False
) -> KerasTensor:
    """Shifts every image by its own offset.

    Args:
        images: Float [n, h, w, c] in [-1, 1].
        offsets: int32 [n, 2], rows down and columns to the right, in pixels, each
            within `-most .. most`.
        most: Largest offset, in pixels.
        reflect: Fill in the image mirrored at its edge; otherwise black.
    """
    count, height, width, channels = images.shape
    border = ((0, 0), (most, most), (most, most), (0, 0))
    if reflect:
        padded = ops.pad(images, border, "reflect")
    else:
        padded = ops.pad(images, border, "constant", constant_values=-1.0)
    rows = most - offsets[:, :1] + np.arange(height, dtype=np.int32)
    columns = most - offsets[:, 1:] + np.arange(width, dtype=np.int32)
    # One gather from the pixels of all images.
    rows = rows + np.arange(count, dtype=np.int32)[:, None] * (height + 2 * most)
    places = rows[:, :, None] * (width + 2 * most) + columns[:, None]
    return ops.take(ops.reshape(padded, [-1, channels]), places, axis=0)


def shift_offsets(seed: int, step: Step, count: int, most: int) -> KerasTensor:
    """Draws offsets, int32 [count, 2], up to `most`, as a function of (seed, step)."""
    return integers((count, 2), most + 1, stream_key(seed, step), minimum=-most)


def distort(
    images: KerasTensor,
    draws: KerasTensor,
    *,
    rotation: float = 0.0,
    shear: float = 0.0,
    zoom: float = 0.0,
) -> KerasTensor:
    """Rotates, shears and zooms every image about its center, each by its own draws.

    Images are interpolated bilinearly and mirrored at their edges.

    Args:
        images: float [n, h, w, c].
        draws: float [n, 4] in [-1, 1]: the fractions of `rotation`, of `shear`, and of
            `zoom` for the height and for the width.
        rotation: Largest angle in either direction, in degrees.
        shear: Largest shift of a row, per row above the center, in either direction.
        zoom: Largest logarithm of the factors of height and width.
    """
    height, width = images.shape[1:3]
    turn, slant, tall, wide = ops.unstack(draws, 4, axis=1)
    angle, slant = turn * math.radians(rotation), slant * shear
    tall, wide = ops.exp(zoom * tall), ops.exp(zoom * wide)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    # Where a pixel comes from, in (column, row): rotation x shear x zooms.
    across, along = wide * cosine, tall * (slant * cosine - sine)
    up, down = wide * sine, tall * (slant * sine + cosine)
    x, y = (width - 1) / 2, (height - 1) / 2
    column = (across, along, x - across * x - along * y)
    row = (up, down, y - up * x - down * y)
    zero = ops.zeros_like(turn)
    transform = ops.stack([*column, *row, zero, zero], axis=1)
    return ops.image.affine_transform(
        images, transform, fill_mode="reflect", data_format="channels_last"
    )


def distortion_draws(seed: int, step: Step, count: int) -> KerasTensor:
    """Draws inputs of `distort`, float32 [count, 4], a function of (seed, step)."""
    return uniform((count, 4), _stream(seed, step, 0)) * 2.0 - 1.0


def invert(images: KerasTensor, seed: int, step: Step) -> KerasTensor:
    """Inverts about half the images of a batch in [-1, 1], chosen by (seed, step)."""
    draws = uniform((images.shape[0], 1, 1, 1), _stream(seed, step, 1))
    return ops.where(draws < 0.5, -images, images)


def mirrored(images: KerasTensor, key: Key) -> KerasTensor:
    """Mirrors each image left to right with probability 1/2.

    Args:
        images: `[n, height, width, channels]`, n static.
        key: Key of the random numbers, two integers, from which the result follows.
    """
    coins = integers((images.shape[0], 1, 1, 1), 2, key)
    return ops.where(coins == 1, images[:, :, ::-1], images)


def _stream(seed: int, step: Step, number: int) -> Key:
    """Returns the key of one of the two draws above, independent of the offsets'."""
    return keys_of(stream_key(seed, step), 2)[number]
