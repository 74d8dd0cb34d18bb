import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.networks import symmetric_generator


def images(count=4, side=8, channels=3):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (count, side, side, channels)).astype("float32")


def test_images_keep_their_size_and_stay_in_range():
    network = symmetric_generator((8, 8, 1), 3, width=4, seed=0)
    made = network(50.0 * images(channels=1))
    assert made.shape == (4, 8, 8, 3)
    assert made.dtype == tf.float32
    assert np.abs(made).max() <= 1.0


def test_a_turned_image_is_drawn_as_the_image_is_and_turned():
    """Far from the gains, which see the whole, it is as equivariant as it should be."""
    network = symmetric_generator((8, 8, 3), width=4, seed=0)
    for number in (1, 2):
        gain = network.get_layer(f"gain_{number}")
        gain.kernel.assign(tf.zeros_like(gain.kernel))
    moved = np.roll(images(), 1, axis=2)
    network.get_layer("symmetries").scores.assign([100.0] + [0.0] * 7)
    plain, rolled = network(images()).numpy(), network(moved).numpy()
    np.testing.assert_allclose(rolled[:, :, 3:-2], plain[:, :, 2:-3], atol=1e-5)


def test_the_gains_see_the_whole_image():
    network = symmetric_generator((8, 8, 3), width=4, seed=0)
    network.get_layer("symmetries").scores.assign([100.0] + [0.0] * 7)
    one, other = images(1), images(1)
    other[0, 0, 0] += 1.0
    difference = np.abs(network(one) - network(other))
    assert difference[0, -1, -1].max() > 1e-4


def test_initial_weights_are_a_function_of_the_seed():
    first, again, other = (
        symmetric_generator((8, 8, 3), width=4, seed=seed).get_weights()
        for seed in (3, 3, 4)
    )
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any(np.abs(x - y).max() > 0.01 for x, y in zip(first, other, strict=True))


def test_pixels_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert symmetric_generator((8, 8, 3), width=4)(images()).dtype == tf.float32


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="width=0 must be a whole number"):
        symmetric_generator(width=0)
    with pytest.raises(ValueError, match="side, side"):
        symmetric_generator((8, 12, 3))
