import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import (
    mnist_infogan_generator,
    stacked_discriminator,
    stacked_generator,
    stacked_large_discriminator,
)

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps


def shapes(network, kind):
    return [x.output.shape[1:] for x in network.layers if isinstance(x, kind)]


def test_generator_has_the_layers_of_the_source():
    generator = stacked_generator()
    assert generator.input_shape == (None, 256)
    assert generator.output_shape == (None, 28, 28, 3)
    assert shapes(generator, keras.layers.Conv2DTranspose) == [
        (7, 7, 32),
        (14, 14, 16),
        (28, 28, 8),
    ]
    assert len(shapes(generator, keras.layers.BatchNormalization)) == 4
    kernels = [256 * 1024, 9 * 64 * 32, 9 * 32 * 16, 9 * 16 * 8, 9 * 8 * 3 + 3]
    assert generator.count_params() == sum(kernels) + 4 * (64 + 32 + 16 + 8)


@pytest.mark.parametrize(("fraction", "width"), [(0.25, 2), (0.5, 4), (1, 8)])
def test_discriminator_is_the_fraction_as_wide(fraction, width):
    discriminator = stacked_discriminator(fraction)
    assert discriminator.input_shape == (None, 28, 28, 3)
    assert discriminator.output_shape == (None, 1)
    assert shapes(discriminator, keras.layers.Conv2D) == [
        (14, 14, width),
        (7, 7, 2 * width),
        (4, 4, 4 * width),
    ]
    slopes = [
        x.negative_slope
        for x in discriminator.layers
        if isinstance(x, keras.layers.LeakyReLU)
    ]
    assert slopes == [0.3, 0.3, 0.3]
    kernels = [27 * width, 18 * width**2, 72 * width**2, 64 * width + 1]
    assert discriminator.count_params() == sum(kernels) + 4 * 7 * width


def test_no_bias_stands_before_a_normalization():
    for network in (stacked_generator(), stacked_discriminator()):
        for before, after in itertools.pairwise(network.layers):
            if isinstance(after, keras.layers.BatchNormalization):
                assert not getattr(before, "use_bias", False)


def test_without_normalization_there_are_biases():
    network = stacked_discriminator(batch_norm=False)
    assert not shapes(network, keras.layers.BatchNormalization)
    assert all(x.use_bias for x in network.layers if isinstance(x, keras.layers.Conv2D))


def test_minibatch_discrimination_stands_before_the_last_layer():
    *_, similarities, logit = stacked_discriminator(num_kernels=6).layers
    assert isinstance(similarities, layers.MinibatchDiscrimination)
    assert logit.kernel.shape == (4 * 4 * 8 + 6, 1)


def test_large_networks_have_the_widths_of_infogans():
    discriminator = stacked_large_discriminator(512)
    assert discriminator.input_shape == (None, 28, 28, 3)
    assert shapes(discriminator, keras.layers.Conv2D) == [(14, 14, 64), (7, 7, 128)]
    assert not shapes(discriminator, keras.layers.BatchNormalization)
    kernels = [16 * 3 * 64 + 64, 16 * 64 * 128 + 128, 6272 * 512 + 512, 512 + 1]
    assert discriminator.count_params() == sum(kernels)
    generator = mnist_infogan_generator(256, units=256, channels=3)
    assert generator.output_shape == (None, 28, 28, 3)
    kernels = [256 * 256, 256 * 6272, 16 * 128 * 64, 16 * 64 * 3 + 3]
    assert generator.count_params() == sum(kernels) + 4 * (256 + 6272 + 64)
    *_, similarities, logit = stacked_large_discriminator(8, num_kernels=6).layers
    assert isinstance(similarities, layers.MinibatchDiscrimination)
    assert logit.kernel.shape == (8 + 6, 1)


@pytest.mark.parametrize("build", [stacked_generator, stacked_discriminator])
def test_kernels_start_normal_of_the_deviation_of_the_source(build):
    kernels = [w for w in build(seed=0).trainable_variables if "kernel" in w.path]
    assert len(kernels) >= 4
    values = np.concatenate([np.ravel(w) for w in kernels])
    assert np.std(values) == pytest.approx(0.02, rel=0.12)
    assert np.abs(values).max() > 0.04  # no uniform law of that deviation does


@pytest.mark.parametrize(
    "build", [stacked_generator, stacked_discriminator, stacked_large_discriminator]
)
def test_initial_weights_are_a_function_of_the_seed(build):
    def initial(seed):
        return np.concatenate([w.numpy().ravel() for w in build(seed=seed).weights])

    np.testing.assert_array_equal(initial(3), initial(3))
    assert np.abs(initial(3) - initial(4)).max() > 0.01


@pytest.mark.parametrize(
    ("fraction", "filters", "message"),
    [(0.3, 8, "2.4"), (0.25, 2, "at least 1"), (0, 8, "fraction=0 of filters=8")],
)
def test_a_fraction_that_is_no_whole_number_of_channels_is_refused(
    fraction, filters, message
):
    with pytest.raises(ValueError, match=message):
        stacked_discriminator(fraction, filters=filters)


def test_a_generator_without_filters_is_refused():
    with pytest.raises(ValueError, match="filters=0"):
        stacked_generator(filters=0)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_they_play_against_each_other(policy):
    keras.config.set_dtype_policy(policy)
    generator = stacked_generator(8, filters=2, seed=0)
    gan = GAN(generator, stacked_discriminator(0.5, filters=2, num_kernels=3, seed=1))
    gan.compile("adam", "adam", run_eagerly=True)  # cheaper for a few steps
    real = np.random.default_rng(0).uniform(-1, 1, (1, 4, 28, 28, 3)).astype("float32")
    logs = gan.fit(tf.data.Dataset.from_tensor_slices(real), verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    images = gan.generate(2)
    assert images.shape == (2, 28, 28, 3)
    assert np.abs(images).max() <= 1.0
