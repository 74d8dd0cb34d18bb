import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import LeakyReLU

VALUES = np.array([-1e30, -2.5, -1e-30, -0.0, 0.0, 1e-30, 0.5, 1e30], np.float32)


def with_gradients(layer, dtype):
    """The output, its slope, and the slope of its slope's square."""
    x = tf.cast(VALUES, dtype)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(y * tf.constant(np.arange(1, 9), dtype))
        slope = inner.gradient(loss, x)
        penalty = tf.reduce_sum((slope * x / 1e15) ** 2)
    return y, slope, outer.gradient(penalty, x)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_values_and_slopes_are_those_of_keras_to_the_bit(slope, dtype):
    ours = with_gradients(LeakyReLU(slope, dtype=dtype), dtype)
    theirs = with_gradients(keras.layers.LeakyReLU(slope, dtype=dtype), dtype)
    for value, expected in zip(ours, theirs, strict=True):
        assert value.dtype == expected.dtype
        np.testing.assert_array_equal(
            tf.cast(value, tf.float32), tf.cast(expected, tf.float32)
        )


def test_the_backward_pass_does_not_ask_for_the_input():
    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = LeakyReLU(0.3)(x)
        return tape.gradient(y, x)

    graph = slope.get_concrete_function(tf.zeros(3)).graph
    (backward,) = [op for op in graph.get_operations() if op.type == "LeakyReluGrad"]
    (forward,) = [op for op in graph.get_operations() if op.type == "LeakyRelu"]
    source = backward.inputs[1].op
    while source.type == "Identity":
        source = source.inputs[0].op
    assert source is forward


def test_with_xla_and_after_saving_it_is_the_same(tmp_path):
    model = keras.Sequential([keras.Input((8,)), LeakyReLU(0.2)])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is LeakyReLU
    assert again.layers[0].negative_slope == 0.2
    x = tf.constant(VALUES[None])
    compiled = tf.function(again, jit_compile=True)(x)
    np.testing.assert_array_equal(compiled, model(x))
