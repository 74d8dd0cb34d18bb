import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from ganzoo.layers import RandomAffine, random_scope
from ganzoo.layers.affine import affine
from ganzoo.random import StepRandom

NONE = {"rotation": 0.0, "shear": 0.0, "zoom": 0.0, "shift": 0.0}


def changed(layer, images, seed=0, shard=0):
    with random_scope(StepRandom.root(seed, shard)):
        return layer(images, training=True).numpy()


def blob(height=24, width=20):
    """A smooth image, which any resampling gives nearly alike; `[1, h, w, 1]`."""
    rows, columns = np.mgrid[:height, :width]
    away = (rows - 11.0) ** 2 / 14 + (columns - 9.0) ** 2 / 9
    return np.exp(-away)[None, :, :, None].astype(np.float32)


def under(images, matrix, offset=(0.0, 0.0), fill=0.0):
    count = len(images)
    entries = [tf.fill([count], float(entry)) for entry in np.ravel(matrix)]
    shifts = [tf.fill([count], float(shift)) for shift in offset]
    return affine(images, entries, shifts, fill).numpy()


# ----------------------------------------------------------------------------- the map


def test_the_identity_changes_nothing():
    images = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype(np.float32)
    np.testing.assert_allclose(under(images, np.eye(2)), images, atol=1e-6)


def test_whole_pixels_are_moved_and_what_comes_in_is_filled():
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 1)).astype(np.float32)
    moved = under(images, np.eye(2), (1 / 5, -2 / 4), fill=9.0)
    np.testing.assert_allclose(moved[:, 2:, :-1], images[:, :2, 1:], atol=1e-5)
    np.testing.assert_allclose(moved[:, :2], 9.0, atol=1e-5)
    np.testing.assert_allclose(moved[:, :, -1], 9.0, atol=1e-5)


@pytest.mark.parametrize("degrees", [-40, -20, 15, 45])
def test_maps_are_those_of_scipy(degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1.2, 0.3 * 0.9], [0.0, 0.9]])
    image = blob()
    height, width = image.shape[1:3]
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    by_row = matrix[::-1, ::-1]  # SciPy counts (row, column)
    shift = np.array([0.05 * height, -0.1 * width])
    expected = ndimage.affine_transform(
        image[0, :, :, 0], by_row, offset=middle - by_row @ middle + shift, order=1
    )
    # Both are linear between pixels, in one pass and in two: equal to second order.
    found = under(image, matrix, (-0.1, 0.05))[0, :, :, 0]
    np.testing.assert_allclose(found, expected, atol=0.05)
    assert np.abs(found - expected).mean() < 0.005


def test_each_image_has_the_map_of_its_own_and_channels_share_it():
    images = np.repeat(np.tile(blob(), (3, 1, 1, 1)), 2, axis=3)
    images[..., 1] *= 2
    values = changed(RandomAffine(fill=0.0), images)
    np.testing.assert_allclose(values[..., 1], 2 * values[..., 0], atol=1e-5)
    assert not np.allclose(values[0], values[1], atol=0.05)


def test_it_is_differentiable_in_the_images():
    images = tf.constant(np.tile(blob(6, 5), (2, 1, 1, 1)))
    layer = RandomAffine(fill=0.0)
    with tf.GradientTape() as tape, random_scope(StepRandom.root(0)):
        tape.watch(images)
        total = tf.reduce_sum(tf.square(layer(images, training=True)))
    slopes = tape.gradient(total, images).numpy()
    for place in ((0, 2, 2, 0), (1, 3, 1, 0)):
        step = np.zeros(images.shape, np.float32)
        step[place] = 0.01
        up, down = (
            np.square(changed(layer, images + sign * step)).sum() for sign in (1, -1)
        )
        np.testing.assert_allclose(slopes[place], (up - down) / 0.02, rtol=0.01)


# ------------------------------------------------------------------------ what is drawn


@pytest.mark.parametrize(
    ("name", "value"),
    [("rotation", 45.0), ("shear", 0.5), ("zoom", 0.5), ("shift", 0.2)],
)
def test_each_range_matters_and_none_leaves_the_images(name, value):
    images = np.tile(blob(), (8, 1, 1, 1))
    plain = changed(RandomAffine(**NONE), images)
    np.testing.assert_allclose(plain, images, atol=1e-5)
    values = changed(RandomAffine(**NONE | {name: value}), images)
    assert np.abs(values - images).max(axis=(1, 2, 3)).min() > 0.005


def test_shifts_keep_to_their_range():
    images = np.full((400, 11, 11, 1), -1.0, np.float32)
    images[:, 5, 5] = 1.0  # in the middle
    values = changed(RandomAffine(**NONE | {"shift": 2 / 11}), images) + 1
    place = np.arange(11) - 5.0
    for axis in (1, 2):
        means = values.sum(axis=(3 - axis, 3)) @ place / values.sum(axis=(1, 2, 3))
        assert np.abs(means).max() <= 2.0 + 1e-4
        assert np.abs(means).max() > 1.9
        assert abs(means.mean()) < 0.3


def test_maps_are_a_function_of_the_step_alone_and_of_the_place_in_the_batch():
    images, layer = np.tile(blob(), (4, 1, 1, 1)), RandomAffine()
    whole = changed(layer, images)
    np.testing.assert_array_equal(whole, changed(layer, images))
    assert not np.allclose(whole, changed(layer, images, seed=1), atol=0.01)
    halves = [changed(layer, images[:2], shard=shard) for shard in range(2)]
    np.testing.assert_allclose(np.concatenate(halves), whole, atol=1e-6)


def test_it_compiles_and_keeps_the_type():
    images, layer = np.tile(blob(), (2, 1, 1, 1)), RandomAffine()

    @tf.function(jit_compile=True)
    def compiled(images):
        with random_scope(StepRandom.root(0)):
            return layer(images, training=True)

    np.testing.assert_allclose(compiled(images), changed(layer, images), atol=1e-4)
    half = RandomAffine(dtype="bfloat16")
    assert changed(half, images).dtype == tf.bfloat16


def test_inference_changes_nothing():
    images = blob()
    np.testing.assert_array_equal(RandomAffine()(images), images)


def test_training_outside_a_step_is_refused():
    with pytest.raises(RuntimeError, match="random_scope"):
        RandomAffine()(blob(), training=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rotation": 46.0}, "at most 45 degrees"),
        ({"zoom": -0.1}, "zoom=-0.1 must be at least 0"),
        ({"shear": float("nan")}, "shear=nan"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RandomAffine(**arguments)


def test_arguments_survive_saving():
    layer = RandomAffine(10.0, 0.1, 0.05, 0.02, 0.5, name="lay")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
