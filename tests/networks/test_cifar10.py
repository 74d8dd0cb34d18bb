"""The CIFAR-10 networks layer by layer, against the sources' words and tables."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import (
    cifar10_dcgan_discriminator,
    cifar10_dcgan_generator,
    cifar10_mlp_discriminator,
    cifar10_mlp_generator,
    cifar10_sndcgan_discriminator,
    cifar10_sndcgan_generator,
)

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

GENERATORS = {
    "mlp": cifar10_mlp_generator,
    "dcgan": cifar10_dcgan_generator,
    "sndcgan": cifar10_sndcgan_generator,
}
DISCRIMINATORS = {
    "mlp": cifar10_mlp_discriminator,
    "dcgan": cifar10_dcgan_discriminator,
    "sndcgan": cifar10_sndcgan_discriminator,
}
BUILDERS = [*GENERATORS.values(), *DISCRIMINATORS.values()]


def table(network):
    """The layers that have kernels: kind, kernel size, stride, and what comes out."""
    rows = []
    for layer in network.layers:
        inner = getattr(layer, "layer", layer)
        kernel, stride = getattr(inner, "kernel_size", None), None
        if kernel is not None:
            kernel, stride = kernel[0], inner.strides[0]
        elif not isinstance(inner, keras.layers.Dense):
            continue
        kind = {
            "Dense": "dense",
            "Conv2D": "conv",
            "Conv2DTranspose": "deconv",
        }[type(inner).__name__]
        rows.append((kind, kernel, stride, *layer.output.shape[1:]))
    return rows


def kinds(network):
    """The names of the layers' classes, in order."""
    return [type(layer).__name__ for layer in network.layers]


def slopes(network):
    leaky = (x for x in network.layers if isinstance(x, keras.layers.LeakyReLU))
    return {layer.negative_slope for layer in leaky}


def ends_in_tanh(network):
    (last,) = (x for x in network.layers if isinstance(x, keras.layers.Activation))
    return last.activation is keras.activations.tanh


def trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


# -------------------------------------------------------------------------- MLP-GAN


def test_the_mlp_networks_are_dense_layers_dropout_and_tanh():
    generator, discriminator = cifar10_mlp_generator(), cifar10_mlp_discriminator()
    assert generator.input_shape == (None, 128)
    assert table(generator) == [
        ("dense", None, None, units) for units in (256, 512, 1024, 3072)
    ]
    assert kinds(generator)[-2:] == ["Activation", "Reshape"]
    assert ends_in_tanh(generator)
    sizes = [128, 256, 512, 1024, 3072]
    assert generator.count_params() == sum(
        a * b + b for a, b in itertools.pairwise(sizes)
    )
    assert table(discriminator) == [
        ("dense", None, None, units) for units in (1024, 512, 256, 1)
    ]
    assert kinds(discriminator) == [
        "Flatten",
        *["Dense", "LeakyReLU", "Dropout"] * 3,
        "Dense",
    ]
    sizes = [3072, 1024, 512, 256, 1]
    assert discriminator.count_params() == sum(
        a * b + b for a, b in itertools.pairwise(sizes)
    )
    assert slopes(generator) == slopes(discriminator) == {0.01}


def test_dropout_is_that_of_the_package_and_can_be_set():
    found = [
        layer.rate
        for layer in cifar10_mlp_discriminator(width=2, dropout=0.5).layers
        if isinstance(layer, layers.Dropout)
    ]
    assert found == [0.5] * 3
    normal = cifar10_mlp_generator(width=2, batch_norm=True)
    assert kinds(normal).count("BatchNormalization") == 3


# --------------------------------------------------------------------------- DC-GAN


def test_the_dcgan_networks_follow_the_rules_of_radford_et_al():
    generator, discriminator = cifar10_dcgan_generator(), cifar10_dcgan_discriminator()
    # Strided and transposed convolutions, no pooling, no fully connected hidden layer.
    assert generator.input_shape == (None, 128)
    assert table(generator) == [
        ("dense", None, None, 4 * 4 * 256),
        ("deconv", 5, 2, 8, 8, 128),
        ("deconv", 5, 2, 16, 16, 64),
        ("deconv", 5, 2, 32, 32, 3),
    ]
    assert table(discriminator) == [
        ("conv", 5, 2, 16, 16, 64),
        ("conv", 5, 2, 8, 8, 128),
        ("conv", 5, 2, 4, 4, 256),
        ("dense", None, None, 1),
    ]
    # ReLU and batch normalization in the generator but for the output, which is tanh.
    block = ["Conv2DTranspose", "BatchNormalization", "ReLU"]
    assert kinds(generator) == [
        *["Dense", "Reshape", "BatchNormalization", "ReLU"],
        *block * 2,
        *["Conv2DTranspose", "Activation"],
    ]
    assert ends_in_tanh(generator)
    # LeakyReLU in the discriminator; no normalization where the images come in.
    block = ["Conv2D", "BatchNormalization", "LeakyReLU"]
    assert kinds(discriminator) == [
        *["Conv2D", "LeakyReLU"],
        *block * 2,
        *["Flatten", "Dense"],
    ]
    assert slopes(discriminator) == {0.01}


def test_the_dcgan_networks_have_as_many_parameters_as_counted_by_hand():
    kernels = [128 * 4096, 25 * 256 * 128, 25 * 128 * 64, 25 * 64 * 3 + 3]
    norms = 2 * (256 + 128 + 64)
    assert trainable(cifar10_dcgan_generator()) == sum(kernels) + norms
    kernels = [25 * 3 * 64 + 64, 25 * 64 * 128, 25 * 128 * 256, 4096 + 1]
    norms = 2 * (128 + 256)
    assert trainable(cifar10_dcgan_discriminator()) == sum(kernels) + norms


def test_the_dcgan_critic_of_a_gradient_penalty_has_no_normalization_but_biases():
    critic = cifar10_dcgan_discriminator(width=4, batch_norm=False)
    assert kinds(critic) == [*["Conv2D", "LeakyReLU"] * 3, "Flatten", "Dense"]
    assert all(layer.use_bias for layer in critic.layers if hasattr(layer, "use_bias"))
    images = tf.random.stateless_uniform((4, 32, 32, 3), [1, 2], -1, 1)
    # The score of an image is the same whatever else is in the batch.
    np.testing.assert_allclose(
        critic(images, training=True)[:2], critic(images[:2], training=True), atol=1e-6
    )


# ------------------------------------------------------------------------- SN-DCGAN


def test_the_sndcgan_networks_are_those_of_table_3_of_miyato_et_al():
    generator = cifar10_sndcgan_generator()
    assert generator.input_shape == (None, 128)
    assert table(generator) == [
        ("dense", None, None, 4 * 4 * 512),
        ("deconv", 4, 2, 8, 8, 256),
        ("deconv", 4, 2, 16, 16, 128),
        ("deconv", 4, 2, 32, 32, 64),
        ("conv", 3, 1, 32, 32, 3),
    ]
    block = ["Conv2DTranspose", "BatchNormalization", "ReLU"]
    assert kinds(generator) == [
        *["Dense", "Reshape", "BatchNormalization", "ReLU"],
        *block * 3,
        *["Conv2D", "Activation"],
    ]
    assert ends_in_tanh(generator)
    discriminator = cifar10_sndcgan_discriminator()
    assert table(discriminator) == [
        ("conv", 3, 1, 32, 32, 64),
        ("conv", 4, 2, 16, 16, 64),
        ("conv", 3, 1, 16, 16, 128),
        ("conv", 4, 2, 8, 8, 128),
        ("conv", 3, 1, 8, 8, 256),
        ("conv", 4, 2, 4, 4, 256),
        ("conv", 3, 1, 4, 4, 512),
        ("dense", None, None, 1),
    ]
    assert kinds(discriminator) == [
        *["SpectralNormalization", "LeakyReLU"] * 7,
        *["Flatten", "SpectralNormalization"],
    ]
    assert slopes(discriminator) == {0.1}


def test_the_sndcgan_networks_have_as_many_parameters_as_counted_by_hand():
    kernels = [128 * 8192, 16 * 512 * 256, 16 * 256 * 128, 16 * 128 * 64]
    norms = 2 * (512 + 256 + 128 + 64)
    pixels = 9 * 64 * 3 + 3
    assert trainable(cifar10_sndcgan_generator()) == sum(kernels) + norms + pixels
    counted = [
        size * before * after + after
        for size, before, after in [
            *[(9, 3, 64), (16, 64, 64), (9, 64, 128), (16, 128, 128)],
            *[(9, 128, 256), (16, 256, 256), (9, 256, 512), (1, 8192, 1)],
        ]
    ]
    assert trainable(cifar10_sndcgan_discriminator()) == sum(counted)


def test_every_kernel_of_the_sndcgan_discriminator_has_the_norm_1_after_some_rounds():
    """So that the network is 1-Lipschitz, Miyato et al. 2018, eq. 7."""
    keras.utils.set_random_seed(0)  # two singular values may lie close together
    discriminator = cifar10_sndcgan_discriminator(width=4, power_iterations=100)
    images = tf.random.stateless_uniform((2, 32, 32, 3), [1, 2], -1, 1)
    discriminator(images, training=True)
    kinds_of = layers.SpectralNormalization
    normalized = [x for x in discriminator.layers if isinstance(x, kinds_of)]
    assert len(normalized) == 8
    for layer in normalized:
        kernel = layer.layer.kernel.numpy()
        matrix = kernel.reshape(-1, kernel.shape[-1])
        exact = np.linalg.svd(matrix, compute_uv=False)[0]
        estimate = layer.v.numpy() @ matrix @ layer.u.numpy()
        assert 0.98 < estimate / exact < 1.0 + 1e-5


# ------------------------------------------------------------------------------ all


@pytest.mark.parametrize("name", GENERATORS)
def test_images_are_in_range_and_logits_are_not_squashed(name):
    noise = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    images = GENERATORS[name](8, width=4)(50.0 * noise)
    assert images.shape == (3, 32, 32, 3)
    assert np.abs(images).max() <= 1.0
    discriminator = DISCRIMINATORS[name](width=4)
    discriminator.layers[-1].trainable_weights[-1].assign([7.0])  # the bias
    logits = discriminator(images)
    assert logits.shape == (3, 1)
    assert np.abs(logits).max() > 1.0


@pytest.mark.parametrize("name", GENERATORS)
def test_they_play_in_mixed_precision_with_float32_pixels_and_logits(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = GAN(GENERATORS[name](8, width=2), DISCRIMINATORS[name](width=2))
    gan.compile("adam", "adam", loss="hinge", run_eagerly=True)
    images = np.zeros((1, 4, 32, 32, 3), "float32")
    logs = gan.fit(tf.data.Dataset.from_tensor_slices(images), verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    made = gan.generator(tf.zeros([2, 8]))
    assert made.dtype == gan.discriminator(made).dtype == tf.float32
    assert gan.generator.layers[0].compute_dtype == "bfloat16"


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_a_width_costs_what_is_said(build, documented_work):
    rows = documented_work(build)
    assert len(rows) == 2
    for width, stated, counted in rows:
        decimals = len(stated.partition(".")[2])
        assert stated == f"{counted:.{decimals}f}", (width, counted)


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_no_bias_stands_before_a_batch_normalization(build):
    network = build(width=2)
    found = [
        layer
        for layer in network.layers
        if isinstance(layer, layers.BatchNormalization)
    ]
    for norm in found:
        before = network.layers[network.layers.index(norm) - 1]
        if isinstance(before, keras.layers.Reshape):
            before = network.layers[network.layers.index(before) - 1]
        assert not before.use_bias
