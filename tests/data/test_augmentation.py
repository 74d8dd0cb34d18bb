"""Images shifted by a few pixels."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data
from ganzoo.data.augmentation import augmented_batches, shift, shift_offsets

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
