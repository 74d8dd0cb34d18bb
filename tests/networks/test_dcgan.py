import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import (
    dcgan_discriminator,
    dcgan_generator,
    mnist_discriminator,
    mnist_generator,
)

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps


def shapes(network, kind):
    return [
        layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)
    ]


def test_generator_has_the_layers_of_the_source():
    generator = mnist_generator()
    assert generator.input_shape == (None, 100)
    assert shapes(generator, keras.layers.Conv2DTranspose) == [
        (7, 7, 128),
        (14, 14, 64),
        (28, 28, 1),
    ]
    assert len(shapes(generator, keras.layers.BatchNormalization)) == 3
    assert len(shapes(generator, keras.layers.LeakyReLU)) == 3
    kernels = [100 * 12544, 25 * 256 * 128, 25 * 128 * 64, 25 * 64]
    norms = 4 * (12544 + 128 + 64)
    assert generator.count_params() == sum(kernels) + norms


def test_discriminator_has_the_layers_of_the_source():
    discriminator = mnist_discriminator()
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert discriminator.output_shape == (None, 1)
    assert shapes(discriminator, keras.layers.Conv2D) == [(14, 14, 64), (7, 7, 128)]
    dropouts = [x for x in discriminator.layers if isinstance(x, layers.Dropout)]
    assert [layer.rate for layer in dropouts] == [0.3, 0.3]
    sizes = [25 * 64 + 64, 25 * 64 * 128 + 128, 7 * 7 * 128 + 1]
    assert discriminator.count_params() == sum(sizes)


def test_no_bias_stands_before_a_normalization():
    for before, after in itertools.pairwise(mnist_generator().layers):
        if isinstance(after, keras.layers.BatchNormalization):
            assert not before.use_bias


def test_images_are_in_range_and_logits_are_not_squashed():
    keras.utils.set_random_seed(0)
    noise = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    images = mnist_generator(8)(50.0 * noise)
    assert images.shape == (3, 28, 28, 1)
    assert np.abs(images).max() <= 1.0
    logits = mnist_discriminator()(100.0 * images)
    assert np.abs(logits).max() > 1.0


def test_under_mixed_precision_pixels_and_logits_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = mnist_generator(8)(tf.zeros([2, 8]))
    logits = mnist_discriminator()(images)
    assert (images.dtype, logits.dtype) == (tf.float32, tf.float32)


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_they_play_against_each_other(update):
    keras.utils.set_random_seed(0)
    gan = GAN(mnist_generator(8), mnist_discriminator(), update=update)
    gan.compile("adam", "adam")
    images = np.zeros((1, 2, 28, 28, 1), "float32")
    logs = gan.fit(tf.data.Dataset.from_tensor_slices(images), verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    assert gan.generate(2).shape == (2, 28, 28, 1)


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (32, 3)])
def test_sizes_double_and_halve_as_radford_et_al_have_it(size, channels):
    settings = {"size": size, "channels": channels, "filters": 2}
    generator, discriminator = (
        dcgan_generator(**settings),
        dcgan_discriminator(**settings),
    )
    sides = [8, 16, 32][: {8: 1, 32: 3}[size]]
    widths = [2 * 2**n for n in range(len(sides))]
    assert shapes(generator, keras.layers.Conv2DTranspose) == [
        (side, side, count)
        for side, count in zip(sides, [*widths[-2::-1], channels], strict=True)
    ]
    assert shapes(discriminator, keras.layers.Conv2D) == [
        (side // 2, side // 2, count)
        for side, count in zip(sides[::-1], widths, strict=True)
    ]
    norms = [
        [isinstance(layer, layers.BatchNormalization) for layer in network.layers]
        for network in (generator, discriminator)
    ]
    assert [sum(kinds) for kinds in norms] == [len(sides), len(sides) - 1]
    images = generator(np.zeros((2, 100), "float32"))
    assert images.shape == (2, size, size, channels)
    assert discriminator(images).shape == (2, 1)


@pytest.mark.parametrize("size", [0, 4, 12, 28, 33])
@pytest.mark.parametrize("build", [dcgan_generator, dcgan_discriminator])
def test_sizes_that_4_does_not_double_to_are_refused(build, size):
    with pytest.raises(ValueError, match=f"size={size} must be 4 doubled"):
        build(size=size)


def test_two_layers_do_not_start_alike():
    kernels = [
        np.ravel(w.numpy())[:4]
        for w in dcgan_generator(filters=2).trainable_variables
        if len(w.shape) > 1
    ]
    assert all(
        not np.allclose(first, second)
        for first, second in itertools.combinations(kernels, 2)
    )
