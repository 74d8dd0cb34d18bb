"""The names of a backend on TensorFlow: gradients, replicas, random bits, graphs."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

_PHILOX = 1  # the only algorithm with the same numbers with and without XLA

# ------------------------------------------------------------------------- gradients


def value_and_gradients(
    function: Callable[[], tuple[Sequence, object]],
    *groups: Sequence[keras.Variable],
) -> tuple[object, list[list]]:
    """Differentiates one loss per group of variables, from one forward pass.

    Args:
        function: Takes nothing; returns the scalar losses, one for each group, and
            anything else that is to be returned.
        *groups: The variables by which each loss is differentiated.

    Returns:
        What the function returned beside the losses; for each group its gradients,
        None for a variable that its loss does not depend on.
    """
    # A tape watches variables by itself; inside a `keras.StatelessScope` they are plain
    # tensors, which it must be told of.
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
    """Adds up the slices in which the gradient of an embedding comes.

    Keras's Adam squares the slices one by one where it should square their sum, if a
    row was looked up more than once.
    """
    return [None if g is None else tf.convert_to_tensor(g) for g in gradients]


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

    It is "CPU", "GPU" or "TPU"; of a step traced for a TPU "TPU", wherever it is
    traced.
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

    One replica cannot write to a mirrored variable by itself. This is how Keras's
    optimizers update theirs; on a TPU it does not merge the replicas.

    Args:
        values: Variables of TensorFlow; see `is_variable_value`.
        function: Updates a variable in place.
        *arguments: Tensors of this replica.
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
    """Writes rows into places of a variable that is the same on all replicas.

    Args:
        variable: `[capacity, ...]`.
        places: int32 `[n]`, without repetition, the same on all replicas.
        rows: `[n, ...]`, the same on all replicas.
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

    Inside a `keras.StatelessScope` it is a tensor, and assigning is up to Keras.
    """
    return isinstance(value, tf.Variable)


# -------------------------------------------------------------------- random numbers


def random_key(seed: int) -> tf.Tensor:
    """Returns the key of a seed's stream of random numbers, uint64 `[1]`."""
    return tf.constant([seed % 2**64], tf.uint64)


def fold_in(key: tf.Tensor, data: tf.Tensor | int) -> tf.Tensor:
    """Returns the key of an independent stream for each value of an integer."""
    # Draws use the counter's upper word from 0 up, so that no draw meets this one.
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
    """Draws random words of 32 bits.

    Word i of a draw is a pure function of (key, draw, i), and a shard of it is a slice
    of the whole draw: Philox is counter based (Salmon et al. 2011).

    Args:
        key: The stream.
        draw: Which draw of the stream this is, from 0 up.
        shard: Which run of `rows` rows of the draw is wanted.
        rows: Rows to draw.
        blocks: Blocks of 4 words in a row.

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
    """Returns a function that is traced and, where asked for, compiled by XLA."""
    return tf.function(
        function,
        jit_compile=jit_compile or None,
        reduce_retracing=True,
        autograph=False,  # as in Keras: steps have no loops to convert
    )


def on_replicas(
    strategy: tf.distribute.Strategy, step: Callable, data: Any
) -> dict[str, tf.Tensor]:
    """Calls a step on all replicas; returns its logs, averaged over them."""
    logs = strategy.run(step, args=(data,))
    return {
        name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()
    }


def switch(index: tf.Tensor, branches: Sequence[Callable]) -> Any:
    """Returns what the branch of that number returns; the others do nothing."""
    return tf.switch_case(index, branches)
