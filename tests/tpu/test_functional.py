"""The functional step is the game's own, on one replica and on two."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from tpu import functional

IMAGE = (4, 4, 1)


def images(steps: int, rows: int) -> np.ndarray:
    numbers = np.random.default_rng(0)
    return numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")


def functional_step(game, rows: int, replicas: int = 1, add=None):
    spec = tf.TensorSpec([rows, *IMAGE], tf.float32)
    return functional.FunctionalStep(game, spec, replicas, add)


def play(pure, batches, replica: int = 0) -> list[np.ndarray]:
    """Does some steps from the game's own state; returns the last state."""
    state = [tf.convert_to_tensor(v.value) for v in pure.variables]
    for batch in batches:
        state, _ = pure(tf.constant(replica), *state, tf.constant(batch))
    return [tensor.numpy() for tensor in state]


class Meeting:
    """Adds up tensors that several threads bring, as a TPU's cores would."""

    def __init__(self, count: int):
        self.brought = [None] * count
        self.barrier = threading.Barrier(count, timeout=60)
        self.place = threading.local()

    def add(self, tensor, groups):
        assert groups == [list(range(len(self.brought)))]
        self.brought[self.place.number] = tensor
        self.barrier.wait()
        total = tf.add_n(self.brought)
        self.barrier.wait()
        return total


def play_together(games, batches) -> list[list[np.ndarray]]:
    """Does steps on several replicas, each with its share of the rows."""
    meeting = Meeting(len(games))
    rows = batches.shape[1] // len(games)
    results = [None] * len(games)

    def replica(number):
        meeting.place.number = number
        pure = functional_step(games[number], rows, len(games), meeting.add)
        share = batches[:, number * rows : (number + 1) * rows]
        try:
            results[number] = play(pure, share, number)
        except BaseException:
            meeting.barrier.abort()
            raise

    threads = [
        threading.Thread(target=replica, args=(n,), daemon=True)
        for n in range(len(games))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_the_functional_step_is_the_stateful_one(tiny_game, update):
    batches = images(3, 8)
    stateful = tiny_game(update=update, ema_half_life=30.0)
    stateful.fit(tf.data.Dataset.from_tensor_slices(batches), verbose=0)

    game = tiny_game(update=update, ema_half_life=30.0)
    pure = functional_step(game, 8)
    before = [v.numpy() for v in pure.variables]
    after = play(pure, batches)

    for variable, value in zip(pure.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)  # nothing was assigned
    expected = functional.state_variables(stateful)
    for variable, value in zip(expected, after, strict=True):
        np.testing.assert_allclose(
            value, variable.numpy(), rtol=1e-5, atol=1e-6, err_msg=variable.path
        )
    changed = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(changed) >= 20


def test_two_replicas_that_meet_end_where_one_does(tiny_game):
    batches = images(3, 8)
    game = tiny_game()
    (one,) = play_together([game], batches)
    first, second = play_together([tiny_game(), tiny_game()], batches)
    variables = functional.state_variables(game)
    trackers = {id(v) for v in game.metrics_variables}
    assert len(variables) > len(trackers) > 0
    for variable, a, b, whole in zip(variables, first, second, one, strict=True):
        if id(variable) in trackers:
            continue  # each replica tracks its own share
        np.testing.assert_array_equal(a, b, err_msg=variable.path)
        np.testing.assert_allclose(
            a, whole, rtol=1e-5, atol=1e-6, err_msg=variable.path
        )


def test_each_gradient_is_summed_over_the_replicas_once(tiny_game):
    game = tiny_game()
    pure = functional_step(game, 4, replicas=2)
    graph = pure.function().get_concrete_function(*pure.specs).graph
    sums = [o for o in graph.get_operations() if o.type == "CrossReplicaSum"]
    shapes = [tuple(o.outputs[0].shape) for o in sums]
    for variable in game.trainable_variables:
        wanted = [v.shape for v in game.trainable_variables].count(variable.shape)
        assert shapes.count(tuple(variable.shape)) >= wanted, variable.path
    groups = {str(tf.get_static_value(o.inputs[1]).tolist()) for o in sums}
    assert groups == {"[[0, 1]]"}


def test_one_replica_sums_nothing(tiny_game):
    pure = functional_step(tiny_game(), 4)
    graph = pure.function().get_concrete_function(*pure.specs).graph
    assert not [o for o in graph.get_operations() if o.type == "CrossReplicaSum"]
    assert not graph.captures


def test_a_step_sees_a_tpu_strategy(tiny_game):
    seen = []

    class Curious(keras.layers.Layer):
        def call(self, inputs):
            seen.append(tf.distribute.get_strategy())
            return inputs

    game = tiny_game()
    game.discriminator.add(Curious())
    pure = functional_step(game, 4, replicas=4)
    pure.function().get_concrete_function(*pure.specs)
    assert isinstance(seen[-1], tf.distribute.TPUStrategy)
    assert seen[-1].num_replicas_in_sync == 4


def test_the_mean_over_replicas_is_their_sum_over_their_number():
    strategy = functional.TracedTPU(2, lambda tensor, groups: tensor + 10.0)
    extended = strategy.extended
    mean = extended._replica_ctx_all_reduce(
        tf.distribute.ReduceOp.MEAN, [tf.constant(4.0)]
    )
    assert float(mean[0]) == 12.0
