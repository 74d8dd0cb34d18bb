"""From uint8 images in memory to batches in [-1, 1], as a function of (seed, step).

The shuffled order of an epoch depends only on (seed, epoch), so any step of any epoch
can be reached without computing the steps before it: a run that resumes at step n
starts there, at no cost. Rows of indices flow through the pipeline; the images stay
where they are and are gathered and scaled one batch at a time. For data generated on
the fly, step numbers flow through it instead.
"""

import numpy as np
import tensorflow as tf

from ganzoo.data.drawn import Drawn, at_least, stream_key
from ganzoo.data.images import DataError, ImageSet

# Keep the keys of epochs and of steps apart from all other uses of the seed.
_ORDER = 0x6F72646572 << 16
_DRAWN = 0x647261776E << 16
# The gray value that becomes 0: half the range, so that its ends become -1 and 1.
PIXEL_OFFSET = 127.5


def to_float(
    images: np.ndarray | tf.Tensor, pixel_offset: float = PIXEL_OFFSET
) -> np.ndarray | tf.Tensor:
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
    if tf.is_tensor(images):
        floats = tf.cast(images, tf.float32)
    else:
        floats = np.asarray(images).astype(np.float32)
    return (floats - np.float32(pixel_offset)) * np.float32(1 / pixel_offset)


def to_uint8(
    images: np.ndarray | tf.Tensor, pixel_offset: float = PIXEL_OFFSET
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


def steps_per_epoch(count: int, batch_size: int, discriminator_steps: int = 1) -> int:
    """Returns the number of train steps per epoch; the remainder is dropped.

    Args:
        count: Number of images in the set.
        batch_size: Size of the global batch, over all replicas.
        discriminator_steps: Number of batches of fresh images per train step.

    Raises:
        DataError: A number is below 1, or one step needs more images than there are.
    """
    at_least("batch_size", batch_size, 1)
    at_least("discriminator_steps", discriminator_steps, 1)
    images_per_step = batch_size * discriminator_steps
    if count < images_per_step:
        most = count // discriminator_steps
        remedy = f"a batch size of at most {most}" if most else "fewer of them"
        raise DataError(
            f"There are only {count} images, fewer than the {images_per_step} that one "
            f"step takes (batch_size {batch_size} x discriminator_steps "
            f"{discriminator_steps}). Choose {remedy}, or a larger set."
        )
    return count // images_per_step


def training_batches(
    source: ImageSet | Drawn,
    batch_size: int,
    *,
    seed: int,
    start_step: int = 0,
    discriminator_steps: int = 1,
    with_labels: bool = False,
    pixel_offset: float = PIXEL_OFFSET,
) -> tf.data.Dataset:
    """Returns endless shuffled batches; the batch of step n is a function of (seed, n).

    Every epoch is one permutation of the set, cut into steps without the remainder, so
    that shapes are static and no image occurs twice in an epoch. Data generated on the
    fly has no epochs: each step draws new examples. Started at `start_step`, the stream
    is exactly what an uninterrupted one yields from there. With
    `strategy.experimental_distribute_dataset` each replica gets a contiguous slice.

    Args:
        source: Images, or a distribution to sample from.
        batch_size: Size of the global batch, over all replicas.
        seed: Seed of the order; any 64-bit integer.
        start_step: Number of train steps already done.
        discriminator_steps: Number of batches of fresh images in one element.
        with_labels: Yield (images, labels) instead of images.
        pixel_offset: The gray value that becomes 0, as in `to_float`.

    Returns:
        A dataset of float32 [batch_size * discriminator_steps, H, W, C] in [-1, 1], or
        of pairs with int32 [batch_size * discriminator_steps]. Points are [..., 2],
        unscaled.

    Raises:
        DataError: The source is neither; the set has fewer images than one step takes;
            or a number is too low.
    """
    _check_source(source)
    at_least("batch_size", batch_size, 1)
    at_least("discriminator_steps", discriminator_steps, 1)
    at_least("start_step", start_step, 0)
    at_least("seed", seed, -(2**63), 2**63 - 1)
    if isinstance(source, Drawn):
        rows = batch_size * discriminator_steps
        return _drawn(source, rows, seed, int(start_step), with_labels, pixel_offset)
    steps = steps_per_epoch(len(source), batch_size, discriminator_steps)
    start_epoch, start_row = divmod(int(start_step), steps)
    images_per_step = batch_size * discriminator_steps
    count = len(source)

    def epoch_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = _permutation(count, seed, epoch)[: steps * images_per_step]
        rows = tf.reshape(order, (steps, images_per_step))
        first = tf.where(epoch == start_epoch, start_row, 0)
        return tf.data.Dataset.from_tensor_slices(rows[first:])

    indices = tf.data.Dataset.counter(start_epoch).flat_map(epoch_rows)
    indices = indices.apply(
        tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    )
    return _gathered(indices, source, with_labels, pixel_offset)


def evaluation_batches(
    image_set: ImageSet,
    batch_size: int,
    *,
    with_labels: bool = False,
    pixel_offset: float = PIXEL_OFFSET,
) -> tf.data.Dataset:
    """Returns batches of the whole set in order; the last batch may be partial.

    Args:
        image_set: The images.
        batch_size: Number of images in a batch.
        with_labels: Yield (images, labels) instead of images.
        pixel_offset: The gray value that becomes 0, as in `to_float`.

    Returns:
        A finite dataset of float32 [n, H, W, C] in [-1, 1], or of pairs with int32 [n].

    Raises:
        DataError: The images are not an `ImageSet`, or the batch size is below 1.
    """
    _check_source(image_set)
    at_least("batch_size", batch_size, 1)
    indices = tf.data.Dataset.range(len(image_set), output_type=tf.int32)
    return _gathered(indices.batch(batch_size), image_set, with_labels, pixel_offset)


def _check_source(source: object) -> None:
    if not isinstance(source, ImageSet | Drawn):
        raise DataError(
            f"Images must be an ImageSet, not a {type(source).__name__}: load one with "
            "data.load(...), or make one of uint8 arrays with data.image_set(images, "
            "labels, name='mine')."
        )


def _permutation(count: int, seed: int, epoch: tf.Tensor) -> tf.Tensor:
    """Draws a uniform permutation of 0 to count - 1, int32, by (seed, epoch)."""
    key = stream_key(seed, _ORDER + tf.cast(epoch, tf.int64))
    # 64 random bits each: ties, which would favor the lower index, do not occur.
    bits = tf.random.stateless_uniform(
        [count], key, minval=None, maxval=None, dtype=tf.int64, alg="philox"
    )
    return tf.argsort(bits, stable=True)


def _gathered(
    indices: tf.data.Dataset,
    image_set: ImageSet,
    with_labels: bool,
    pixel_offset: float,
) -> tf.data.Dataset:
    # Explicitly on the CPU: otherwise a GPU would hold the set and pass it back and
    # forth. As captured tensors instead of literals, they stay out of the graph.
    with tf.device("/cpu:0"):
        images = tf.convert_to_tensor(image_set.images)
        labels = tf.convert_to_tensor(image_set.labels)

    @tf.autograph.experimental.do_not_convert  # it has no loops to convert
    def gather(rows: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        batch = to_float(tf.gather(images, rows), pixel_offset)
        return (batch, tf.gather(labels, rows)) if with_labels else batch

    return indices.map(gather).prefetch(2).with_options(_options())


def _drawn(
    source: Drawn,
    rows: int,
    seed: int,
    start_step: int,
    with_labels: bool,
    pixel_offset: float,
) -> tf.data.Dataset:
    draw = source.drawing()

    def batch(step: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        examples, labels = draw(rows, stream_key(seed, _DRAWN + step))
        if examples.dtype == tf.uint8:
            examples = to_float(examples, pixel_offset)
        return (examples, labels) if with_labels else examples

    steps = tf.data.Dataset.counter(start_step)
    return steps.map(batch).prefetch(2).with_options(_options())


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
