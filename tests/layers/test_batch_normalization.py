import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import BatchNormalization


@pytest.fixture(params=[(6, 5), (4, 3, 2, 5)], ids=["dense", "convolutional"])
def inputs(request):
    return np.random.default_rng(0).normal(2, 3, request.param).astype(np.float32)


def layers(shape):
    """Ours and Keras's with the same random weights."""
    found = []
    for kind in (BatchNormalization, keras.layers.BatchNormalization):
        layer = kind(momentum=0.7, epsilon=0.01)
        layer.build(shape)
        random = np.random.default_rng(1)
        layer.set_weights([random.uniform(0.5, 2, w.shape) for w in layer.weights])
        found.append(layer)
    return found


def trained(layer, inputs, upstream):
    values = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(values)
        outputs = layer(values, training=True)
    sources = [values, layer.gamma.value, layer.beta.value]
    gradients = tape.gradient(outputs, sources, upstream)
    return [outputs, *gradients, *layer.weights]


def test_fused_outputs_gradients_and_moving_statistics_are_those_of_keras(inputs):
    upstream = np.random.default_rng(2).normal(size=inputs.shape).astype(np.float32)
    ours, theirs = (trained(layer, inputs, upstream) for layer in layers(inputs.shape))
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(our), np.asarray(their), atol=2e-5)


def test_inference_uses_the_moving_statistics(inputs):
    ours, theirs = (layer(inputs, training=False) for layer in layers(inputs.shape))
    np.testing.assert_array_equal(ours, theirs)


def test_closed_form_of_the_moving_average():
    layer = BatchNormalization(momentum=0.75)
    batch = np.float32([[1.0], [2.0], [6.0]])
    layer(batch, training=True)
    np.testing.assert_allclose(layer.moving_mean, [0.25 * 3.0])
    np.testing.assert_allclose(
        layer.moving_variance, [0.75 + 0.25 * batch.var()], rtol=1e-6
    )


def test_second_derivatives_are_those_of_keras(inputs):
    found = []
    for layer in layers(inputs.shape):
        values = tf.constant(inputs)
        with tf.GradientTape() as outer:
            outer.watch(values)
            with tf.GradientTape() as inner:
                inner.watch(values)
                outputs = layer(values, training=True) ** 3
            slope = tf.reduce_sum(inner.gradient(outputs, values) ** 2)
        found.append(outer.gradient(slope, values))
    scale = np.abs(found[1]).max()
    np.testing.assert_allclose(found[0] / scale, found[1] / scale, atol=1e-4)


def test_works_in_mixed_precision_and_keeps_its_dtype(inputs):
    layer = BatchNormalization(dtype="mixed_bfloat16")
    outputs = layer(inputs, training=True)
    assert outputs.dtype == tf.bfloat16
    exact = BatchNormalization()(inputs, training=True)
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), exact, atol=0.03)
    assert layer.moving_variance.dtype == "float32"


def test_two_replicas_normalise_by_the_statistics_of_the_global_batch(inputs, mirrored):
    alone = layers(inputs.shape)[0]
    expected = alone(inputs, training=True)
    strategy = mirrored(2)
    with strategy.scope():
        shared = layers(inputs.shape)[0]
    halves = np.split(inputs, 2)
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(halves[context.replica_id_in_sync_group])
    )
    outputs = strategy.run(tf.function(lambda x: shared(x, training=True)), (values,))
    found = np.concatenate(strategy.experimental_local_results(outputs))
    np.testing.assert_allclose(found, expected, atol=2e-5)
    np.testing.assert_allclose(shared.moving_variance, alone.moving_variance, rtol=1e-5)


def test_masks_frozen_layers_and_other_axes_are_left_to_keras(inputs):
    frozen = BatchNormalization(trainable=False)
    expected = keras.layers.BatchNormalization(trainable=False)(inputs, training=True)
    np.testing.assert_array_equal(frozen(inputs, training=True), expected)
    first = BatchNormalization(axis=1)
    expected = keras.layers.BatchNormalization(axis=1)(inputs, training=True)
    np.testing.assert_allclose(first(inputs, training=True), expected, atol=2e-5)


def test_config_round_trip():
    layer = BatchNormalization(momentum=0.5)
    copy = BatchNormalization.from_config(layer.get_config())
    assert copy.momentum == 0.5
    assert copy.synchronized
