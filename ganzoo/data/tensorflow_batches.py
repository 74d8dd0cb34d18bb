"""Batches as TensorFlow's datasets, which can be distributed among replicas.

Rows of indices, or the numbers of steps, flow through the pipeline, and the images stay
where they are; see `ganzoo.data.pipeline`, whose arguments these are.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ganzoo.data import tensorflow_random
from ganzoo.data.augmentation import mirrored
from ganzoo.data.drawn import DRAWN, MIRROR, ORDER, Drawn, stream_key
from ganzoo.data.images import ImageSet
from ganzoo.data.mapped import is_mapped
from ganzoo.data.scaling import to_float


def shuffled(
    image_set: ImageSet,
    rows: int,
    *,
    seed: int,
    start_step: int,
    with_labels: bool,
    mirror: bool,
    pixel_offset: float,
) -> tf.data.Dataset:
    """Returns endless shuffled batches of that many rows."""
    count = len(image_set)
    steps = count // rows
    start_epoch, start_row = divmod(start_step, steps)

    def epoch_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = permutation(count, seed, epoch)[: steps * rows]
        order = tf.reshape(order, (steps, rows))
        first = tf.where(epoch == start_epoch, start_row, 0)
        return tf.data.Dataset.from_tensor_slices(order[first:])

    indices = tf.data.Dataset.counter(start_epoch).flat_map(epoch_rows)
    indices = indices.apply(
        tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    )
    batches = _gathered(indices, image_set, with_labels, pixel_offset)
    if not mirror:
        return batches

    def mirrored_batch(step: tf.Tensor, batch: Any) -> Any:
        images = batch[0] if with_labels else batch
        images = mirrored(images, stream_key(seed, MIRROR + step))
        return (images, batch[1]) if with_labels else images

    # The options go to the end: those of the last operation hold for all.
    batches = batches.enumerate(start_step).map(mirrored_batch).prefetch(2)
    return batches.with_options(_options())


def in_order(
    image_set: ImageSet, batch_size: int, *, with_labels: bool, pixel_offset: float
) -> tf.data.Dataset:
    """Returns batches of the whole set in order."""
    indices = tf.data.Dataset.range(len(image_set), output_type=tf.int32)
    return _gathered(indices.batch(batch_size), image_set, with_labels, pixel_offset)


def drawn(
    source: Drawn,
    rows: int,
    *,
    seed: int,
    start_step: int,
    with_labels: bool,
    pixel_offset: float,
) -> tf.data.Dataset:
    """Returns endless batches of examples that are drawn anew for each step."""
    draw = source.drawing()

    def batch(step: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        examples, labels = draw(rows, stream_key(seed, DRAWN + step))
        if examples.dtype == tf.uint8:
            examples = to_float(examples, pixel_offset)
        return (examples, labels) if with_labels else examples

    steps = tf.data.Dataset.counter(start_step)
    return steps.map(batch).prefetch(2).with_options(_options())


def zipped(parts: Sequence[tf.data.Dataset]) -> tf.data.Dataset:
    """Returns tuples of a batch of each part."""
    return tf.data.Dataset.zip(tuple(parts))


def changed(batches: tf.data.Dataset, change: Callable) -> tf.data.Dataset:
    """Returns `change(step, *batch)` of each batch, counted from 0."""
    return batches.enumerate().map(lambda step, batch: change(step, *batch)).prefetch(4)


def permutation(count: int, seed: int, epoch: tf.Tensor) -> tf.Tensor:
    """Draws a uniform permutation of 0 to count - 1, int32, by (seed, epoch)."""
    key = stream_key(seed, ORDER + tf.cast(epoch, tf.int64))
    # 64 random bits each: ties, which would favor the lower index, do not occur.
    return tf.argsort(tensorflow_random.bits(count, key), stable=True)


def _gathered(
    indices: tf.data.Dataset,
    image_set: ImageSet,
    with_labels: bool,
    pixel_offset: float,
) -> tf.data.Dataset:
    images_at = _reader(image_set.images)
    with tf.device("/cpu:0"):
        labels = tf.convert_to_tensor(image_set.labels)

    @tf.autograph.experimental.do_not_convert  # it has no loops to convert
    def gather(rows: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        batch = to_float(images_at(rows), pixel_offset)
        return (batch, tf.gather(labels, rows)) if with_labels else batch

    return indices.map(gather).prefetch(2).with_options(_options())


def _reader(images: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the function from row numbers [n] to images, uint8 [n, H, W, C]."""
    if not is_mapped(images):
        # Explicitly on the CPU: otherwise a GPU would hold the set and pass it back and
        # forth. As a captured tensor instead of a literal, it stays out of the graph.
        with tf.device("/cpu:0"):
            tensor = tf.convert_to_tensor(images)
        return lambda rows: tf.gather(tensor, rows)
    plain = np.asarray(images) if isinstance(images, np.memmap) else images

    def read(rows: tf.Tensor) -> tf.Tensor:
        # A tensor of the whole file would be a copy of it in memory.
        found = tf.numpy_function(lambda rows: plain[rows], [rows], tf.uint8)
        found.set_shape((rows.shape[0], *images.shape[1:]))
        return found

    return read


def _options() -> tf.data.Options:
    """Uses one background thread, which suffices and leaves the cores to training."""
    options = tf.data.Options()
    options.deterministic = True
    options.autotune.enabled = False
    # There is nothing to optimize, and the optimizer would copy the whole set once.
    options.experimental_optimization.apply_default_optimizations = False
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    # There are no files to shard: each worker draws the order and takes its part.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return options
