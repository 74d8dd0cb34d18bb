"""The residual networks against the table of Gulrajani et al. 2017, appendix F."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import cifar10_resnet_critic, cifar10_resnet_generator

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps


def shape(network, name):
    return network.get_layer(name).output.shape[1:]


def blocks(network):
    """What comes out of each residual block."""
    added = [x for x in network.layers if isinstance(x, keras.layers.Add)]
    return [layer.output.shape[1:] for layer in added]


def kernels(network):
    convolutions = (x for x in network.layers if isinstance(x, keras.layers.Conv2D))
    return [tuple(layer.kernel.shape) for layer in convolutions]


def trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


# ------------------------------------------------------------------------ the tables


def test_the_generator_is_that_of_the_table():
    generator = cifar10_resnet_generator()
    assert generator.input_shape == (None, 128)
    assert shape(generator, "project") == (4 * 4 * 128,)
    assert blocks(generator) == [(8, 8, 128), (16, 16, 128), (32, 32, 128)]
    assert shape(generator, "pixels") == (32, 32, 3)
    assert sorted(kernels(generator)) == sorted(
        [(3, 3, 128, 128), (3, 3, 128, 128), (1, 1, 128, 128)] * 3 + [(3, 3, 128, 3)]
    )
    sizes = [
        layer.output.shape[1] for layer in generator.layers if "conv" in layer.name
    ]
    assert sizes == [8, 8, 16, 16, 32, 32]  # both convolutions see the image doubled
    norms = [
        layer
        for layer in generator.layers
        if isinstance(layer, layers.BatchNormalization)
    ]
    assert len(norms) == 2 * 3 + 1


def test_the_critic_is_that_of_the_table():
    critic = cifar10_resnet_critic()
    assert critic.input_shape == (None, 32, 32, 3)
    assert blocks(critic) == [(16, 16, 128), (8, 8, 128), (8, 8, 128), (8, 8, 128)]
    assert shape(critic, "block_1_conv_2") == (32, 32, 128)  # pooled afterwards
    assert shape(critic, "block_2_conv_2") == (16, 16, 128)
    pooled = [
        x for x in critic.layers if isinstance(x, keras.layers.GlobalAveragePooling2D)
    ]
    assert pooled[0].output.shape == (None, 128)
    assert critic.output_shape == (None, 1)
    assert sorted(kernels(critic)) == sorted(
        [(3, 3, 3, 128), (1, 1, 3, 128), (1, 1, 128, 128)] + [(3, 3, 128, 128)] * 7
    )
    norms = (keras.layers.BatchNormalization, keras.layers.GroupNormalization)
    assert not any(isinstance(layer, norms) for layer in critic.layers)


def test_they_have_as_many_parameters_as_the_authors_code():
    convolution, shortcut = 9 * 128 * 128, 128 * 128
    generator = [
        128 * 2048 + 2048,
        3 * (2 * convolution + shortcut + 2 * 2 * 128),
        2 * 128 + 9 * 128 * 3 + 3,
    ]
    # The code's 1,204,483, less nine biases of 128 that a normalization takes out.
    assert sum(generator) == 1_204_483 - 9 * 128
    assert trainable(cifar10_resnet_generator()) == sum(generator)
    critic = [
        (9 * 3 * 128 + 128) + (convolution + 128) + (3 * 128 + 128),
        2 * (convolution + 128) + (shortcut + 128),
        2 * 2 * (convolution + 128),
        128 + 1,
    ]
    assert sum(critic) == 1_053_825
    assert trainable(cifar10_resnet_critic()) == sum(critic)


def test_initial_weights_have_the_authors_scales():
    """Uniform, of variance 4 / (fan in + fan out) in a block, 2 / (...) elsewhere."""
    keras.utils.set_random_seed(0)
    for network in (cifar10_resnet_generator(), cifar10_resnet_critic()):
        for layer in network.layers:
            if not hasattr(layer, "kernel") or layer.kernel.shape[-1] == 1:
                continue
            values = layer.kernel.numpy()
            area = np.prod(values.shape[:-2])
            scale = 4 if "conv" in layer.name else 2
            variance = scale / (area * sum(values.shape[-2:]))
            np.testing.assert_allclose(values.var(), variance, rtol=0.15)
            assert np.abs(values).max() <= np.sqrt(3 * variance) * (1 + 1e-6)


# ------------------------------------------------------------- by hand, block by block


def convolved(layer, inputs):
    outputs = tf.nn.conv2d(inputs, layer.kernel.value, 1, "SAME")
    return outputs + layer.bias.value if layer.use_bias else outputs


def doubled(images):
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)


def halved(images):
    return (
        images[:, ::2, ::2]
        + images[:, 1::2, ::2]
        + images[:, ::2, 1::2]
        + images[:, 1::2, 1::2]
    ) / 4.0


def test_the_critic_computes_what_the_paper_and_the_code_say():
    critic = cifar10_resnet_critic(width=5)
    at = critic.get_layer
    for layer in critic.layers:
        if getattr(layer, "use_bias", False):
            layer.bias.assign(tf.linspace(-0.5, 0.5, layer.bias.shape[0]))
    images = tf.random.stateless_uniform((2, 32, 32, 3), [1, 2], -1, 1)

    x = tf.nn.relu(convolved(at("block_1_conv_1"), images))
    x = halved(convolved(at("block_1_conv_2"), x))
    x += convolved(at("block_1_shortcut"), halved(images))
    for name in ("block_2", "block_3", "block_4"):
        y = convolved(at(f"{name}_conv_1"), tf.nn.relu(x))
        y = convolved(at(f"{name}_conv_2"), tf.nn.relu(y))
        if name == "block_2":  # first convolved, then pooled, as in the code
            x = halved(y) + halved(convolved(at("block_2_shortcut"), x))
        else:
            x = y + x
    x = tf.reduce_mean(tf.nn.relu(x), axis=[1, 2])
    scores = x @ at("logit").kernel.value + at("logit").bias.value
    np.testing.assert_allclose(critic(images), scores, rtol=1e-4, atol=1e-5)


def test_the_generator_computes_what_the_code_says():
    generator = cifar10_resnet_generator(6, width=4)
    at = generator.get_layer
    noise = tf.random.stateless_normal((5, 6), [1, 2])

    def normalized(x, name):
        layer = at(name)
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        x = (x - mean) / tf.sqrt(variance + layer.epsilon)
        return tf.nn.relu(x * layer.gamma.value + layer.beta.value)

    x = noise @ at("project").kernel.value + at("project").bias.value
    x = tf.reshape(x, [5, 4, 4, 4])
    for name in ("block_1", "block_2", "block_3"):
        inputs = x
        y = doubled(normalized(x, f"{name}_norm_1"))
        y = normalized(convolved(at(f"{name}_conv_1"), y), f"{name}_norm_2")
        # First doubled, then convolved, as in the code.
        x = convolved(at(f"{name}_conv_2"), y)
        x += convolved(at(f"{name}_shortcut"), doubled(inputs))
    images = tf.tanh(convolved(at("pixels"), normalized(x, "pixels_norm")))
    np.testing.assert_allclose(generator(noise, training=True), images, atol=1e-4)


def test_layer_norm_of_the_critic_takes_the_statistics_of_an_image_alone():
    critic = cifar10_resnet_critic(width=4, layer_norm=True)
    norms = [x for x in critic.layers if isinstance(x, keras.layers.GroupNormalization)]
    assert [layer.name for layer in norms] == [
        f"block_{block}_norm_{number}" for block in (2, 3, 4) for number in (1, 2)
    ]
    features = tf.random.stateless_normal((3, 8, 8, 4), [3, 4])
    layer = norms[-1]
    layer.gamma.assign([1.0, 2.0, 3.0, 4.0])
    mean, variance = tf.nn.moments(features, [1, 2, 3], keepdims=True)
    expected = (features - mean) / tf.sqrt(variance + 1e-5) * [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_allclose(layer(features), expected, atol=1e-5)


# ------------------------------------------------------------------------- as networks


@pytest.mark.parametrize("layer_norm", [False, True])
def test_the_score_of_an_image_is_the_same_whatever_else_is_in_the_batch(layer_norm):
    critic = cifar10_resnet_critic(width=4, layer_norm=layer_norm)
    images = tf.random.stateless_uniform((4, 32, 32, 3), [1, 2], -1, 1)
    np.testing.assert_allclose(
        critic(images, training=True)[:2], critic(images[:2], training=True), atol=1e-5
    )


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_they_play_under_a_gradient_penalty(policy):
    keras.config.set_dtype_policy(policy)
    critic = cifar10_resnet_critic(width=2, layer_norm=policy == "float32")
    gan = GAN(cifar10_resnet_generator(8, width=2), critic)
    gan.compile(
        "adam",
        "adam",
        loss="wasserstein",
        penalty="gradient_penalty",
        run_eagerly=True,
    )
    numbers = np.random.default_rng(0)
    images = numbers.uniform(-1, 1, (1, 2, 32, 32, 3)).astype("float32")
    before = [weight.numpy() for weight in critic.trainable_weights]
    logs = gan.fit(tf.data.Dataset.from_tensor_slices(images), verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    for weight, old in zip(critic.trainable_weights, before, strict=True):
        same = np.array_equal(weight, old)
        # The gradient of r - f by the last bias is 0.
        assert same == (weight.shape == (1,)), weight.path
    made = gan.generate(2)
    assert (made.shape, made.dtype) == ((2, 32, 32, 3), np.float32)
    assert np.abs(made).max() <= 1.0


@pytest.mark.parametrize(
    "build",
    [cifar10_resnet_generator, cifar10_resnet_critic],
    ids=lambda build: build.__name__,
)
def test_a_width_costs_what_is_said(build, documented_work):
    rows = documented_work(build)
    assert [row[0] for row in rows] == [128, 32]
    for _, stated, counted in rows:
        assert stated == f"{counted:.0f}"
