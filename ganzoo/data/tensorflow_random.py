"""The random numbers of `ganzoo.data.philox`, by TensorFlow, in its datasets."""

from collections.abc import Sequence

import tensorflow as tf


def keys_of(key: tf.Tensor, count: int) -> list[tf.Tensor]:
    """Returns independent keys."""
    return tf.unstack(tf.random.experimental.stateless_split(key, count, alg="philox"))


def integers(
    shape: Sequence[int], key: tf.Tensor, minimum: int, maximum: int, dtype: str
) -> tf.Tensor:
    """Draws whole numbers from `minimum` to below `maximum`."""
    return tf.random.stateless_uniform(
        shape, key, minimum, maximum, dtype=dtype, alg="philox"
    )


def bits(count: int, key: tf.Tensor) -> tf.Tensor:
    """Draws all bits of whole numbers, int64 `[count]`."""
    return tf.random.stateless_uniform(
        [count], key, minval=None, maxval=None, dtype=tf.int64, alg="philox"
    )


def uniform(shape: Sequence[int], key: tf.Tensor) -> tf.Tensor:
    """Draws float32 numbers in [0, 1)."""
    return tf.random.stateless_uniform(shape, key, alg="philox")


def normal(shape: Sequence[int], key: tf.Tensor) -> tf.Tensor:
    """Draws float32 standard normal numbers."""
    return tf.random.stateless_normal(shape, key, alg="philox")
