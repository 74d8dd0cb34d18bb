import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import losses
from ganzoo.layers import LogitDifference


def test_its_sigmoid_cross_entropy_is_the_softmax_one_of_the_two_logits():
    two = tf.constant(np.random.default_rng(0).normal(0, 3, (50, 2)).astype("float32"))
    real = tf.one_hot(tf.zeros([50], tf.int32), 2)
    fake = tf.one_hot(tf.ones([50], tf.int32), 2)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(two)
        logits = LogitDifference()(two)
        one = losses.non_saturating().discriminator(logits, logits)
        softmax = [
            tf.nn.softmax_cross_entropy_with_logits(wanted, two)
            for wanted in (real, fake)
        ]
        expected = softmax[0] + softmax[1]
    assert logits.shape == (50, 1)
    np.testing.assert_allclose(one, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        tape.gradient(one, two), tape.gradient(expected, two), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        losses.probability(logits), tf.nn.softmax(two)[:, 0], rtol=1e-5
    )


def test_it_computes_in_float32_whatever_the_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    two = tf.constant([[[256.0, 255.0], [1.0, 3.0]]])
    difference = LogitDifference()(two)
    assert difference.dtype == tf.float32
    np.testing.assert_array_equal(difference, [[[1.0], [-2.0]]])


def test_another_number_of_logits_is_refused():
    with pytest.raises(ValueError, match=r"takes two logits, \(..., 2\)"):
        LogitDifference()(tf.zeros([4, 3]))
