import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import Conv2D, Conv2DTranspose, direct_convolutions, fft_convolution
from ganzoo.layers.fft_convolution import Axis
from tests.layers.test_convolution import check_equal, pair

GRIDS = [(4, 4), (3, 5), (7, 7), (9, 2)]
KERNELS = [(5, 5), (4, 4), (3, 3), (2, 2), (1, 1), (3, 5), (7, 2)]
STRIDES = [1, 2, 3]
CASES = list(itertools.product(GRIDS, KERNELS, STRIDES))
# Convolutions that the frequencies are the faster way to do.
FAST = [
    (Conv2D, keras.layers.Conv2D, (7, 7, 32), 48, 5, 1),
    (Conv2D, keras.layers.Conv2D, (8, 8, 64), 96, 5, 2),
    (Conv2DTranspose, keras.layers.Conv2DTranspose, (7, 7, 48), 32, 5, 1),
    (Conv2DTranspose, keras.layers.Conv2DTranspose, (4, 4, 96), 64, 5, 2),
]


def normal(*shape, dtype=tf.float64, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1], dtype=dtype)


def by_fft(layer, inputs) -> bool:
    """Whether the layer multiplies matrices, and does not convolve."""
    graph = tf.function(layer).get_concrete_function(inputs).graph
    kinds = {op.type for op in graph.get_operations()}
    return not any(kind.startswith("Conv2D") for kind in kinds)


@pytest.mark.parametrize(("cells", "taps", "stride"), CASES)
def test_it_is_the_convolution_of_tensorflow(cells, taps, stride):
    inputs = normal(2, stride * cells[0], stride * cells[1], 3)
    kernel = normal(*taps, 3, 4, seed=1)
    expected = tf.nn.conv2d(inputs, kernel, stride, "SAME")
    found = fft_convolution.convolution(inputs, kernel, stride)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("cells", "taps", "stride"), CASES)
def test_the_transposed_one_is_that_of_tensorflow(cells, taps, stride):
    inputs, kernel = normal(2, *cells, 4), normal(*taps, 3, 4, seed=1)
    shape = [2, stride * cells[0], stride * cells[1], 3]
    expected = tf.nn.conv2d_transpose(inputs, kernel, shape, stride, "SAME")
    found = fft_convolution.transposed(inputs, kernel, stride)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_first_and_second_derivatives_are_those_of_the_convolution():
    """As the gradient penalty of a critic takes them."""
    inputs, kernel = normal(2, 8, 8, 3), normal(5, 5, 3, 4, seed=1)

    def derivatives(convolve):
        with tf.GradientTape() as outer:
            outer.watch([inputs, kernel])
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                loss = tf.reduce_sum(tf.tanh(convolve(inputs, kernel)))
            slope = inner.gradient(loss, inputs)
            penalty = tf.reduce_sum(slope**2)
        return slope, *outer.gradient(penalty, [inputs, kernel])

    expected = derivatives(lambda x, w: tf.nn.conv2d(x, w, 2, "SAME"))
    found = derivatives(lambda x, w: fft_convolution.convolution(x, w, 2))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


@pytest.mark.parametrize(("cells", "taps", "stride"), CASES)
def test_the_products_are_counted_as_they_are(cells, taps, stride):
    axes = [Axis(*both, stride) for both in zip(cells, taps, strict=True)]
    channels, filters, batch = 3, 4, 2
    direct, theirs = fft_convolution.multiplications(*axes, channels, filters, batch)
    # With ones everywhere, an output is the number of its products.
    ones = tf.ones([1, stride * cells[0], stride * cells[1], 1])
    met = tf.nn.conv2d(ones, tf.ones([*taps, 1, 1]), stride, "SAME")
    assert direct == int(tf.reduce_sum(met)) * channels * filters * batch
    into, kernel, back = fft_convolution.transforms(*axes)
    assert kernel.shape == (into.shape[0] * stride**2, taps[0] * taps[1])
    depth = stride**2 * channels
    assert theirs == (
        batch * (into.size * depth + back.size * filters)
        + batch * into.shape[0] * depth * filters
        + fft_convolution.KERNEL_COST
        * into.shape[0]
        * taps[0]
        * taps[1]
        * channels
        * filters
    )


def test_seven_cells_and_five_taps_take_121_products_instead_of_841():
    axis = Axis(7, 5, 1)
    assert fft_convolution.transforms(axis, axis).inputs.shape == (121, 49)
    assert fft_convolution.multiplications(axis, axis, 1, 1, 1)[0] == 841


@pytest.mark.parametrize(
    ("ours", "theirs", "shape", "filters", "kernel", "stride"), FAST
)
def test_a_layer_that_gains_computes_what_keras_does(
    ours, theirs, shape, filters, kernel, stride
):
    options = {"strides": stride, "padding": "same", "activation": "tanh"}
    layer, reference = pair(ours, theirs, shape, filters, kernel, **options)
    inputs = normal(128, *shape, dtype=tf.float32)
    assert by_fft(layer, inputs)
    check_equal(layer, reference, inputs, tolerance=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "shape", "filters", "kernel", "stride"), FAST
)
def test_bfloat16_is_about_as_exact_as_the_direct_way(
    ours, theirs, shape, filters, kernel, stride
):
    options = {"strides": stride, "padding": "same", "dtype": "mixed_bfloat16"}
    layer = ours(filters, kernel, **options)
    inputs = tf.cast(normal(128, *shape, dtype=tf.float32), tf.bfloat16)
    layer.build(inputs.shape)
    weights = tf.cast(layer.kernel, tf.bfloat16)  # both see the same rounded ones
    wide = ours(filters, kernel, strides=stride, padding="same")
    wide.build(inputs.shape)
    wide.set_weights([tf.cast(weights, tf.float32), layer.bias])
    assert by_fft(layer, inputs)
    outputs = layer(inputs)
    assert outputs.dtype == tf.bfloat16
    with direct_convolutions():
        exact = wide(tf.cast(inputs, tf.float32))
    error = tf.cast(outputs, tf.float32) - exact
    # A rounding to bfloat16 is off by 2^-9 at most; here there are four of them.
    assert tf.math.reduce_std(error) < 4 * 2.0**-9 * tf.math.reduce_std(exact)


@pytest.mark.parametrize(
    ("batch", "shape", "filters", "kernel", "stride", "why"),
    [
        (4, (7, 7, 32), 48, 5, 1, "the kernel's transform outweighs so few images"),
        (None, (7, 7, 32), 48, 5, 1, "so many as there may be"),
        (128, (7, 7, 4), 48, 5, 1, "few channels"),
        (128, (40, 40, 32), 32, 5, 1, "a large grid"),
        (128, (7, 7, 32), 48, 1, 1, "nothing to gain"),
        (128, (7, 7, 32), 48, 5, 2, "the stride does not divide the grid"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_would_not_gain_goes_the_direct_way(
    batch, shape, filters, kernel, stride, why
):
    layer = Conv2D(filters, kernel, strides=stride, padding="same")
    assert not by_fft(layer, tf.TensorSpec((batch, *shape), tf.float32))


def test_direct_convolutions_are_direct_inside_only():
    layer = Conv2D(48, 5, padding="same")
    inputs = tf.TensorSpec((128, 7, 7, 32), tf.float32)
    with direct_convolutions():
        assert not by_fft(layer, inputs)
    assert by_fft(layer, inputs)


def test_devices_that_convolve_by_themselves_go_the_direct_way(monkeypatch):
    found = [tf.config.LogicalDevice("/device:GPU:0", "GPU")]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: found)
    layer = Conv2D(48, 5, padding="same")
    assert not by_fft(layer, tf.TensorSpec((128, 7, 7, 32), tf.float32))
