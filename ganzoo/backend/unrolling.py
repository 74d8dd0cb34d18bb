"""A chain of steps, differentiated in memory proportional to the root of its length."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import tensorflow as tf

State = list[tf.Tensor]
Index: TypeAlias = tf.Tensor | int
Step = Callable[[tf.Tensor, State, tf.Tensor], State]


def unroll(
    step: Step,
    state: Sequence[tf.Tensor],
    source: tf.Tensor,
    steps: int,
    *,
    loops: bool | None = None,
) -> State:
    """Applies a step again and again; the gradient is that of the whole chain.

    The backward pass does not keep the intermediate values of the steps. The chain is
    cut into about sqrt(steps) segments, and only the state at the start of each is
    kept. The backward pass, last segment first, recomputes a segment's states, then
    visits its steps in reverse, recomputing each under a tape. So the gradient is
    exact, and each step is computed at most three times.

    Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".

    Args:
        step: (index, state, source) -> the next state. A pure function: random numbers
            must follow from the index, a scalar tensor from 0 up.
        state: The first state, floating-point tensors of static shape. The next states
            have the same shapes and types.
        source: A floating-point tensor that every step reads.
        steps: Length of the chain, at least 1.
        loops: Whether to build graph loops, which are traced once for any length and
            which XLA keeps, or to unroll the steps. By default loops, unless a step
            must wait for other replicas, which is impossible in a loop.

    Returns:
        The last state. It has first-order gradients with respect to the first state and
        `source`, and none with respect to any other tensor that `step` reads.
    """
    if loops is None:
        loops = _loops_can_wait()
    chain = _Chain(step, steps, _loop if loops else _written_out)

    @tf.custom_gradient
    def unrolled(source: tf.Tensor, *state: tf.Tensor) -> tuple[State, Callable]:
        # Cut off, so that an eager tape keeps nothing of the forward pass.
        fixed, *first = [tf.stop_gradient(tensor) for tensor in (source, *state)]
        last, kept = chain.forward(first, fixed)
        return last, lambda *gradients: chain.backward(kept, source, _dense(gradients))

    return list(unrolled(source, *state))


class _Chain:
    def __init__(self, step: Step, steps: int, loop: Callable):
        self.step = step
        self.steps = steps
        self.loop = loop
        self.segments = max(1, round(math.sqrt(steps)))

    def start(self, segment: Index) -> Index:
        """Returns the index of a segment's first step."""
        return segment * self.steps // self.segments

    def forward(self, state: State, source: tf.Tensor) -> tuple[State, list]:
        """Returns the last state, and those at the starts of the segments."""

        def segment(number: Index, carried: Any) -> list:
            state, kept = carried
            kept = _write(kept, number, state)
            first, last = self.start(number), self.start(number + 1)
            return [self.loop(first, last, self._advance(source), state), kept]

        kept = _arrays(state, self.segments)
        return self.loop(0, self.segments, segment, [state, kept])

    def backward(self, kept: list, source: tf.Tensor, gradients: State) -> State:
        """Returns the gradients by the source and by the first state."""

        def segment(turn: Index, carried: Any) -> list:
            number = self.segments - 1 - turn
            first, last = self.start(number), self.start(number + 1)
            states = self._again(first, last, _read(kept, number), source, carried)

            def back(turn: Index, carried: Any) -> State:
                index = last - 1 - turn
                return self._back(index, _read(states, index - first), source, carried)

            return self.loop(0, last - first, back, carried)

        carried = [tf.zeros_like(source), *gradients]
        return self.loop(0, self.segments, segment, carried)

    def _advance(self, source: tf.Tensor) -> Callable:
        def advance(index: Index, state: State) -> State:
            # Without a loop, no part of a step may start before the previous step ends,
            # not even parts that do not depend on it, like a dropout mask.
            index, *state = _after(state, [index, *state])
            return self.step(index, state, source)

        return advance

    def _again(
        self,
        first: Index,
        last: Index,
        state: State,
        source: tf.Tensor,
        gradients: State,
    ) -> list[tf.TensorArray]:
        """Returns the states before each step of a segment, computed again."""
        advance = self._advance(source)

        def write_and_advance(index: Index, carried: Any) -> list:
            state, states = carried
            return [advance(index, state), _write(states, index - first, state)]

        states = _arrays(state, -(-self.steps // self.segments))
        carried = [_after(gradients, state), states]
        state, states = self.loop(first, last - 1, write_and_advance, carried)
        return _write(states, last - 1 - first, state)

    def _back(
        self, index: Index, state: State, source: tf.Tensor, carried: State
    ) -> State:
        """Propagates the gradients back through one step."""
        total, *gradients = carried
        index, *state = _after(carried, [index, *state])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([source, *state])
            following = self.step(index, state, source)
        by_source, *gradients = tape.gradient(
            following,
            [source, *state],
            output_gradients=gradients,
            unconnected_gradients="zero",
        )
        return [total + by_source, *_dense(gradients)]


def _loops_can_wait() -> bool:
    """Returns whether replicas can synchronize inside a graph loop.

    Replicas of a MirroredStrategy are threads that synchronize while the graph is
    built, not while it runs.
    """
    strategy = tf.distribute.get_strategy()
    one = strategy.num_replicas_in_sync == 1
    return one or isinstance(strategy, tf.distribute.TPUStrategy)


def _loop(first: Index, last: Index, body: Callable, carried: Any) -> Any:
    """Runs `carried = body(index, carried)` for each index, in a graph loop."""
    _, carried = tf.while_loop(
        lambda index, _: index < last,
        lambda index, carried: (index + 1, body(index, carried)),
        (tf.convert_to_tensor(first), carried),
        parallel_iterations=1,
    )
    return carried


def _written_out(first: int, last: int, body: Callable, carried: Any) -> Any:
    """Does the same without a loop."""
    for index in range(first, last):
        carried = body(index, carried)
    return carried


def _after(awaited: State, tensors: Sequence) -> State:
    """Returns the tensors with a control dependency on `awaited`."""
    with tf.control_dependencies(awaited):
        return [tf.identity(tensor) for tensor in tensors]


def _dense(gradients: Sequence) -> State:
    """Converts sparse gradients to dense ones."""
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def _arrays(state: State, size: int) -> list[tf.TensorArray]:
    return [
        tf.TensorArray(
            tensor.dtype, size, clear_after_read=False, element_shape=tensor.shape
        )
        for tensor in state
    ]


def _write(
    arrays: list[tf.TensorArray], index: Index, state: State
) -> list[tf.TensorArray]:
    return [
        array.write(index, tensor) for array, tensor in zip(arrays, state, strict=True)
    ]


def _read(arrays: list[tf.TensorArray], index: Index) -> State:
    return [array.read(index) for array in arrays]
