"""Training images shifted by a few pixels, as a function of (seed, step)."""

from collections.abc import Callable

import tensorflow as tf

from ganzoo.data.images import ImageSet
from ganzoo.data.pipeline import training_batches

# Step, images and labels -> images and labels.
Augment = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def augmented_batches(
    image_set: ImageSet, batch_size: int, augment: Augment, *, seed: int
) -> tf.data.Dataset:
    """Endless labelled training batches, augmented.

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
