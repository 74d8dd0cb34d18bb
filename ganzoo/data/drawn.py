"""Endless data: examples generated anew for every batch, in place of a set."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from ganzoo.data.images import DataError

# Keeps held-out samples apart from the training batches of the same seed.
_HELD_OUT = 0x68656C646F << 16

# (count, int64 key [2]) -> examples [count, ...], labels int32 [count]
Draw = Callable[[int, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class Drawn:
    """A distribution that `ganzoo.data.training_batches` can sample from.

    Attributes:
        name: Name for reports.
    """

    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        raise NotImplementedError

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of everything that the examples depend on."""
        raise NotImplementedError

    def drawing(self) -> Draw:
        """Returns the function that draws examples, a pure function of its key.

        Its data are captured as CPU tensors made here, which keeps them out of the
        graph. Examples are float32, used unchanged, or uint8 images, to be scaled.
        """
        raise NotImplementedError

    def sample(self, count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Draws a sample from a random stream that no training batch uses.

        Args:
            count: Number of examples, at least 1.
            seed: Any 64-bit integer; the same seed gives the same sample.

        Returns:
            Examples [count, ...], float32 points or uint8 images, and int32 labels
            [count].

        Raises:
            DataError: A number out of range.
        """
        at_least("count", count, 1)
        with tf.device("/cpu:0"):
            drawn = self.drawing()(int(count), stream_key(seed, _HELD_OUT))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), drawn)


def stream_key(seed: int, stream: int | tf.Tensor) -> tf.Tensor:
    """Returns the key of one of a seed's streams, for `tf.random.stateless_*`."""
    at_least("seed", seed, -(2**63), 2**63 - 1)
    return tf.stack([tf.constant(int(seed), tf.int64), tf.cast(stream, tf.int64)])


def keys_of(key: tf.Tensor, count: int) -> list[tf.Tensor]:
    """Returns independent keys, functions of this one."""
    return tf.unstack(tf.random.experimental.stateless_split(key, count, alg="philox"))


def uniform(shape: Sequence[int], key: tf.Tensor) -> tf.Tensor:
    """Draws float32 numbers in [0, 1) as a function of the key."""
    return tf.random.stateless_uniform(shape, key, alg="philox")


def integers(
    shape: Sequence[int],
    maximum: int,
    key: tf.Tensor,
    *,
    minimum: int = 0,
    dtype: tf.DType = tf.int32,
) -> tf.Tensor:
    """Draws whole numbers from `minimum` to below `maximum`, by the key."""
    return tf.random.stateless_uniform(
        shape, key, minimum, maximum, dtype=dtype, alg="philox"
    )


def at_least(name: str, value: int, least: int, most: int = 2**63 - 1) -> None:
    """Raises a DataError that names the value, unless it is an integer in range."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise DataError(f"{name} must be a whole number, not {value!r}.")
    if not least <= value <= most:
        raise DataError(f"{name} must be {least} to {most}, not {value}.")
