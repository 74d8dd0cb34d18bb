import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans.batches import per_example, split_batch


def test_splitting_gives_every_row_to_exactly_one_step():
    images, labels = tf.range(12.0)[:, tf.newaxis], tf.range(12)
    steps = split_batch(images, labels, 3)
    assert [step[1].numpy().tolist() for step in steps] == [
        [0, 3, 6, 9],
        [1, 4, 7, 10],
        [2, 5, 8, 11],
    ]
    for images, named in steps:
        assert images.shape == (4, 1)
        np.testing.assert_array_equal(images.numpy()[:, 0], named.numpy())


def test_half_of_the_rows_holds_half_of_every_step():
    rows = tf.range(12)
    whole = [step for step, _ in split_batch(rows, None, 3)]
    first = [step for step, _ in split_batch(rows[:6], None, 3)]
    second = [step for step, _ in split_batch(rows[6:], None, 3)]
    for all_rows, *halves in zip(whole, first, second, strict=True):
        np.testing.assert_array_equal(all_rows, tf.concat(halves, 0))


def test_one_step_takes_the_batch_as_it_is():
    images = tf.zeros([5, 2])
    assert split_batch(images, None, 1) == [(images, None)]


def test_rows_that_cannot_be_split_evenly_are_refused():
    with pytest.raises(ValueError, match="10 rows cannot be split"):
        split_batch(tf.zeros([10, 2]), None, 3)


def test_unknown_batch_sizes_are_split_in_the_graph():
    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def second_step(rows):
        assert rows.shape[0] is None
        return split_batch(rows, None, 2)[1][0]

    rows = tf.reshape(tf.range(12.0), [6, 2])
    np.testing.assert_array_equal(second_step(rows), rows[1::2])


def test_patches_are_averaged_for_each_example():
    patches = np.arange(24.0).reshape(2, 3, 4, 1)
    np.testing.assert_allclose(per_example(tf.constant(patches)), [5.5, 17.5])
    np.testing.assert_allclose(per_example(tf.constant([1.0, 2.0])), [1.0, 2.0])
