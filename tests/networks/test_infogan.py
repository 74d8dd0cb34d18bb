import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans.codes import Codes
from ganzoo.networks import mnist_infogan_discriminator, mnist_infogan_generator


def test_generator_has_the_layers_of_table_1():
    generator = mnist_infogan_generator()
    assert generator.input_shape == (None, 74)
    assert generator.output_shape == (None, 28, 28, 1)
    kernels = [74 * 1024, 1024 * 7 * 7 * 128, 16 * 128 * 64, 16 * 64 + 1]
    norms = 4 * (1024 + 7 * 7 * 128 + 64)
    assert generator.count_params() == sum(kernels) + norms
    kinds = keras.layers.BatchNormalization, keras.layers.ReLU
    assert [sum(isinstance(x, k) for x in generator.layers) for k in kinds] == [3, 3]


def test_discriminator_has_the_layers_of_table_1():
    discriminator = mnist_infogan_discriminator()
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert discriminator.output_shape == [(None, 1), (None, 14)]
    kernels = [16 * 64 + 64, 16 * 64 * 128, 7 * 7 * 128 * 1024, 1024 * 128]
    heads = [1024 + 1, 128 * 14 + 14]
    norms = 4 * (128 + 1024 + 128)
    assert discriminator.count_params() == sum(kernels) + sum(heads) + norms
    slopes = {
        layer.negative_slope
        for layer in discriminator.layers
        if isinstance(layer, keras.layers.LeakyReLU)
    }
    assert len(slopes) == 1
    np.testing.assert_allclose(slopes.pop(), 0.1)


@pytest.mark.parametrize("stddev", [None, 1.0])
def test_the_head_describes_the_codes(stddev):
    discriminator = mnist_infogan_discriminator(
        (4, 3), 1, learned_stddev=stddev is None
    )
    parameters = Codes((4, 3), 1, stddev).parameters
    assert discriminator.output_shape[1] == (None, parameters)


@pytest.mark.parametrize(
    "build", [mnist_infogan_generator, mnist_infogan_discriminator]
)
def test_a_seed_repeats_the_initial_weights(build):
    one, same, other = (build(seed=seed).get_weights() for seed in (3, 3, 4))
    for value, expected in zip(one, same, strict=True):
        np.testing.assert_array_equal(value, expected)
    kernels = [weight for weight in one if weight.ndim > 1]
    assert not any(
        np.array_equal(value, changed)
        for value, changed in zip(one, other, strict=True)
        if value.ndim > 1
    )
    for kernel in kernels:
        assert abs(kernel.std() - 0.02) < 0.003


def test_under_mixed_precision_pixels_logits_and_codes_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = mnist_infogan_generator(8)(tf.zeros([2, 8]))
    logits, codes = mnist_infogan_discriminator()(images)
    assert {images.dtype, logits.dtype, codes.dtype} == {tf.float32}
