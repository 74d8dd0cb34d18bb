"""The store of refined images: what is drawn from it, and what is written."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans.image_pool import ImagePool
from ganzoo.random import StepRandom

SHAPE = (1, 1, 1)


def numbered(first, count):
    """Images that can be told apart: first, first + 1, ..."""
    values = tf.range(first, first + count, dtype=tf.float32)
    return tf.reshape(values, [count, *SHAPE])


def random(step, seed=0):
    return StepRandom.root(seed).fold(step)


def values(images):
    return np.ravel(images).tolist()


def filled(capacity):
    history = ImagePool(capacity, SHAPE)
    for first in range(capacity):
        history.query(numbered(first, 1), random(first))
    return history


def test_empty_slots_are_filled_before_any_image_is_replaced():
    history = ImagePool(5, SHAPE)
    for step in range(2):
        history.query(numbered(2 * step, 2), random(step))
    assert int(history.size.numpy()) == 4
    assert values(history.images.numpy()) == [0, 1, 2, 3, 0]
    history.query(numbered(4, 2), random(2))  # one into the last slot, one at random
    assert int(history.size.numpy()) == 5
    kept = values(history.images.numpy())
    assert kept[4] in (4, 5)
    assert {4, 5} < set(kept)
    assert len(set(kept)) == 5


def test_images_stand_in_for_those_that_are_not_stored_yet():
    history = ImagePool(6, SHAPE)
    assert values(history.query(numbered(0, 2), random(0))) == [0, 1]
    drawn = values(history.query(numbered(10, 4), random(1)))
    assert {0, 1} < set(drawn)
    assert len(set(drawn)) == 4
    assert all(value == 10 + i for i, value in enumerate(drawn) if value > 1)


def test_a_full_store_gives_as_many_different_old_images_as_it_takes_new_ones():
    history = filled(7)
    for step in range(20):
        before = set(values(history.images.numpy()))
        new = set(range(100 * step + 100, 100 * step + 103))
        drawn = values(history.query(numbered(100 * step + 100, 3), random(step)))
        after = set(values(history.images.numpy()))
        assert len(set(drawn)) == 3
        assert set(drawn) <= before
        assert new <= after
        assert len(after) == 7
        assert len(after & before) == 4


def test_every_slot_is_drawn_and_replaced_equally_often():
    history = filled(4)
    slots = np.zeros((2, 4))
    draw = tf.function(lambda step: history._slots(2, random(step)))
    for step in range(600):
        for counts, chosen in zip(slots, draw(tf.constant(step)), strict=True):
            counts[chosen.numpy()] += 1
    np.testing.assert_allclose(slots, 300, atol=50)  # four standard deviations


def test_what_is_read_tells_nothing_of_what_is_replaced():
    history = filled(4)
    pairs = [history._slots(1, random(step)) for step in range(200)]
    same = np.mean([int(read[0]) == int(written[0]) for read, written in pairs])
    assert 0.13 < same < 0.37


def test_mixing_keeps_every_other_image():
    history = filled(8)
    mixed = values(history.sample_and_update(numbered(50, 6), random(0)))
    assert mixed[::2] == [50, 52, 54]
    assert set(mixed[1::2]) < set(range(8))
    assert {51, 53, 55} < set(values(history.images.numpy()))


@pytest.mark.parametrize("replicas", [2, 4])
def test_replicas_draw_and_keep_together_what_one_does(replicas, mirrored):
    alone, strategy = filled(6), mirrored(replicas)
    with strategy.scope():
        shared = ImagePool(6, SHAPE)
        shared.images.assign(alone.images.numpy())
        shared.size.assign(6)
    images = tf.reshape(tf.range(20.0, 44.0), [3, 8, *SHAPE])

    @tf.function
    def mix(batch, step):
        def on_replica():
            own = 8 // replicas
            place = tf.distribute.get_replica_context().replica_id_in_sync_group
            part = tf.slice(batch, [place * own, 0, 0, 0], [own, *SHAPE])
            root = StepRandom.root(0, place).fold(step)
            return shared.sample_and_update(part, root)

        return strategy.gather(strategy.run(on_replica), axis=0)

    for step in range(3):
        expected = alone.sample_and_update(images[step], random(step))
        np.testing.assert_array_equal(mix(images[step], step), expected)
    stored = alone.images.numpy()
    for copy in strategy.experimental_local_results(shared.images.value):
        np.testing.assert_array_equal(copy.numpy(), stored)
    assert int(shared.size.numpy()) == 6


def test_an_exchange_in_a_stateless_scope_returns_what_it_would_have_stored():
    history, expected = filled(5), filled(5)
    variables = [history.images, history.size]
    state = [(variable, variable.value + 0) for variable in variables]
    with keras.StatelessScope(state_mapping=state) as scope:
        drawn = history.query(numbered(10, 2), random(9))
    np.testing.assert_array_equal(drawn, expected.query(numbered(10, 2), random(9)))
    after = scope.get_current_value(history.images)
    np.testing.assert_array_equal(after, expected.images.numpy())
    assert values(history.images.numpy()) == [0, 1, 2, 3, 4]


def test_batches_that_cannot_be_halved_or_stored_are_refused():
    history = ImagePool(3, SHAPE)
    with pytest.raises(ValueError, match="but 3 on each replica cannot be halved"):
        history.sample_and_update(numbered(0, 3), random(0))
    with pytest.raises(ValueError, match="of 3 images cannot store 4 at once"):
        history.sample_and_update(numbered(0, 8), random(0))
