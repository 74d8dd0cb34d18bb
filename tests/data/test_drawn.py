"""What is drawn on the fly streams as shuffled sets do; for both kinds of it."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data
from ganzoo.data import DataError

KINDS = ("points", "images")


@pytest.fixture(scope="module")
def sources():
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 5), dtype=np.uint8)
    names = tuple("0123456789")
    digits = data.image_set(images, np.arange(50) % 10, names, name="tiny")
    return {"points": data.ring(), "images": data.StackedDigits(digits)}


@pytest.fixture(params=KINDS)
def source(request, sources):
    return sources[request.param]


def taken(batches, count):
    return [batch.numpy() for batch in batches.take(count)]


def stream(source, rows=6, **settings):
    return data.training_batches(source, rows, **({"seed": 5} | settings))


def test_batches_are_static_in_shape_float32_and_endless(source):
    batches = stream(source)
    assert batches.element_spec == tf.TensorSpec((6, *source.shape), tf.float32)
    assert batches.cardinality() == tf.data.INFINITE_CARDINALITY
    labeled = stream(source, with_labels=True).element_spec
    assert labeled[1] == tf.TensorSpec((6,), tf.int32)


def test_the_same_seed_gives_the_same_batches_and_another_one_others(source):
    first, again, other = (taken(stream(source, seed=s), 3) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_step_draws_anew(source):
    batches = taken(stream(source, 40), 4)
    for number, batch in enumerate(batches):
        for later in batches[number + 1 :]:
            assert not np.array_equal(batch, later)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("start", [1, 7, 10**12])
def test_a_resumed_stream_is_the_uninterrupted_one(source, start, k):
    whole = taken(stream(source, start_step=start - 1, discriminator_steps=k), 4)
    resumed = taken(stream(source, start_step=start, discriminator_steps=k), 3)
    np.testing.assert_array_equal(whole[1:], resumed)


def test_k_discriminator_steps_take_k_batches_in_one_element(source):
    wide = taken(stream(source, 4, discriminator_steps=5), 2)
    np.testing.assert_array_equal(wide, taken(stream(source, 20), 2))


def test_labels_change_nothing_about_the_examples(source):
    plain = taken(stream(source), 3)
    labeled = stream(source, with_labels=True).take(3)
    for expected, (examples, _) in zip(plain, labeled, strict=True):
        np.testing.assert_array_equal(examples, expected)


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_replicas_get_contiguous_slices_of_the_global_batch(source, replicas, mirrored):
    strategy = mirrored(replicas)
    expected = taken(stream(source), 4)
    # Read to its end: TensorFlow may crash when it drops an iterator that is filling.
    distributed = strategy.experimental_distribute_dataset(stream(source).take(4))
    for whole, batch in zip(expected, distributed, strict=True):
        parts = strategy.experimental_local_results(batch)
        assert {part.shape[0] for part in parts} == {6 // replicas}
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_users_own_examples_may_be_drawn_in_loops(sources):
    class Walk(type(sources["points"])):
        def drawing(self):
            draw = super().drawing()

            def walked(count, key):
                points, labels = draw(count, key)
                for _ in tf.range(3):
                    if tf.reduce_max(points) > -1e9:
                        points += 1.0
                return points, labels

            return walked

    ring = sources["points"]
    walk = Walk(ring.centers, ring.sigma, "walk")
    (still,), (moved,) = taken(stream(ring), 1), taken(stream(walk), 1)
    np.testing.assert_allclose(moved, still + 3.0, rtol=1e-5)


@pytest.mark.parametrize("worker", [0, 1])
def test_two_workers_get_the_two_halves_of_the_global_batch(source, worker):
    # What MultiWorkerMirroredStrategy does to a dataset, without its cluster.
    from tensorflow.python.distribute import input_ops

    rebatched = stream(source).rebatch([3, 3])
    sharded = input_ops.auto_shard_dataset(rebatched, 2, worker, 2)
    halves = [np.split(batch, 2)[worker] for batch in taken(stream(source), 4)]
    np.testing.assert_array_equal(taken(sharded, 4), halves)


def test_a_held_out_sample_is_fixed_and_shares_nothing_with_the_batches(sources):
    ring = sources["points"]
    points, labels = ring.sample(500)
    again, _ = ring.sample(500)
    np.testing.assert_array_equal(points, again)
    assert (points.dtype, labels.dtype) == (np.float32, np.int32)
    assert not np.array_equal(points, ring.sample(500, seed=1)[0])
    trained = np.concatenate(taken(stream(ring, 500, seed=0), 20))
    assert not set(map(tuple, points)) & set(map(tuple, trained))
    images, _ = sources["images"].sample(3)
    assert (images.dtype, images.shape) == (np.uint8, (3, 4, 5, 3))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rows": 0}, "batch_size must be 1 to"),
        ({"discriminator_steps": 0}, "discriminator_steps must be 1 to"),
        ({"start_step": -1}, "start_step must be 0 to"),
        ({"seed": 0.5}, "seed must be a whole number"),
    ],
)
def test_wrong_numbers_are_refused_naming_the_accepted_ones(source, changed, message):
    with pytest.raises(DataError, match=message):
        stream(source, **changed)


def test_a_sample_of_nothing_is_refused(source):
    with pytest.raises(DataError, match="count must be 1 to"):
        source.sample(0)
