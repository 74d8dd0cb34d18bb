"""Training images shifted, turned or inverted, as a function of (seed, step)."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from ganzoo.data.drawn import integers, keys_of
from ganzoo.data.images import ImageSet
from ganzoo.data.pipeline import training_batches

# Step, images and labels -> images and labels.
Augment = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def augmented_batches(
    image_set: ImageSet, batch_size: int, augment: Augment, *, seed: int
) -> tf.data.Dataset:
    """Returns endless labeled training batches: the results of `augment`.

    Args:
        image_set: Training images.
        batch_size: Number of images in a batch.
        augment: Function of the step (int64, from 0), float32 images in [-1, 1] and
            int32 labels; its result should depend on nothing else.
        seed: Seed of the order, as in `training_batches`.
    """
    plain = training_batches(image_set, batch_size, seed=seed, with_labels=True)
    return plain.enumerate().map(lambda step, batch: augment(step, *batch)).prefetch(4)


def shift(
    images: tf.Tensor, offsets: tf.Tensor, most: int, *, reflect: bool = False
) -> tf.Tensor:
    """Shifts every image by its own offset.

    Args:
        images: Float [n, h, w, c] in [-1, 1].
        offsets: int32 [n, 2], rows down and columns to the right, in pixels, each
            within `-most .. most`.
        most: Largest offset, in pixels.
        reflect: Fill in the image mirrored at its edge; otherwise black.
    """
    height, width = images.shape[1:3]
    border = ((0, 0), (most, most), (most, most), (0, 0))
    mode = "REFLECT" if reflect else "CONSTANT"
    padded = tf.pad(images, border, mode, constant_values=-1.0)
    first = most - offsets
    rows = first[:, :1] + tf.range(height)
    columns = first[:, 1:] + tf.range(width)
    cropped = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(cropped, columns, axis=2, batch_dims=1)


def shift_offsets(seed: int, step: tf.Tensor, count: int, most: int) -> tf.Tensor:
    """Draws offsets, int32 [count, 2], up to `most`, as a function of (seed, step)."""
    key = tf.stack([tf.constant(seed, tf.int64), step])
    return integers((count, 2), most + 1, key, minimum=-most)


def distort(
    images: tf.Tensor,
    draws: tf.Tensor,
    *,
    rotation: float = 0.0,
    shear: float = 0.0,
    zoom: float = 0.0,
) -> tf.Tensor:
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
    turn, slant, tall, wide = tf.unstack(draws, axis=1)
    angle, slant = turn * math.radians(rotation), slant * shear
    tall, wide = tf.exp(zoom * tall), tf.exp(zoom * wide)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    # Where a pixel comes from, in (column, row): rotation x shear x zooms.
    across, along = wide * cosine, tall * (slant * cosine - sine)
    up, down = wide * sine, tall * (slant * sine + cosine)
    x, y = (width - 1) / 2, (height - 1) / 2
    column = (across, along, x - across * x - along * y)
    row = (up, down, y - up * x - down * y)
    zero = tf.zeros_like(turn)
    transform = tf.stack([*column, *row, zero, zero], axis=1)
    return keras.ops.image.affine_transform(
        images, transform, fill_mode="reflect", data_format="channels_last"
    )


def distortion_draws(seed: int, step: tf.Tensor, count: int) -> tf.Tensor:
    """Draws inputs of `distort`, float32 [count, 4], a function of (seed, step)."""
    return tf.random.stateless_uniform(
        (count, 4), _stream(seed, step, 0), minval=-1.0, maxval=1.0
    )


def invert(images: tf.Tensor, seed: int, step: tf.Tensor) -> tf.Tensor:
    """Inverts about half the images of a batch in [-1, 1], chosen by (seed, step)."""
    draws = tf.random.stateless_uniform(
        (images.shape[0], 1, 1, 1), _stream(seed, step, 1)
    )
    return tf.where(draws < 0.5, -images, images)


def _stream(seed: int, step: tf.Tensor, number: int) -> tf.Tensor:
    """Returns the seed of one of the two draws above, independent of the offsets'."""
    both = tf.stack([tf.constant(seed, tf.int64), step])
    return keys_of(both, 2)[number]
