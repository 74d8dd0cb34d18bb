"""Random numbers as functions of (seed, step, place in the global batch)."""

import math
import operator
from collections.abc import Sequence

import keras
from keras import KerasTensor, ops

from ganzoo import backend

# The independent streams of one seed.
TRAINING, EVALUATION, GENERATION, STOCK_LAYERS = range(4)

# Numbers of the streams of `split`, apart from those that callers fold in.
_SPLIT = 2**32
SEEDS = (-(2**63), 2**63 - 1)


def checked_seed(seed: int) -> int:
    """Returns a seed of 64 bits; a larger one would equal another, modulo 2**64."""
    try:
        number = operator.index(seed)
    except TypeError:
        raise ValueError(f"seed={seed!r} must be an integer.") from None
    low, high = SEEDS
    if not low <= number <= high:
        raise ValueError(f"seed={number} must be {low} to {high}, 64 bits.")
    return number


class StepRandom:
    """The random numbers of one step: functions of (seed, step, place).

    The key is made from the seed and the step. Within a draw, each number is a function
    of the key and of its place in the *global* batch. A replica therefore draws only
    the numbers of its own examples, and they do not depend on the number of replicas.

    Draws are distinguished by their order, so the same code draws the same numbers each
    time. In a loop inside a graph, `fold` the loop's index.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    _BLOCK = 4  # Philox4x32: one counter value yields four 32-bit numbers

    def __init__(self, key: KerasTensor, shard: KerasTensor | int = 0):
        """Starts a stream.

        Args:
            key: Key of the stream; see `root` and `fold`.
            shard: Which part of the global batch to draw for: the replica's id.
        """
        self.key = key
        self.shard = shard
        self._draws = 0

    @classmethod
    def root(cls, seed: int, shard: KerasTensor | int = 0) -> "StepRandom":
        """Starts the stream of a seed."""
        return cls(backend.random_key(checked_seed(seed)), shard)

    def fold(self, data: KerasTensor | int) -> "StepRandom":
        """Returns an independent stream for each value of `data` (an integer)."""
        return StepRandom(backend.fold_in(self.key, data), self.shard)

    def split(self) -> "StepRandom":
        """Returns an independent stream, another one for each call.

        For what a step may or may not do: its draws leave the order of this stream's
        own draws as it is.
        """
        number = _SPLIT + self._draws
        self._draws += 1
        return self.fold(number)

    def bits(self, shape: Sequence, dtype: str = "uint32") -> KerasTensor:
        """Draws random bits as whole numbers.

        Args:
            shape: Shape of the result; `shape[0]` counts this shard's examples.
            dtype: `"uint32"`, or `"uint16"` at half the cost.
        """
        rows, *example = shape
        size = math.prod(example)
        per_word = 2 if keras.backend.standardize_dtype(dtype) == "uint16" else 1
        # Whole blocks per example, so that shards align.
        blocks = -(-size // (self._BLOCK * per_word))
        drawn = backend.random_words(self.key, self._draws, self.shard, rows, blocks)
        self._draws += 1
        if per_word > 1:
            drawn = backend.random_halves(drawn)
        if size < blocks * self._BLOCK * per_word:
            drawn = drawn[:, :size]
        return ops.reshape(drawn, [rows, *example])

    def uniform(self, shape: Sequence) -> KerasTensor:
        """Draws float32 numbers in [0, 1); `shape[0]` as in `bits`."""
        # From the 24 high bits, explicitly: XLA and TensorFlow's kernel use different
        # bits for their floating-point numbers.
        high = ops.bitwise_right_shift(self.bits(shape), ops.array(8, "uint32"))
        return ops.cast(high, "float32") * 2.0**-24

    def normal(self, shape: Sequence) -> KerasTensor:
        """Draws float32 standard normal numbers; `shape[0]` as in `bits`."""
        # The Box-Muller transform, explicitly: XLA pairs the numbers of
        # StatelessRandomNormalV2 across the whole tensor, so a shard would not be a
        # slice of the global draw.
        rows, *example = shape
        size = math.prod(example)
        half = -(-size // 2)
        pairs = self.uniform([rows, 2, half])
        # 1 - u is in (0, 1]: its logarithm is finite.
        radius = ops.sqrt(-2.0 * ops.log(1.0 - pairs[:, 0]))
        angle = 2.0 * math.pi * pairs[:, 1]
        values = ops.concatenate(
            [radius * ops.cos(angle), radius * ops.sin(angle)], axis=1
        )
        return ops.reshape(values[:, :size], [rows, *example])

    def integers(self, shape: Sequence, maximum: int) -> KerasTensor:
        """Draws int32 numbers in [0, maximum); `shape[0]` as in `bits`."""
        drawn = ops.cast(self.uniform(shape) * float(maximum), "int32")
        return ops.minimum(drawn, maximum - 1)  # rounding up to `maximum` is possible
