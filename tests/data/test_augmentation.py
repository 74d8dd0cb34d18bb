"""Images shifted, turned and inverted."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data
from ganzoo.data.augmentation import (
    augmented_batches,
    distort,
    distortion_draws,
    invert,
    shift,
    shift_offsets,
)
from ganzoo.layers.affine import affine

MOST = 2


@pytest.mark.parametrize("reflect", [False, True])
def test_shift_moves_every_image_by_its_own_offset(reflect):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 9, 9, 1)).astype("float32")
    images[:, :MOST] = images[:, -MOST:] = -1  # a border, so that nothing is lost
    images[:, :, :MOST] = images[:, :, -MOST:] = -1
    offsets = np.array([[0, 0], [2, -1], [-2, 2]], "int32")
    moved = shift(tf.constant(images), tf.constant(offsets), MOST, reflect=reflect)
    inner = slice(MOST, -MOST)
    for before, after, (down, right) in zip(images, moved, offsets, strict=True):
        expected = np.roll(before, (down, right), (0, 1))
        np.testing.assert_array_equal(after[inner, inner], expected[inner, inner])
        if not reflect:
            np.testing.assert_array_equal(after, expected)


def test_shift_brings_in_black_or_the_mirrored_edge():
    image = tf.reshape(tf.range(5.0), (1, 5, 1, 1)) * tf.ones((1, 1, 5, 1))
    down = tf.constant([[2, 0]], tf.int32)
    for reflect, rows in ((False, [-1, -1, 0, 1, 2]), (True, [2, 1, 0, 1, 2])):
        moved = shift(image, down, MOST, reflect=reflect)[0, :, 0, 0]
        np.testing.assert_array_equal(moved, rows)


def test_offsets_are_a_function_of_seed_and_step_and_reach_both_ends():
    def drawn(seed, step):
        return shift_offsets(seed, tf.constant(step, tf.int64), 200, MOST).numpy()

    np.testing.assert_array_equal(drawn(3, 5), drawn(3, 5))
    assert not np.array_equal(drawn(3, 5), drawn(3, 6))
    assert not np.array_equal(drawn(3, 5), drawn(-4, 5))
    assert set(drawn(3, 5).ravel()) == {-2, -1, 0, 1, 2}


def test_every_batch_is_augmented_by_its_step():
    images = np.arange(8, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 2, 2, 1), np.uint8
    )
    image_set = data.image_set(images, np.arange(8), name="levels")

    def augment(step, images, labels):
        return images + tf.cast(step, tf.float32), labels

    found = augmented_batches(image_set, 4, augment, seed=1).take(3)
    plain = data.training_batches(image_set, 4, seed=1, with_labels=True).take(3)
    for step, (after, before) in enumerate(zip(found, plain, strict=True)):
        np.testing.assert_allclose(after[0], before[0] + step, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(after[1], before[1])


def noise(count, side, channels):
    images = np.random.default_rng(0).uniform(-1, 1, (count, side, side, channels))
    return images.astype(np.float32)


def test_nothing_to_distort_leaves_the_images():
    images, draws = noise(3, 8, 3), np.ones((3, 4), np.float32)
    np.testing.assert_allclose(distort(images, draws), images, atol=1e-6)
    still = distort(images, 0 * draws, rotation=15.0, shear=0.2, zoom=0.2)
    np.testing.assert_allclose(still, images, atol=1e-6)


def test_a_quarter_turn_is_numpys():
    images = noise(2, 7, 1)
    draws = np.array([[1, 0, 0, 0], [-1, 0, 0, 0]], np.float32)
    turned = distort(images, draws, rotation=90.0)
    for number, sense in enumerate((1, -1)):
        np.testing.assert_allclose(
            turned[number], np.rot90(images[number], sense), atol=1e-5
        )


def test_a_shear_moves_rows_by_their_height_and_mirrors_the_edge():
    image = np.tile(np.arange(5, dtype=np.float32), (1, 5, 1))[..., None]
    sheared = distort(image, np.array([[0, 1, 0, 0]], np.float32), shear=1.0)
    # Columns come from 2 above the middle row's to 2 below; -1 and 5 mirror to 0 and 4.
    expected = [np.arange(5) + row - 2 for row in range(5)]
    mirror = {-2: 1, -1: 0, 5: 4, 6: 3}
    expected = np.vectorize(lambda place: mirror.get(place, place))(expected)
    np.testing.assert_allclose(sheared[0, :, :, 0], expected, atol=1e-5)


def test_distortions_are_the_maps_of_the_differentiable_layer():
    rows, columns = np.mgrid[:24, :24]
    away = (rows - 11.0) ** 2 / 14 + (columns - 13.0) ** 2 / 9
    blob = np.exp(-away)[None, :, :, None].astype(np.float32)  # 0 at the edges
    draws = np.array([[0.7, -0.9, 0.8, -0.6]], np.float32)
    distorted = distort(blob, draws, rotation=20.0, shear=0.3, zoom=0.2)
    angle, slope = np.deg2rad(0.7 * 20), -0.9 * 0.3
    tall, wide = np.exp(0.8 * 0.2), np.exp(-0.6 * 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, slope], [0, 1]]) @ np.diag([wide, tall])
    entries = [tf.constant([entry], tf.float32) for entry in matrix.ravel()]
    nowhere = (tf.zeros(1), tf.zeros(1))
    expected = affine(tf.constant(blob), entries, nowhere, 0.0)
    np.testing.assert_allclose(distorted, expected, atol=0.03)
    assert np.abs(distorted - blob).max() > 0.2


def test_distortions_and_negatives_are_functions_of_seed_and_step():
    images = noise(200, 2, 1)

    def drawn(seed, step):
        step = tf.constant(step, tf.int64)
        draws = distortion_draws(seed, step, 200).numpy()
        negative = invert(tf.constant(images), seed, step).numpy() == -images
        assert np.all(negative.all((1, 2, 3)) | ~negative.any((1, 2, 3)))  # whole ones
        return draws, negative[:, 0, 0, 0]

    for one, same in zip(drawn(3, 5), drawn(3, 5), strict=True):
        np.testing.assert_array_equal(one, same)
    for other in (drawn(3, 6), drawn(-4, 5)):
        for one, different in zip(drawn(3, 5), other, strict=True):
            assert not np.array_equal(one, different)
    draws, negative = drawn(3, 5)
    assert draws.min() < -0.95
    assert draws.max() > 0.95
    assert abs(np.corrcoef(draws.T) - np.eye(4)).max() < 0.25
    assert 70 < negative.sum() < 130
    assert abs(np.corrcoef(draws[:, 0], negative)[0, 1]) < 0.25
