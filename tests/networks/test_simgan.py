import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.networks import simgan_discriminator, simgan_refiner

BUILDERS = [simgan_refiner, simgan_discriminator]


def convolutions(network):
    return [x for x in network.layers if isinstance(x, keras.layers.Conv2D)]


def test_refiner_has_the_layers_of_the_paper():
    refiner = simgan_refiner((35, 55, 1))
    assert refiner.input_shape == refiner.output_shape == (None, 35, 55, 1)
    first, *inner, last = convolutions(refiner)
    assert (first.filters, first.kernel_size) == (64, (3, 3))
    assert [(x.filters, x.kernel_size) for x in inner] == [(64, (3, 3))] * 8
    assert (last.filters, last.kernel_size) == (1, (1, 1))
    assert sum(isinstance(x, keras.layers.Add) for x in refiner.layers) == 4
    assert {x.strides for x in convolutions(refiner)} == {(1, 1)}


def test_discriminator_has_the_layers_of_the_paper():
    discriminator = simgan_discriminator()
    assert discriminator.output_shape == (None, 8, 8, 1)
    found = [
        (x.filters, x.kernel_size[0], x.strides[0])
        for x in discriminator.layers
        if isinstance(x, keras.layers.Conv2D)
    ]
    assert found == [(96, 3, 2), (64, 3, 2), (32, 3, 1), (32, 1, 1), (1, 1, 1)]
    (pool,) = (x for x in discriminator.layers if "pool" in x.name)
    assert (pool.pool_size, pool.strides) == ((3, 3), (1, 1))


@pytest.mark.parametrize("build", BUILDERS)
def test_the_cost_of_a_width_is_as_documented(build, documented_work):
    rows = documented_work(build)
    assert len(rows) == 2
    for width, stated, counted in rows:
        decimals = len(stated.partition(".")[2])
        assert stated == f"{counted:.{decimals}f}", (width, counted)


def test_a_residual_block_that_learns_nothing_changes_nothing():
    keras.utils.set_random_seed(0)
    with_blocks, without = (simgan_refiner(width=4, blocks=n) for n in (2, 0))
    for layer in convolutions(with_blocks):
        if "block" in layer.name:
            layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
        else:
            without.get_layer(layer.name).set_weights(layer.get_weights())
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(with_blocks(images), without(images), rtol=0, atol=1e-6)


def reach(network, place):
    """Rows of the input that an output at (place, place) depends on."""
    network.set_weights([np.abs(w) + 0.1 for w in network.get_weights()])
    images = tf.ones([1, 32, 32, 3])
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = network(images)[0, place, place, 0]
    slopes = tf.reduce_sum(tf.abs(tape.gradient(value, images)), axis=(0, 2, 3))
    return np.flatnonzero(slopes.numpy())


def test_a_refined_pixel_is_made_of_its_neighborhood():
    refiner = simgan_refiner(width=2, blocks=4)
    # Before the tanh, which has no negative_slope left at such weights.
    pixels = refiner.get_layer("pixels").output
    rows = reach(keras.Model(refiner.inputs, pixels), 16)
    assert (rows.min(), rows.max()) == (16 - 9, 16 + 9)


def test_a_logit_sees_a_patch():
    discriminator = simgan_discriminator(width=2)
    pool = next(x for x in discriminator.layers if "pool" in x.name)
    assert pool.padding == "same"
    # A maximum passes its gradient to one pixel, means pass it to all that it sees.
    means = keras.layers.AveragePooling2D(3, strides=1, padding="same")
    layers = [means if x is pool else x for x in discriminator.layers]
    seen = reach(keras.Sequential([keras.Input((32, 32, 3)), *layers]), 4)
    assert len(seen) == 23


@pytest.mark.parametrize("build", BUILDERS)
def test_a_seed_repeats_the_initial_weights(build):
    one, same, other = (build(width=2, seed=s).get_weights() for s in (3, 3, 4))
    for value, expected in zip(one, same, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert not np.array_equal(one[0], other[0])


def test_under_mixed_precision_pixels_and_logits_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = simgan_refiner((8, 8, 3), width=2)(tf.zeros([2, 8, 8, 3]))
    logits = simgan_discriminator((8, 8, 3), width=2)(images)
    assert {images.dtype, logits.dtype} == {tf.float32}
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize(
    ("build", "wrong"),
    [
        (simgan_refiner, {"width": 0}),
        (simgan_refiner, {"blocks": -1}),
        (simgan_discriminator, {"width": 1.5}),
    ],
)
def test_sizes_that_cannot_be_built_are_refused(build, wrong):
    with pytest.raises(ValueError, match="must be a whole number"):
        build(**wrong)
