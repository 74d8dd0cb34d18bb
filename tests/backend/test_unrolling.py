"""The gradient of a chain of steps, exact though the steps are not kept."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo.backend.unrolling import _Chain, _written_out, unroll

RATE = 0.3


def state_and_source():
    numbers = np.random.default_rng(0)
    return [numbers.normal(size=shape) for shape in ((3,), (3,), (5, 3))]


def descent(index, state, source):
    """Gradient descent with momentum on a loss that depends on the index."""
    weights, velocity = state
    with tf.GradientTape() as tape:
        tape.watch(weights)
        target = tf.cast(index, source.dtype) / 5
        loss = tf.reduce_mean(
            (tf.tanh(tf.linalg.matvec(source, weights)) - target) ** 2
        )
    velocity = 0.8 * velocity - RATE * tape.gradient(loss, weights)
    return [weights + velocity, velocity]


def plain(step, state, source, steps):
    state = list(state)
    for index in range(steps):
        state = step(index, state, source)
    return state


def gradients(chain, arguments):
    """The last state, and the gradients of a function of it."""
    *state, source = [tf.convert_to_tensor(value) for value in arguments]
    with tf.GradientTape() as tape:
        tape.watch([*state, source])
        weights, velocity = chain(descent, state, source)
        loss = tf.reduce_sum(weights**3) + tf.reduce_sum(velocity * source)
    return [weights, velocity, *tape.gradient(loss, [*state, source])]


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 10])
def test_gradients_are_those_of_the_tape_that_keeps_everything(steps, loops):
    arguments = state_and_source()
    expected = gradients(lambda *a: plain(*a, steps), arguments)
    found = gradients(lambda *a: unroll(*a, steps, loops=loops), arguments)
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-12, atol=1e-14)


def test_gradients_are_the_finite_differences():
    arguments = state_and_source()

    def loss(*values):
        *state, source = values
        weights, velocity = plain(descent, map(tf.constant, state), source, 5)
        return float(tf.reduce_sum(weights**3) + tf.reduce_sum(velocity * source))

    _, _, *slopes = gradients(lambda *a: unroll(*a, 5), arguments)
    numbers, width = np.random.default_rng(1), 1e-6
    for place, slope in enumerate(slopes):
        direction = numbers.normal(size=slope.shape)
        ends = []
        for sign in (-1, 1):
            moved = list(arguments)
            moved[place] = moved[place] + sign * width * direction
            ends.append(loss(*moved))
        expected = (ends[1] - ends[0]) / (2 * width)
        np.testing.assert_allclose(np.sum(slope * direction), expected, rtol=1e-7)


def in_graph(steps, **kind):
    """A compiled function of the gradients, by a chain of so many steps."""

    @tf.function(autograph=False, **kind)
    def function(*arguments):
        return gradients(lambda *a: unroll(*a, steps), arguments)

    return function


@pytest.mark.parametrize("jit", [False, True])
def test_graphs_give_the_gradients_with_and_without_xla(jit):
    arguments = [tf.constant(value) for value in state_and_source()]
    expected = gradients(lambda *a: plain(*a, 7), arguments)
    found = in_graph(7, jit_compile=jit)(*arguments)
    for value, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-10)


def size(graph):
    functions = graph.as_graph_def().library.function
    return len(graph.get_operations()) + sum(len(f.node_def) for f in functions)


def test_the_graph_does_not_grow_with_the_chain():
    arguments = [tf.constant(value) for value in state_and_source()]
    short, long = (
        in_graph(steps).get_concrete_function(*arguments).graph for steps in (4, 100)
    )
    assert size(long) == size(short)


@pytest.mark.parametrize(("steps", "kept"), [(1, 1), (4, 2), (20, 4), (100, 10)])
def test_the_states_kept_are_as_many_as_the_root_of_the_steps(steps, kept):
    chain = _Chain(lambda index, state, source: state, steps, _written_out)
    _, (starts,) = chain.forward([tf.zeros([2])], tf.zeros([3]))
    assert starts.size() == kept
    lengths = np.diff([chain.start(segment) for segment in range(kept + 1)])
    assert lengths.sum() == steps
    assert lengths.min() >= 1
    assert lengths.max() <= steps**0.5 + 1


def test_a_step_is_computed_three_times_at_most():
    seen = []

    def noted(index, state, source):
        seen.append(int(index))
        return descent(index, state, source)

    gradients(lambda _, *a: unroll(noted, *a, 9, loops=False), state_and_source())
    assert seen[:9] == list(range(9))
    assert max(np.bincount(seen)) <= 3
    assert [index for index in seen[9:] if seen[9:].count(index) == 1] == [8, 5, 2]


def looked_up(index, state, source):
    """A step, the gradient of which comes in slices."""
    rows = tf.gather(state[0], [0, 2, 2])
    return [state[0] * tf.reduce_sum(rows * source)]


@pytest.mark.parametrize("loops", [True, False])
def test_a_state_may_be_looked_up_in(loops):
    state = [tf.constant([[0.5], [2.0], [-1.5]])]
    source = tf.constant([[0.3], [0.4], [-0.8]])

    @tf.function(autograph=False)
    def gradient(chain):
        with tf.GradientTape() as tape:
            tape.watch([*state, source])
            loss = tf.reduce_sum(tf.gather(chain(looked_up, state, source)[0], [1, 1]))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, [*state, source])]

    expected = gradient(lambda *a: plain(*a, 4))
    for value, other in zip(
        gradient(lambda *a: unroll(*a, 4, loops=loops)), expected, strict=True
    ):
        np.testing.assert_allclose(value, other, rtol=1e-5)


def test_a_chain_in_a_larger_graph_leaves_other_gradients_alone():
    *state, source = [tf.constant(value) for value in state_and_source()]
    factor = tf.constant(2.0, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([source, factor])
        weights, _ = unroll(descent, state, factor * source, 3)
        loss = tf.reduce_sum(weights) + factor
    by_source, by_factor = tape.gradient(loss, [source, factor])
    # d(f s)/ds = f and d(f s)/df = s, and the direct part is 1.
    np.testing.assert_allclose(by_factor, 1 + np.sum(by_source * source) / 2)
