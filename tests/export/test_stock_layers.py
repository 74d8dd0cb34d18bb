"""Generators rebuilt from Keras's own layers compute what they did."""

import keras
import numpy as np
import pytest

from ganzoo import layers, networks
from ganzoo.export import foreign, stock


def noise(size: int, count: int = 5) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)


def with_statistics(model: keras.Model) -> keras.Model:
    """Gives all weights values other than the initial ones."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        if "iterated" not in weight.path:
            weight.assign(random.uniform(0.1, 0.5, weight.shape))
    return model


def generator() -> keras.Model:
    """Every layer of ganzoo that stands in for one of Keras."""
    return with_statistics(
        keras.Sequential(
            [
                keras.Input((3,)),
                layers.SpectralNormalization(keras.layers.Dense(32)),
                layers.BatchNormalization(),
                layers.LeakyReLU(0.3),
                layers.Dropout(0.5),
                keras.layers.Reshape((4, 4, 2)),
                layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
                layers.PReLU(shared_axes=[1, 2]),
                layers.SpectralNormalization(layers.Conv2D(3, 3, padding="same")),
                layers.SpectralNormalization(
                    layers.Conv2DTranspose(2, 3, padding="same")
                ),
                keras.layers.Activation("tanh"),
            ]
        )
    )


def test_every_layer_with_an_equal_in_keras_is_replaced_by_it():
    model = generator()
    assert foreign(model) != []
    found = stock(model)
    assert foreign(found) == []
    assert {type(layer).__module__.split(".")[0] for layer in found.layers} == {"keras"}
    given = noise(3)
    expected = model(given, training=False).numpy()
    np.testing.assert_allclose(found(given, training=False), expected, atol=1e-5)
    model.weights[0].assign(9.0 + model.weights[0])  # its own weights
    np.testing.assert_allclose(found(given, training=False), expected, atol=1e-5)


def test_models_within_models_and_labels_are_rebuilt_too():
    inner = generator()
    given, label = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([given, keras.ops.one_hot(label, 4)])
    model = keras.Model([given, label], inner(keras.layers.Dense(3)(joined)))
    inputs = [keras.Input((3,), name="noise"), keras.Input((), dtype="int32")]
    found = stock(model, inputs)
    assert foreign(found) == []
    assert found.inputs[0].name == "noise"
    fed = [noise(3), np.arange(5, dtype=np.int32) % 4]
    np.testing.assert_allclose(
        found(fed, training=False), model(fed, training=False), atol=1e-5
    )


def test_half_precision_becomes_float32():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = networks.small_generator(3, shape=(8, 8, 1), width=2)
    finally:
        keras.config.set_dtype_policy(before)
    found = stock(model)
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}
    given = noise(3)
    np.testing.assert_allclose(found(given), model(given), atol=0.05)


@keras.saving.register_keras_serializable("tests")
class Halves(keras.layers.Layer):
    """A layer without weights that is written in operations of Keras."""

    def call(self, inputs):
        return keras.ops.concatenate([inputs[:, :2], -inputs[:, 2:]], axis=1)


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.layers.Layer):
    """A layer with a weight, which no layer of Keras stands for."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


@pytest.mark.parametrize(("layer", "left"), [(Halves, []), (Scaled, ["Scaled"])])
def test_other_layers_leave_their_operations_or_are_named(layer, left):
    model = with_statistics(
        keras.Sequential([keras.Input((4,)), layer(), keras.layers.Dense(2)])
    )
    found = stock(model)
    assert foreign(found) == left
    np.testing.assert_allclose(found(noise(4)), model(noise(4)), atol=1e-6)
