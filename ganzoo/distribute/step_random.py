"""The random numbers of a step, the same on however many replicas."""

import math
import operator
from collections.abc import Sequence

import tensorflow as tf

SEEDS = (-(2**63), 2**63 - 1)


def checked_seed(seed: int) -> int:
    """Returns a seed, if there is a stream of random numbers for it.

    Args:
        seed: Integer of 64 bits; NumPy's integers are taken, too.

    Raises:
        ValueError: Another number: taken modulo 2**64, it would be that of another
            seed.
    """
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

    Philox is counter based: number i of a stream is a pure function of (key, i). The
    key is made from the seed and the step; the counter is the place of the number in
    the *global* batch. A replica therefore draws its own examples' numbers and no
    others, and gets the same ones however many replicas there are.

    Draws are told apart by their order, so the same code draws the same numbers each
    time. In a loop inside the graph, `fold` the loop's index.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    _PHILOX = 1  # the only algorithm with the same numbers with and without XLA
    _BLOCK = 4  # Philox4x32: one counter value yields four 32-bit numbers

    def __init__(self, key: tf.Tensor, shard: tf.Tensor | int = 0):
        """Starts a stream.

        Args:
            key: uint64 `[1]`; see `root_key` and `fold`.
            shard: Which run of examples of the global batch is drawn here: the
                replica's number in sync.
        """
        self.key = key
        self.shard = shard
        self._draws = 0

    @classmethod
    def root(cls, seed: int, shard: tf.Tensor | int = 0) -> "StepRandom":
        """Starts the stream of a seed.

        Raises:
            ValueError: A seed that is no integer of 64 bits.
        """
        return cls(tf.constant([checked_seed(seed) % 2**64], tf.uint64), shard)

    def fold(self, data: tf.Tensor | int) -> "StepRandom":
        """Returns an independent stream for each value of `data` (an integer)."""
        # Draws use the counter's upper word from 0 up, so that no draw meets this one.
        counter = tf.stack(
            [tf.cast(data, tf.uint64), tf.constant(2**64 - 1, tf.uint64)]
        )
        # 32-bit words: XLA and TensorFlow's kernel pair them differently to 64 bits.
        words = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[1, 2],
            key=self.key,
            counter=counter,
            alg=self._PHILOX,
            dtype=tf.uint32,
        )
        return StepRandom(tf.bitcast(words, tf.uint64), self.shard)

    def bits(
        self, shape: Sequence[int | tf.Tensor], dtype: tf.DType = tf.uint32
    ) -> tf.Tensor:
        """Draws random bits as whole numbers.

        Args:
            shape: Shape of the result; `shape[0]` counts this shard's examples.
            dtype: `tf.uint32`, or `tf.uint16` at half the cost.
        """
        count, *example = shape
        size = math.prod(example)
        parts = 4 // dtype.size  # numbers of a 32-bit word
        # Whole blocks an example, so that shards align.
        blocks = -(-size // (self._BLOCK * parts))
        first = tf.cast(self.shard, tf.int64) * tf.cast(count, tf.int64) * blocks
        counter = tf.stack(
            [tf.cast(first, tf.uint64), tf.constant(self._draws, tf.uint64)]
        )
        self._draws += 1
        words = blocks * self._BLOCK
        drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[count, words],
            key=self.key,
            counter=counter,
            alg=self._PHILOX,
            dtype=tf.uint32,
        )
        if parts > 1:
            drawn = tf.reshape(tf.bitcast(drawn, dtype), [count, words * parts])
        if size < words * parts:
            drawn = drawn[:, :size]
        return tf.reshape(drawn, [count, *example])

    def uniform(self, shape: Sequence[int | tf.Tensor]) -> tf.Tensor:
        """Draws float32 numbers in [0, 1); `shape[0]` as in `bits`."""
        # From the 24 high bits, by hand: XLA and TensorFlow's kernel make their
        # floating-point numbers of different bits.
        high = tf.bitwise.right_shift(self.bits(shape), tf.constant(8, tf.uint32))
        return tf.cast(high, tf.float32) * 2.0**-24

    def normal(self, shape: Sequence[int | tf.Tensor]) -> tf.Tensor:
        """Draws float32 standard normal numbers; `shape[0]` as in `bits`."""
        # Box and Muller's transform, written out: XLA pairs the numbers of
        # StatelessRandomNormalV2 across the whole tensor, so a shard of it would not
        # be a slice of the global draw.
        count, *example = shape
        size = math.prod(example)
        half = -(-size // 2)
        pairs = self.uniform([count, 2, half])
        # 1 - u is in (0, 1]: its logarithm is finite.
        radius = tf.sqrt(-2.0 * tf.math.log(1.0 - pairs[:, 0]))
        angle = 2.0 * math.pi * pairs[:, 1]
        values = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=1)
        return tf.reshape(values[:, :size], [count, *example])

    def integers(self, shape: Sequence[int | tf.Tensor], maximum: int) -> tf.Tensor:
        """Draws int32 numbers in [0, maximum); `shape[0]` as in `bits`."""
        drawn = tf.cast(self.uniform(shape) * float(maximum), tf.int32)
        return tf.minimum(drawn, maximum - 1)  # rounding up to `maximum` is possible
