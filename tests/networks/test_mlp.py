import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import (
    mnist_mlp_discriminator,
    mnist_mlp_generator,
    point_discriminator,
    point_generator,
)

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

BUILDERS = (
    mnist_mlp_generator,
    mnist_mlp_discriminator,
    point_generator,
    point_discriminator,
)


def widths(network):
    return [x.units for x in network.layers if isinstance(x, keras.layers.Dense)]


def initial(network):
    return np.concatenate([weight.numpy().ravel() for weight in network.weights])


def test_the_digit_networks_are_fully_connected():
    generator, discriminator = mnist_mlp_generator(), mnist_mlp_discriminator()
    assert widths(generator) == [256, 512, 1024, 784]
    assert generator.input_shape == (None, 100)
    assert generator.output_shape == (None, 28, 28, 1)
    assert widths(discriminator) == [1024, 512, 256, 1]
    assert discriminator.input_shape == (None, 28, 28, 1)
    assert discriminator.output_shape == (None, 1)
    rates = [x.rate for x in discriminator.layers if isinstance(x, layers.Dropout)]
    assert rates == [0.3, 0.3, 0.3]
    plain = mnist_mlp_discriminator(units=(1024, 1024))
    sizes = [784 * 1024 + 1024, 1024 * 1024 + 1024, 1024 + 1]
    assert plain.count_params() == sum(sizes)


def test_digits_are_in_range_and_logits_are_not_squashed():
    noise = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    images = mnist_mlp_generator(8, seed=0)(50.0 * noise)
    assert np.abs(images).max() <= 1.0
    logits = mnist_mlp_discriminator(seed=0)(100.0 * images)
    assert np.abs(logits).max() > 1.0


def test_the_point_networks_have_the_sizes_of_the_source():
    generator, discriminator = point_generator(), point_discriminator()
    assert generator.input_shape == (None, 256)
    assert widths(generator) == [128, 128, 2]
    assert widths(discriminator) == [128, 1]
    sizes = [256 * 128 + 128, 128 * 128 + 128, 128 * 2 + 2]
    assert generator.count_params() == sum(sizes)
    assert discriminator.count_params() == 2 * 128 + 128 + 128 + 1


def test_point_weights_start_orthogonal_scaled_by_0_8_and_biases_at_0():
    for network in (point_generator(seed=0), point_discriminator(seed=0)):
        dense = [x for x in network.layers if isinstance(x, keras.layers.Dense)]
        for layer in dense:
            kernel = layer.kernel.numpy()
            kernel = kernel if kernel.shape[0] >= kernel.shape[1] else kernel.T
            square = kernel.T @ kernel
            np.testing.assert_allclose(square, 0.64 * np.eye(len(square)), atol=1e-5)
            assert not layer.bias.numpy().any()


def test_the_point_networks_compute_what_the_source_says():
    noise = np.random.default_rng(1).normal(size=(5, 256)).astype("float32")
    generator, discriminator = point_generator(seed=0), point_discriminator(seed=1)

    def through(network, values):
        weights = [weight.numpy() for weight in network.weights]
        *hidden, last = zip(weights[::2], weights[1::2], strict=True)
        for kernel, bias in hidden:
            values = np.maximum(values @ kernel + bias, 0.0)
        return values @ last[0] + last[1]

    points = generator(noise).numpy()
    np.testing.assert_allclose(points, through(generator, noise), atol=1e-5)
    logits = through(discriminator, points / 4)
    np.testing.assert_allclose(discriminator(points), logits, atol=1e-5)


@pytest.mark.parametrize("build", BUILDERS)
def test_initial_weights_are_a_function_of_the_seed(build):
    first, again, other = (initial(build(seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    keras.utils.set_random_seed(5)
    unseeded = initial(build())
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(initial(build()), unseeded)


def test_two_layers_of_one_shape_start_differently():
    network = mnist_mlp_discriminator(units=(64, 64, 64), seed=0)
    second, third = (network.get_layer(f"dense_{n}").kernel.numpy() for n in (2, 3))
    assert np.abs(second - third).max() > 0.01


@pytest.mark.parametrize("build", [mnist_mlp_discriminator, point_discriminator])
def test_minibatch_discrimination_stands_before_the_last_layer(build):
    network = build(num_kernels=7)
    *_, similarities, logit = network.layers
    assert isinstance(similarities, layers.MinibatchDiscrimination)
    assert (similarities.kernels, similarities.across_replicas) == (7, True)
    features = widths(network)[-2]
    assert logit.kernel.shape == (features + 7, 1)
    kinds = {type(layer) for layer in build().layers}
    assert layers.MinibatchDiscrimination not in kinds


def test_a_normalized_generator_has_no_biases_before_its_normalizations():
    network = mnist_mlp_generator(8, units=(16, 32), batch_norm=True, seed=0)
    kinds = [type(layer) for layer in network.layers]
    block = [keras.layers.Dense, layers.BatchNormalization, keras.layers.LeakyReLU]
    assert kinds[:7] == [*block, *block, keras.layers.Dense]
    assert [network.get_layer(f"dense_{n}").use_bias for n in (1, 2)] == [False] * 2
    noise = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    hidden = keras.Sequential(network.layers[:2])(noise, training=True).numpy()
    np.testing.assert_allclose(hidden.mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(hidden.std(0), 1.0, atol=0.01)


def test_under_mixed_precision_images_points_and_logits_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = mnist_mlp_generator(8)(tf.zeros([2, 8]))
    points = point_generator(8)(tf.zeros([2, 8]))
    logits = mnist_mlp_discriminator(num_kernels=3)(images)
    scores = point_discriminator(num_kernels=3)(points)
    dtypes = {x.dtype for x in (images, points, logits, scores)}
    assert dtypes == {tf.float32}


PAIRS = {
    "digits": (
        lambda: mnist_mlp_generator(8, units=(8, 8), seed=0),
        lambda: mnist_mlp_discriminator(units=(8, 8), num_kernels=4, seed=1),
    ),
    "points": (
        lambda: point_generator(8, units=(8, 8), seed=0),
        lambda: point_discriminator(units=(8,), num_kernels=4, seed=1),
    ),
}


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", PAIRS)
def test_they_play_against_each_other(name, policy):
    keras.config.set_dtype_policy(policy)
    generator, discriminator = (build() for build in PAIRS[name])
    gan = GAN(generator, discriminator)
    gan.compile("adam", "adam", run_eagerly=True)  # cheaper for a few steps
    before = initial(discriminator)
    real = np.random.default_rng(0).uniform(-1, 1, (2, 4, *generator.output_shape[1:]))
    batches = tf.data.Dataset.from_tensor_slices(real.astype("float32"))
    logs = gan.fit(batches, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    assert gan.generate(2).shape == (2, *generator.output_shape[1:])
    assert np.abs(initial(discriminator) - before).max() > 0


def comparing_model(strategy):
    """A model of points whose discriminator compares the examples of a batch."""
    with strategy.scope():
        gan = GAN(*(build() for build in PAIRS["points"]), seed=2)
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    return gan


def test_with_minibatch_discrimination_two_replicas_equal_one(mirrored):
    real = np.random.default_rng(0).uniform(-1, 1, (3, 8, 2)).astype("float32")
    odd = tf.data.Dataset.from_tensor_slices(real[0, :5]).batch(4)
    found, losses = [], []
    for strategy in (tf.distribute.get_strategy(), mirrored(2)):
        gan = comparing_model(strategy)
        gan.fit(tf.data.Dataset.from_tensor_slices(real), verbose=0)
        found.append(
            np.concatenate([initial(gan.generator), initial(gan.discriminator)])
        )
        # A last batch of one example: the second replica has none.
        losses.append(gan.evaluate(odd, verbose=0, return_dict=True))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-5)
    assert np.isfinite([list(values.values()) for values in losses]).all()


def test_with_minibatch_discrimination_a_batch_of_one_is_refused_by_the_first_step():
    gan = comparing_model(tf.distribute.get_strategy())
    before = initial(gan.discriminator)
    with pytest.raises(ValueError, match="this batch holds one"):
        gan.fit(tf.data.Dataset.from_tensor_slices(np.zeros((1, 1, 2))), verbose=0)
    np.testing.assert_array_equal(initial(gan.discriminator), before)
