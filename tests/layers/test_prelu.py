import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import PReLU

SLOPES = np.array([-0.5, 0.0, 0.25, 1.5], np.float32)


def layer(kind, dtype="float32"):
    built = kind(shared_axes=[1, 2], dtype=dtype)
    built.build((None, 3, 3, 4))
    built.alpha.assign(SLOPES.reshape(1, 1, 4))
    return built


def with_gradients(kind, dtype="float32"):
    """Output, slopes by input and alpha, and those of a penalty on the former."""
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 4)).astype(np.float32)
    x, own = tf.cast(x, dtype), layer(kind, dtype)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            y = own(x)
            loss = tf.reduce_sum(tf.cast(y, tf.float32) ** 2)
        slope = inner.gradient(loss, x)
        penalty = tf.reduce_sum(tf.cast(slope, tf.float32) ** 2)
    by_alpha = inner.gradient(loss, own.alpha.value)
    return [y, slope, by_alpha, *outer.gradient(penalty, [x, own.alpha.value])]


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_values_and_gradients_are_those_of_keras(dtype):
    policy = keras.dtype_policies.get(dtype)
    ours, theirs = (
        with_gradients(kind, policy.compute_dtype)
        for kind in (PReLU, keras.layers.PReLU)
    )
    tolerance = {"float32": 1e-6, "mixed_bfloat16": 2e-2}[dtype]
    for value, expected in zip(ours, theirs, strict=True):
        assert value.dtype == expected.dtype
        value, expected = (tf.cast(t, tf.float32).numpy() for t in (value, expected))
        scale = np.abs(expected).max()
        np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance * scale)


def test_with_mixed_precision_with_xla_and_after_saving_it_is_the_same(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = keras.Sequential(
        [keras.Input((3, 3, 4)), PReLU("ones", shared_axes=[1, 2])]
    )
    model.layers[0].alpha.assign(SLOPES.reshape(1, 1, 4))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is PReLU
    x = tf.random.stateless_normal((2, 3, 3, 4), [0, 1])
    compiled = tf.function(again, jit_compile=True)(x)
    assert compiled.dtype == tf.bfloat16
    np.testing.assert_array_equal(
        tf.cast(compiled, tf.float32), tf.cast(model(x), tf.float32)
    )
