"""The names of a backend on TensorFlow: gradients, replicas, random bits, graphs."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop

_PHILOX = 1  # the only algorithm with the same numbers with and without XLA

# ------------------------------------------------------------------------- gradients


def value_and_gradients(
    function: Callable[[], tuple[Sequence, object]], *groups: Sequence[keras.Variable]
) -> tuple[object, list[list]]:
    """Differentiates one loss per group of variables, from one forward pass.

    Args:
        function: Function without arguments that returns the scalar losses, one per
            group, and an auxiliary value.
        *groups: The variables with respect to which each loss is differentiated.

    Returns:
        The auxiliary value; and the gradients of each group, None for a variable on
        which its loss does not depend.
    """
    # A tape watches variables automatically, but inside a `keras.StatelessScope` they
    # are plain tensors, which must be watched explicitly.
    values = [[variable.value for variable in group] for group in groups]
    with tf.GradientTape(persistent=len(groups) > 1) as tape:
        tape.watch(values)
        losses, auxiliary = function()
    gradients = [
        tape.gradient(loss, group) for loss, group in zip(losses, values, strict=True)
    ]
    return auxiliary, gradients


def gradient(function: Callable, inputs: tf.Tensor) -> tf.Tensor:
    """Returns the gradient of the sum of `function(inputs)`, itself differentiable.

    It is 0 where the function does not depend on the inputs.
    """
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(inputs)
    return tape.gradient(
        outputs, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def dense(gradients: Sequence) -> list[tf.Tensor | None]:
    """Converts sparse gradients of embeddings to dense ones.

    Keras's Adam squares the slices of a row that was looked up twice one by one, where
    it should square their sum.
    """
    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]


def enable_determinism() -> None:
    """Makes whatever is computed from now on come out the same, bit for bit.

    TensorFlow's deterministic operations do not suffice on a CPU with several threads:
    `AddN` starts with whichever input is freed first, so that sums of three or more
    terms, such as the gradients of a weight that is used three times, depend on the
    timing. They are added in pairs here, and the graph optimizer, which would turn the
    pairs into an `AddN` again, is kept from rewriting arithmetic.
    """
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    space = backprop._default_vspace._replace(aggregate_fn=_in_order)
    pywrap_tfe.TFE_Py_RegisterVSpace(space)


def _in_order(gradients: Sequence) -> Any:
    tensors = [g for g in gradients if isinstance(g, tf.Tensor)]
    # Slices of an embedding are concatenated; lists of tensors have no other sum.
    if not tensors or tensors[0].dtype == tf.variant:
        return backprop._aggregate_grads(gradients)
    return functools.reduce(tf.math.add, map(tf.convert_to_tensor, gradients))


# -------------------------------------------------------------------------- replicas


def num_replicas() -> int:
    """Returns the number of replicas in sync under the current strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_id() -> tf.Tensor | int:
    """Returns this replica's number in sync; 0 outside a replica."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def device_kind() -> str:
    """Returns the kind of device that the strategy in scope runs on.

    It is "CPU", "GPU" or "TPU". A step for a TPU returns "TPU" wherever it is traced.
    """
    strategy = tf.distribute.get_strategy()
    if isinstance(strategy, tf.distribute.TPUStrategy):
        return "TPU"
    if tf.distribute.has_strategy():
        devices = strategy.extended.worker_devices
        return "GPU" if any("GPU" in device for device in devices) else "CPU"
    return "GPU" if tf.config.list_logical_devices("GPU") else "CPU"


def sum_over_replicas(tensors: list[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """Sums dense tensors over the replicas, each sum on every replica.

    The sums can be differentiated: their gradient is again a sum over the replicas.
    """
    if num_replicas() == 1:
        return tensors
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def gather_over_replicas(rows: tf.Tensor) -> tf.Tensor:
    """Returns the rows of all replicas, in order, on every replica; differentiable."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return rows
    return context.all_gather(rows, axis=0)


def update_everywhere(
    values: Sequence[tf.Variable], function: Callable, *arguments: tf.Tensor
) -> None:
    """Calls `function(variable, *arguments)` on every replica's copy of variables.

    A single replica cannot write to a mirrored variable. Keras's optimizers update
    their variables the same way; on a TPU it does not merge the replicas.

    Args:
        values: TensorFlow variables; see `is_variable_value`.
        function: Function that updates a variable in place.
        *arguments: Further arguments of the function, tensors of this replica.
    """

    def update(
        strategy: tf.distribute.Strategy,
        values: Sequence[tf.Variable],
        *arguments: tf.Tensor,
    ) -> None:
        for value in values:
            strategy.extended.update(value, function, args=arguments, group=False)

    strategy = tf.distribute.get_strategy()
    if tf.distribute.in_cross_replica_context():
        update(strategy, values, *arguments)
    else:
        tf.__internal__.distribute.interim.maybe_merge_call(
            update, strategy, list(values), *arguments
        )


def write_rows(variable: keras.Variable, places: tf.Tensor, rows: tf.Tensor) -> None:
    """Writes rows into a variable that is equal on all replicas.

    Args:
        variable: Variable of shape `[capacity, ...]`.
        places: Row indices, int32 `[n]`, unique and equal on all replicas.
        rows: New rows, `[n, ...]`, equal on all replicas.
    """
    value = variable.value
    if is_variable_value(value):
        # Assigning would copy all rows from the first replica to the others.
        update_everywhere(
            [value],
            lambda v, places, rows: v.scatter_update(tf.IndexedSlices(rows, places)),
            places,
            rows,
        )
    else:
        variable.assign(tf.tensor_scatter_nd_update(value, places[:, None], rows))


def is_variable_value(value: Any) -> bool:
    """Returns whether a Keras variable's value can be updated in place.

    Inside a `keras.StatelessScope` it is a tensor, and Keras handles assignments.
    """
    return isinstance(value, tf.Variable)


# -------------------------------------------------------------------- random numbers


def random_key(seed: int) -> tf.Tensor:
    """Returns the key of a seed's stream of random numbers, uint64 `[1]`."""
    return tf.constant([seed % 2**64], tf.uint64)


def fold_in(key: tf.Tensor, data: tf.Tensor | int) -> tf.Tensor:
    """Returns the key of an independent stream for each value of an integer."""
    # Draws use the counter's upper word from 0 up, so no draw collides with this one.
    counter = tf.stack([tf.cast(data, tf.uint64), tf.constant(2**64 - 1, tf.uint64)])
    # 32-bit words: XLA and TensorFlow's kernel pair them differently to 64 bits.
    return tf.bitcast(_philox(key, counter, [1, 2]), tf.uint64)


def random_words(
    key: tf.Tensor,
    draw: int,
    shard: tf.Tensor | int,
    rows: tf.Tensor | int,
    blocks: int,
) -> tf.Tensor:
    """Draws random 32-bit words.

    Word i of a draw is a pure function of (key, draw, i), and a shard of it is a slice
    of the whole draw: Philox is counter based (Salmon et al. 2011).

    Args:
        key: Key of the stream.
        draw: Number of the draw in the stream, from 0 up.
        shard: Which group of `rows` rows of the draw to return.
        rows: Number of rows.
        blocks: Number of 4-word blocks per row.

    Returns:
        uint32 `[rows, 4 * blocks]`.
    """
    first = tf.cast(shard, tf.int64) * tf.cast(rows, tf.int64) * blocks
    counter = tf.stack([tf.cast(first, tf.uint64), tf.constant(draw, tf.uint64)])
    return _philox(key, counter, [rows, 4 * blocks])


def random_halves(words: tf.Tensor) -> tf.Tensor:
    """Splits uint32 words `[rows, n]` into uint16 halves `[rows, 2 * n]`."""
    rows, columns = words.shape[0] or tf.shape(words)[0], words.shape[1]
    return tf.reshape(tf.bitcast(words, tf.uint16), [rows, 2 * columns])


def _philox(key: tf.Tensor, counter: tf.Tensor, shape: Sequence) -> tf.Tensor:
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, key=key, counter=counter, alg=_PHILOX, dtype=tf.uint32
    )


# -------------------------------------------------------------------- compiled steps


def compiled(function: Callable, jit_compile: bool | None) -> Callable:
    """Returns the function traced into a graph, compiled by XLA if `jit_compile`."""
    return tf.function(
        function,
        jit_compile=jit_compile or None,
        reduce_retracing=True,
        autograph=False,  # as in Keras: steps have no loops to convert
    )


def on_replicas(
    strategy: tf.distribute.Strategy, step: Callable, data: Any
) -> dict[str, tf.Tensor]:
    """Runs a step on all replicas and returns its logs, averaged over them."""
    logs = strategy.run(step, args=(data,))
    return {
        name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()
    }


def switch(index: tf.Tensor, branches: Sequence[Callable]) -> Any:
    """Runs the branch of that number only, and returns its result."""
    return tf.switch_case(index, branches)
