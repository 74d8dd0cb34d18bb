import numpy as np
import pytest
import tensorflow as tf

from ganzoo import backend


@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_value_and_gradient_are_the_functions_or_zero(due, jit_compile):
    weights, scale = tf.Variable([1.0, 2.0]), tf.constant([3.0, 5.0])

    @tf.function(jit_compile=jit_compile)
    def both(condition):
        with tf.GradientTape() as tape:
            squares = lambda values: scale * values[0] ** 2  # noqa: E731
            value = backend.value_if(condition, squares, [weights], tf.zeros([2]))
            total = tf.reduce_sum(value * [1.0, 10.0])
        return value, tape.gradient(total, weights)

    value, slope = both(tf.constant(due))
    np.testing.assert_allclose(value, due * np.array([3.0, 20.0]))
    np.testing.assert_allclose(slope, due * np.array([6.0, 200.0]))
