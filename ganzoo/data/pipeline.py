"""From uint8 images to batches in [-1, 1], as a function of (seed, step).

The shuffled order of an epoch depends only on (seed, epoch), so any step of any epoch
can be reached without computing the steps before it: a run that resumes at step n
starts there, at no cost. Keras's backend determines what batches are: TensorFlow's
datasets, which can be distributed among replicas, or NumPy's arrays. The numbers in
them are the same.
"""

import types
from typing import TYPE_CHECKING

import keras

from ganzoo.data.drawn import Drawn, at_least
from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.scaling import PIXEL_OFFSET

if TYPE_CHECKING:
    import tensorflow as tf

    from ganzoo.data.numpy_batches import Batches


def form() -> types.ModuleType:
    """Returns the module that makes batches for Keras's backend."""
    if keras.backend.backend() == "tensorflow":
        from ganzoo.data import tensorflow_batches

        return tensorflow_batches
    from ganzoo.data import numpy_batches

    return numpy_batches


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
    mirror: bool = False,
    pixel_offset: float = PIXEL_OFFSET,
) -> "tf.data.Dataset | Batches":
    """Returns endless shuffled batches; the batch of step n is a function of (seed, n).

    Every epoch is one permutation of the set, cut into steps without the remainder, so
    that shapes are static and no image occurs twice in an epoch. Data generated on the
    fly has no epochs: each step draws new examples. Started at `start_step`, the stream
    is exactly what an uninterrupted one yields from there. On TensorFlow, with
    `strategy.experimental_distribute_dataset`, each replica gets a contiguous slice.

    Args:
        source: Images, or a distribution to sample from.
        batch_size: Size of the global batch, over all replicas.
        seed: Seed of the order; any 64-bit integer.
        start_step: Number of train steps already done.
        discriminator_steps: Number of batches of fresh images in one element.
        with_labels: Yield (images, labels) instead of images.
        mirror: Whether to mirror each image left to right with probability 1/2, anew in
            each epoch; this doubles a set in which both sides are as likely.
        pixel_offset: The gray value that becomes 0, as in `to_float`.

    Returns:
        Batches of float32 [batch_size * discriminator_steps, H, W, C] in [-1, 1], or
        of pairs with int32 [batch_size * discriminator_steps]. Points are [..., 2],
        unscaled. On TensorFlow they are a `tf.data.Dataset`, elsewhere `Batches` of
        arrays with the same numbers.

    Raises:
        DataError: The source is neither; the set has fewer images than one step takes;
            a number is too low; or what is generated on the fly would be mirrored.
    """
    _check_source(source)
    if mirror and isinstance(source, Drawn):
        raise DataError(
            f"mirror=True takes an ImageSet, not a {type(source).__name__}: let it "
            "draw mirrored examples itself."
        )
    at_least("batch_size", batch_size, 1)
    at_least("discriminator_steps", discriminator_steps, 1)
    at_least("start_step", start_step, 0)
    at_least("seed", seed, -(2**63), 2**63 - 1)
    arguments = {
        "seed": int(seed),
        "start_step": int(start_step),
        "with_labels": with_labels,
        "pixel_offset": pixel_offset,
    }
    rows = batch_size * discriminator_steps
    if isinstance(source, Drawn):
        return form().drawn(source, rows, **arguments)
    steps_per_epoch(len(source), batch_size, discriminator_steps)  # checks the numbers
    return form().shuffled(source, rows, mirror=mirror, **arguments)


def evaluation_batches(
    image_set: ImageSet,
    batch_size: int,
    *,
    with_labels: bool = False,
    pixel_offset: float = PIXEL_OFFSET,
) -> "tf.data.Dataset | Batches":
    """Returns batches of the whole set in order; the last batch may be partial.

    Args:
        image_set: The images.
        batch_size: Number of images in a batch.
        with_labels: Yield (images, labels) instead of images.
        pixel_offset: The gray value that becomes 0, as in `to_float`.

    Returns:
        Finitely many batches of float32 [n, H, W, C] in [-1, 1], or of pairs with int32
        [n]; their type is as in `training_batches`.

    Raises:
        DataError: The images are not an `ImageSet`, or the batch size is below 1.
    """
    _check_source(image_set)
    at_least("batch_size", batch_size, 1)
    return form().in_order(
        image_set, batch_size, with_labels=with_labels, pixel_offset=pixel_offset
    )


def _check_source(source: object) -> None:
    if not isinstance(source, ImageSet | Drawn):
        raise DataError(
            f"Images must be an ImageSet, not a {type(source).__name__}: load one with "
            "data.load(...), or make one of uint8 arrays with data.image_set(images, "
            "labels, name='mine')."
        )
