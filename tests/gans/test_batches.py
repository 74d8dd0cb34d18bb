import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans.batches import count, deal, per_example


def test_dealing_gives_every_row_to_exactly_one_step():
    images, labels = tf.range(12.0)[:, tf.newaxis], tf.range(12)
    hands = deal(images, labels, 3)
    assert [hand[1].numpy().tolist() for hand in hands] == [
        [0, 3, 6, 9],
        [1, 4, 7, 10],
        [2, 5, 8, 11],
    ]
    for dealt, named in hands:
        assert dealt.shape == (4, 1)
        np.testing.assert_array_equal(dealt.numpy()[:, 0], named.numpy())


def test_half_of_the_rows_holds_half_of_every_step():
    rows = tf.range(12)
    whole = [hand for hand, _ in deal(rows, None, 3)]
    first = [hand for hand, _ in deal(rows[:6], None, 3)]
    second = [hand for hand, _ in deal(rows[6:], None, 3)]
    for all_rows, *halves in zip(whole, first, second, strict=True):
        np.testing.assert_array_equal(all_rows, tf.concat(halves, 0))


def test_one_step_takes_the_batch_as_it_is():
    images = tf.zeros([5, 2])
    assert deal(images, None, 1) == [(images, None)]


def test_rows_that_cannot_be_dealt_evenly_are_refused():
    with pytest.raises(ValueError, match="10 rows cannot be dealt"):
        deal(tf.zeros([10, 2]), None, 3)


def test_unknown_batch_sizes_are_dealt_in_the_graph():
    @tf.function(input_signature=[tf.TensorSpec([None, 2])])
    def second_hand(rows):
        assert not isinstance(count(rows), int)
        return deal(rows, None, 2)[1][0]

    rows = tf.reshape(tf.range(12.0), [6, 2])
    np.testing.assert_array_equal(second_hand(rows), rows[1::2])


def test_patches_are_averaged_for_each_example():
    patches = np.arange(24.0).reshape(2, 3, 4, 1)
    np.testing.assert_allclose(per_example(tf.constant(patches)), [5.5, 17.5])
    np.testing.assert_allclose(per_example(tf.constant([1.0, 2.0])), [1.0, 2.0])
