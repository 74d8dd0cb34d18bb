import numpy as np

from ganzoo.random import StepRandom


def test_a_split_stream_is_another_one_for_each_call():
    random = StepRandom.root(3)
    streams = [random.split() for _ in range(3)]
    drawn = [np.asarray(stream.uniform([4, 8])) for stream in streams]
    drawn.append(np.asarray(random.uniform([4, 8])))
    drawn.append(np.asarray(random.fold(0).uniform([4, 8])))
    assert len(np.unique(drawn)) == 5 * 32


def test_draws_of_a_split_stream_leave_those_that_follow_as_they_are():
    many, none = StepRandom.root(3), StepRandom.root(3)
    own = many.split()
    for _ in range(5):
        own.uniform([4, 8])
    none.split()
    np.testing.assert_array_equal(many.uniform([4, 8]), none.uniform([4, 8]))


def test_split_streams_are_slices_of_the_global_batch():
    root = StepRandom.root(3)
    whole = np.asarray(StepRandom(root.key).split().uniform([4, 3]))
    parts = [StepRandom(root.key, shard).split().uniform([2, 3]) for shard in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
