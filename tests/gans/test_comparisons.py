"""Layers of users that compare the images of a batch are warned of on replicas."""

import warnings

import keras
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.gans.comparisons import warn_of_comparisons

LAYERS, OPS = keras.layers, keras.ops


class Statistics(LAYERS.Layer):
    """Minibatch standard deviation (Karras et al. 2018)."""

    def call(self, inputs):
        spread = OPS.mean(OPS.std(inputs, axis=0))
        return OPS.concatenate([inputs, 0 * inputs[:, :1] + spread], axis=1)


class Normalized(LAYERS.Layer):
    def call(self, inputs):
        return inputs - OPS.mean(inputs, axis=0, keepdims=True)


class Each(LAYERS.Layer):
    """Something of each image by itself, with layers of Keras inside."""

    def __init__(self):
        super().__init__()
        self.inner = LAYERS.BatchNormalization()
        self.drop = LAYERS.Dropout(0.5)

    def call(self, inputs, training=False):
        spread = OPS.std(inputs, axis=1, keepdims=True)
        return (
            self.drop(self.inner(inputs, training=training), training=training) / spread
        )


class Noisy(LAYERS.Layer):
    def call(self, inputs):
        return inputs + ganzoo.layers.current_random().normal(tf.shape(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape


class Wrapping(LAYERS.Layer):
    def __init__(self):
        super().__init__()
        self.inner = ganzoo.layers.MinibatchDiscrimination(2, 2)

    def call(self, inputs):
        return self.inner(inputs)


WARNED = {
    "minibatch standard deviation": Statistics,
    "the batch's mean": Normalized,
    "in a Lambda": lambda: LAYERS.Lambda(lambda x: x - OPS.max(x, axis=0)),
    "in a model": lambda: keras.Sequential([keras.Input((16,)), Statistics()]),
}
PASSED = {
    "each by itself": Each,
    "ours": lambda: ganzoo.layers.MinibatchDiscrimination(2, 2),
    "ours in one's own": Wrapping,
    "Keras's": lambda: LAYERS.BatchNormalization(synchronized=True),
    "noise": Noisy,
}


def network(layer) -> keras.Model:
    images = keras.Input((4, 4, 1))
    return keras.Model(images, LAYERS.Dense(1)(layer(LAYERS.Flatten()(images))))


@pytest.mark.parametrize("case", WARNED)
def test_what_compares_images_is_found(case):
    with pytest.warns(UserWarning, match="of the critic, a .*depends on their number"):
        warn_of_comparisons("critic", network(WARNED[case]())._flatten_layers())


@pytest.mark.parametrize("case", PASSED)
def test_what_takes_each_image_by_itself_is_let_be(case):
    layers = network(PASSED[case]())._flatten_layers()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warn_of_comparisons("critic", layers)


def test_a_gan_warns_on_replicas_only(tiny_networks, mirrored):
    generator, _ = tiny_networks()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ganzoo.GAN(generator, network(Statistics()))
    with mirrored(2).scope():
        generator, _ = tiny_networks()
        with pytest.warns(
            UserWarning, match=r"statistics.* of the discriminator.*, 2\."
        ):
            ganzoo.GAN(generator, network(Statistics(name="statistics")))
