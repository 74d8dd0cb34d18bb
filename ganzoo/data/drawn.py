"""Endless data: examples generated anew for every batch, in place of a set."""

import types
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.data import philox
from ganzoo.data.images import DataError

# Keep the keys of epochs and of steps apart from all other uses of the seed, and
# held-out samples apart from the training batches.
ORDER = 0x6F72646572 << 16
DRAWN = 0x647261776E << 16
MIRROR = 0x6D6972726F72 << 16
_HELD_OUT = 0x68656C646F << 16

# An int64 key [2]: a tensor in a pipeline of TensorFlow, elsewhere an array.
Key: TypeAlias = "np.ndarray | KerasTensor"
# (count, key) -> examples [count, ...], labels int32 [count]
Draw = Callable[[int, Key], tuple[KerasTensor, KerasTensor]]


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

        It is written in `keras.ops` and the random numbers below. Its data are captured
        as CPU tensors made here, which keeps them out of a graph. Examples are float32,
        used unchanged, or uint8 images, to be scaled.
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
        return arrays(self.drawing(), int(count), stream_key(seed, _HELD_OUT))


def arrays(draw: Callable, count: int, key: np.ndarray) -> Any:
    """Draws on the CPU, and returns NumPy arrays in the structure of what was drawn."""
    with backend.on_cpu():
        if keras.backend.backend() == "tensorflow":  # with its own random numbers
            key = ops.convert_to_tensor(key)
        drawn = draw(count, key)
    return keras.tree.map_structure(np.asarray, drawn)


def without_loops(draw: Callable) -> Callable:
    """Marks a function that has no loops for TensorFlow to find, which is slow."""
    if keras.backend.backend() != "tensorflow":
        return draw
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(draw)


def stream_key(seed: int, stream: int | KerasTensor) -> Key:
    """Returns the key of one of a seed's streams; a tensor, if the stream is one."""
    at_least("seed", seed, -(2**63), 2**63 - 1)
    if isinstance(stream, int | np.integer):
        return np.array([seed, stream], np.int64)
    return ops.stack([np.int64(seed), ops.cast(stream, "int64")])


def keys_of(key: Key, count: int) -> list[Key]:
    """Returns independent keys, functions of this one."""
    return _random(key).keys_of(key, count)


def uniform(shape: Sequence[int], key: Key) -> np.ndarray | KerasTensor:
    """Draws float32 numbers in [0, 1) as a function of the key."""
    return _random(key).uniform(shape, key)


def normal(shape: Sequence[int], key: Key) -> np.ndarray | KerasTensor:
    """Draws float32 standard normal numbers as a function of the key."""
    return _random(key).normal(shape, key)


def integers(
    shape: Sequence[int],
    maximum: int,
    key: Key,
    *,
    minimum: int = 0,
    dtype: str = "int32",
) -> np.ndarray | KerasTensor:
    """Draws whole numbers from `minimum` to below `maximum`, by the key."""
    return _random(key).integers(shape, key, minimum, maximum, dtype)


def _random(key: Key) -> types.ModuleType:
    """Returns the random numbers of NumPy or, for a tensor, those of TensorFlow."""
    if isinstance(key, np.ndarray):
        return philox
    from ganzoo.data import tensorflow_random

    return tensorflow_random


def cast(values: np.ndarray | KerasTensor, dtype: str) -> np.ndarray | KerasTensor:
    """Casts drawn numbers; those in NumPy stay there, as JAX has no int64."""
    numpy = isinstance(values, np.ndarray)
    return values.astype(dtype) if numpy else ops.cast(values, dtype)


def at_least(name: str, value: int, least: int, most: int = 2**63 - 1) -> None:
    """Raises a DataError that names the value, unless it is an integer in range."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise DataError(f"{name} must be a whole number, not {value!r}.")
    if not least <= value <= most:
        raise DataError(f"{name} must be {least} to {most}, not {value}.")
