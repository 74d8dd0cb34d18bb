"""Philox in NumPy: the numbers of `tf.random.stateless_*` with `alg="philox"`.

A batch is a function of (seed, step) whatever computes it: order, choices and uniform
numbers equal TensorFlow's bit for bit, normal ones up to rounding.

Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", with the key
and the counter that TensorFlow makes of a seed.
"""

import math
from collections.abc import Sequence

import numpy as np

_LOW = np.uint64(2**32 - 1)
_32 = np.uint64(32)
# Philox4x32: the multipliers of words 0 and 2, and what the two words of the key grow
# by in each round.
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_GROWTH = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = 10
# TensorFlow's key for scrambling seeds.
_SCRAMBLING = np.array([0x3EC8F720, 0x02461E29], np.uint64)


def keys_of(key: np.ndarray, count: int) -> list[np.ndarray]:
    """Returns independent keys, each int64 `[2]`."""
    return list(bits(2 * count, key).reshape(count, 2))


def integers(
    shape: Sequence[int],
    key: np.ndarray,
    minimum: int,
    maximum: int,
    dtype: str,
) -> np.ndarray:
    """Draws whole numbers from `minimum` to below `maximum`, "int32" or "int64"."""
    drawn = _words(key, math.prod(shape), 64 if dtype == "int64" else 32)
    return (minimum + (drawn % (maximum - minimum)).astype(dtype)).reshape(tuple(shape))


def bits(count: int, key: np.ndarray) -> np.ndarray:
    """Draws all bits of whole numbers, int64 `[count]`."""
    return _words(key, count, 64).view(np.int64)


def uniform(shape: Sequence[int], key: np.ndarray) -> np.ndarray:
    """Draws float32 numbers in [0, 1), multiples of 2^-23."""
    return _fractions(_words(key, math.prod(shape))).reshape(tuple(shape))


def normal(shape: Sequence[int], key: np.ndarray) -> np.ndarray:
    """Draws float32 standard normal numbers, by the Box-Muller transform."""
    size = math.prod(shape)
    pairs = _fractions(_words(key, size + size % 2)).reshape(-1, 2)
    radius = np.sqrt(-2 * np.log(np.maximum(pairs[:, 0], np.float32(1e-7))))
    angle = np.float32(2 * math.pi) * pairs[:, 1]
    values = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return values.ravel()[:size].reshape(tuple(shape))


def _fractions(words: np.ndarray) -> np.ndarray:
    """Returns numbers in [0, 1) with the low 23 bits of each word as their digits."""
    ones = (words & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)  # 1 <= x < 2
    return ones.view(np.float32) - np.float32(1)


def _words(key: np.ndarray, count: int, width: int = 32) -> np.ndarray:
    """Draws random words, uint32 or uint64 `[count]`, by a key, int64 `[2]`."""
    seed = np.asarray(key, "<i8").view("<u4").astype(np.uint64)
    mixed = _philox(seed[None], _SCRAMBLING)[0].astype(np.uint64)
    blocks = -(-count * (width // 32) // 4)
    counters = np.empty((blocks, 4), np.uint64)
    number = np.arange(blocks, dtype=np.uint64)
    counters[:, 0], counters[:, 1] = number & _LOW, number >> _32
    counters[:, 2:] = mixed[2:]
    drawn = _philox(counters, mixed[:2]).ravel()
    return drawn.view(f"<u{width // 8}")[:count]


def _philox(counters: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Encrypts counters, uint64 `[n, 4]` of 32 bits each, to random words, uint32."""
    zero, one, two, three = counters.T
    for _ in range(_ROUNDS):
        first, second = zero * _MULTIPLIERS[0], two * _MULTIPLIERS[1]
        zero, one = (second >> _32) ^ one ^ key[0], second & _LOW
        two, three = (first >> _32) ^ three ^ key[1], first & _LOW
        key = (key + _GROWTH) & _LOW
    return np.stack([zero, one, two, three], axis=1).astype("<u4")
