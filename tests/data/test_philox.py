"""NumPy draws what TensorFlow draws."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo.data import philox, tensorflow_random

KEYS = [(0, 0), (7, 123_456_789_012_345), (-(2**63), 2**63 - 1), (-1, -2)]


@pytest.fixture(params=KEYS, ids=str)
def keys(request):
    key = np.array(request.param, np.int64)
    return key, tf.constant(key)


def test_all_bits_are_tensorflows(keys):
    for count in (1, 2, 7, 1000):
        ours, theirs = (
            philox.bits(count, keys[0]),
            tensorflow_random.bits(count, keys[1]),
        )
        assert ours.dtype == np.int64
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize(
    ("minimum", "maximum"), [(0, 2), (-3, 4), (0, 1501), (0, 2**31 - 1)]
)
def test_whole_numbers_are_tensorflows(keys, minimum, maximum, dtype):
    ours, theirs = (
        module.integers((5, 3), key, minimum, maximum, dtype)
        for module, key in zip((philox, tensorflow_random), keys, strict=True)
    )
    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours, theirs)
    assert minimum <= ours.min() <= ours.max() < maximum


def test_more_orders_than_32_bits_hold_are_tensorflows(keys):
    ours, theirs = (
        module.integers([9], key, 0, 10**12, "int64")
        for module, key in zip((philox, tensorflow_random), keys, strict=True)
    )
    np.testing.assert_array_equal(ours, theirs)
    assert ours.max() > 2**32


def test_uniform_numbers_are_tensorflows(keys):
    ours, theirs = (
        module.uniform((4, 3, 5), key)
        for module, key in zip((philox, tensorflow_random), keys, strict=True)
    )
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", [(1,), (101,), (30, 2)])
def test_normal_numbers_are_tensorflows_up_to_rounding(keys, shape):
    ours, theirs = (
        module.normal(shape, key)
        for module, key in zip((philox, tensorflow_random), keys, strict=True)
    )
    assert (ours.dtype, ours.shape) == (np.float32, shape)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


def test_keys_of_a_key_are_tensorflows(keys):
    ours, theirs = (
        module.keys_of(key, 3)
        for module, key in zip((philox, tensorflow_random), keys, strict=True)
    )
    np.testing.assert_array_equal(ours, theirs)
    assert len({tuple(key) for key in ours}) == 3
