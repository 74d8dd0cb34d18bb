"""Training images shifted, turned or inverted, as a function of (seed, step)."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from ganzoo.data.images import ImageSet
from ganzoo.data.pipeline import training_batches

# Step, images and labels -> images and labels.
Augment = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def augmented_batches(
    image_set: ImageSet, batch_size: int, augment: Augment, *, seed: int
) -> tf.data.Dataset:
    """Endless labeled training batches, augmented.

    Args:
        image_set: The training images.
        batch_size: Images in a batch.
        augment: Called with the step (int64, from 0), float32 images in [-1, 1] and
            int32 labels; what it returns should be a function of them alone.
        seed: Of the order, as in `training_batches`.

    Returns:
        A dataset of what `augment` returns.

    Raises:
        DataError: As `training_batches`.
    """
    plain = training_batches(image_set, batch_size, seed=seed, with_labels=True)
    return plain.enumerate().map(lambda step, batch: augment(step, *batch)).prefetch(4)


def shift(
    images: tf.Tensor, offsets: tf.Tensor, most: int, *, reflect: bool = False
) -> tf.Tensor:
    """Moves every image by its own whole number of pixels.

    Args:
        images: float [n, h, w, c] in [-1, 1].
        offsets: int32 [n, 2], rows down and columns to the right, each within
            ``-most .. most``.
        most: the largest offset.
        reflect: what comes in is the image mirrored at its edge; otherwise black.

    Returns:
        Images of the same shape.
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
    """Draws the offsets of a batch, int32 [count, 2], a function of (seed, step).

    Args:
        seed: Any integer of 64 bits.
        step: int64, counted from 0.
        count: Images in the batch.
        most: The largest offset in any direction.
    """
    return tf.random.stateless_uniform(
        (count, 2),
        seed=tf.stack([tf.constant(seed, tf.int64), step]),
        minval=-most,
        maxval=most + 1,
        dtype=tf.int32,
        alg="philox",
    )


def distort(
    images: tf.Tensor,
    draws: tf.Tensor,
    *,
    rotation: float = 0.0,
    shear: float = 0.0,
    zoom: float = 0.0,
) -> tf.Tensor:
    """Turns, shears and zooms every image about its middle, by draws of its own.

    Args:
        images: Float [n, h, w, c].
        draws: Float [n, 4] in [-1, 1]: the shares of `rotation`, of `shear`, and of
            `zoom` for the height and for the width.
        rotation: Largest turn either way, in degrees.
        shear: Largest shift of a row in heights above the middle, either way.
        zoom: Largest logarithm of the factors of height and width, either way.

    Returns:
        Images of the same shape, linear between the pixels; what comes in is the image
        mirrored at its edge.
    """
    height, width = images.shape[1:3]
    turn, slope, tall, wide = tf.unstack(draws, axis=1)
    angle, slope = turn * math.radians(rotation), slope * shear
    tall, wide = tf.exp(zoom * tall), tf.exp(zoom * wide)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    # Where a pixel comes from, in (column, row): rotation x shear x zooms.
    across, along = wide * cosine, tall * (slope * cosine - sine)
    up, down = wide * sine, tall * (slope * sine + cosine)
    x, y = (width - 1) / 2, (height - 1) / 2
    places = (across, along, x - across * x - along * y)
    places += (up, down, y - up * x - down * y)
    nothing = tf.zeros_like(turn)
    transform = tf.stack([*places, nothing, nothing], axis=1)
    return keras.ops.image.affine_transform(
        images, transform, fill_mode="reflect", data_format="channels_last"
    )


def distortion_draws(seed: int, step: tf.Tensor, count: int) -> tf.Tensor:
    """Draws what `distort` needs, float32 [count, 4], a function of (seed, step)."""
    return tf.random.stateless_uniform(
        (count, 4), _stream(seed, step, 0), minval=-1.0, maxval=1.0
    )


def invert(images: tf.Tensor, seed: int, step: tf.Tensor) -> tf.Tensor:
    """Turns about half the images of a batch, in [-1, 1], into their negatives.

    Which ones is a function of (seed, step).
    """
    draws = tf.random.stateless_uniform(
        (images.shape[0], 1, 1, 1), _stream(seed, step, 1)
    )
    return tf.where(draws < 0.5, -images, images)


def _stream(seed: int, step: tf.Tensor, number: int) -> tf.Tensor:
    """A seed for one of the two draws above, other than that of the offsets."""
    both = tf.stack([tf.constant(seed, tf.int64), step])
    return tf.random.experimental.stateless_split(both, 2, alg="philox")[number]
