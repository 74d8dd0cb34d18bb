"""The names of a backend on TensorFlow: gradients, replicas, random bits, graphs."""

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop

from ganzoo.backend.unrolling import unroll as unroll

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


def value_if(
    condition: tf.Tensor,
    function: Callable[[list], tf.Tensor],
    weights: Sequence,
    otherwise: tf.Tensor,
) -> tf.Tensor:
    """Computes `function(weights)` only under a condition; differentiable.

    The gradient is with respect to the weights, and 0 where the condition is false. It
    computes the function again: a gradient through `tf.cond` would hand the constants
    of the branch over as tensors, and XLA needs to know some of them, such as the order
    of a transposition.

    Args:
        condition: Scalar bool.
        function: Pure function of the weights; it reads no trainable variable.
        weights: Floating-point tensors or variables.
        otherwise: The value if the condition is false, of the same shape and type.
    """

    @tf.custom_gradient
    def value(*weights: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            def of_function() -> list[tf.Tensor]:
                with tf.GradientTape(watch_accessed_variables=False) as tape:
                    tape.watch(weights)
                    result = function(list(weights))
                return dense(
                    tape.gradient(
                        result, weights, upstream, unconnected_gradients="zero"
                    )
                )

            return tf.cond(
                condition, of_function, lambda: [tf.zeros_like(w) for w in weights]
            )

        result = tf.cond(condition, lambda: function(list(weights)), lambda: otherwise)
        return result, gradient

    return value(*map(tf.convert_to_tensor, weights))


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


def on_cpu() -> AbstractContextManager:
    """Returns a context that computes on this process's CPU."""
    return tf.device("cpu:0")


def scope_of(model: keras.Model) -> AbstractContextManager:
    """Returns a context of the strategy that a model was built in."""
    return model.distribute_strategy.scope()


def fitting(model: keras.Model) -> AbstractContextManager:
    """Returns a context for Keras's methods, which enter the strategy's themselves."""
    del model
    return nullcontext()


def num_devices(model: keras.Model) -> int:
    """Returns the number of devices that share the batches of a model."""
    return model.distribute_strategy.num_replicas_in_sync


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


def update(
    variables: Iterable[keras.Variable | tf.Variable], function: Callable
) -> None:
    """Replaces the value of each variable by a function of it, on every replica.

    In a strategy's scope or on a replica. Inside a `keras.StatelessScope` values are
    tensors, and Keras handles assignments.
    """
    variables = list(variables)
    values = [v.value if isinstance(v, keras.Variable) else v for v in variables]
    if all(isinstance(value, tf.Variable) for value in values):
        _update_everywhere(values, lambda value: value.assign(function(value)))
        return
    for variable in variables:
        variable.assign(function(variable.value))


def _update_everywhere(
    values: Sequence[tf.Variable], function: Callable, *arguments: tf.Tensor
) -> None:
    """Calls `function(variable, *arguments)` on every replica's copy of variables.

    A single replica cannot write to a mirrored variable. Keras's optimizers update
    their variables the same way; on a TPU it does not merge the replicas.
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
    if isinstance(value, tf.Variable):
        # Assigning would copy all rows from the first replica to the others.
        _update_everywhere(
            [value],
            lambda v, places, rows: v.scatter_update(tf.IndexedSlices(rows, places)),
            places,
            rows,
        )
    else:
        variable.assign(tf.tensor_scatter_nd_update(value, places[:, None], rows))


# -------------------------------------------------------------------- random numbers


def random_key(seed: int) -> tf.Tensor:
    """Returns the key of a seed's stream of random numbers, uint64 `[1]`."""
    return tf.constant([seed % 2**64], tf.uint64)


def key_words(key: tf.Tensor) -> tf.Tensor:
    """Returns the two 32-bit words of a key, the lower one first."""
    return tf.bitcast(key, tf.uint32)[0]


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


# ------------------------------------------------------------------- compiled functions


def compiled(
    function: Callable, jit_compile: bool | None, variables: Sequence[keras.Variable]
) -> Callable:
    """Returns the function compiled; it reads and assigns variables in place.

    Args:
        function: The function.
        jit_compile: Whether XLA compiles it, too.
        variables: What it reads and assigns; TensorFlow finds that out itself.
    """
    del variables
    return tf.function(
        function,
        jit_compile=jit_compile or None,
        reduce_retracing=True,
        autograph=False,  # as in Keras: steps have no loops to convert
    )


def inference(
    model: keras.Model, function: Callable, *, gather: bool = False
) -> Callable:
    """Returns a function that reads a model's variables, compiled.

    Args:
        model: The model, on all replicas of whose strategy it runs.
        function: Function of tensors that returns a tensor or a list of them.
        gather: Whether to return the rows of all replicas, in order, or the first's.
    """
    strategy = model.distribute_strategy

    def of_replicas(result: Any) -> tf.Tensor:
        if gather:
            return strategy.gather(result, axis=0)
        return strategy.experimental_local_results(result)[0]

    @tf.function(autograph=False)
    def run(*arguments: Any) -> Any:
        results = strategy.run(function, args=arguments)
        return tf.nest.map_structure(of_replicas, results)

    return run


def on_replicas(model: keras.Model, step: Callable, data: Any) -> dict[str, tf.Tensor]:
    """Runs a step on all replicas and returns its logs, averaged over them."""
    strategy = model.distribute_strategy
    logs = strategy.run(step, args=(data,))
    return {
        name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()
    }


def switch(index: tf.Tensor, branches: Sequence[Callable]) -> Any:
    """Runs the branch of that number only, and returns its result."""
    return tf.switch_case(index, branches)


# ----------------------------------------------------------------------------- layers


def leaky_relu(inputs: tf.Tensor, slope: float) -> tf.Tensor:
    """Returns x where it is positive, elsewhere slope times x.

    Output and input have the same sign, so either determines the slope. The backward
    pass reads the output: so TensorFlow can compute a convolution, its bias and this in
    one pass over memory, which it cannot if the backward pass needs the input.
    """

    @tf.custom_gradient
    def leaky(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        y = tf.nn.leaky_relu(x, slope)

        def gradient(dy: tf.Tensor) -> tf.Tensor:
            return tf.raw_ops.LeakyReluGrad(gradients=dy, features=y, alpha=slope)

        return y, gradient

    return leaky(inputs)


def batch_normalization(
    inputs: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Normalizes `[n, height, width, channels]`; returns it, mean and variance.

    By the fused kernel: two to four times as fast on a CPU as the separate operations,
    and in mixed precision without a float32 copy of the activations.
    """
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, scale, offset, epsilon=epsilon
    )
    # The kernel returns the unbiased variance; Keras keeps the biased one.
    count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
    return outputs, mean, variance * (count - 1.0) / count


def space_to_depth(images: tf.Tensor, size: int) -> tf.Tensor:
    """Moves blocks of size x size pixels to the channels."""
    return tf.nn.space_to_depth(images, size)


def depth_to_space(cells: tf.Tensor, size: int) -> tf.Tensor:
    """Moves channels to blocks of size x size pixels."""
    return tf.nn.depth_to_space(cells, size)


def times_transposed(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Returns the products of matrices `[..., n, k]` and transposed `[..., m, k]`."""
    return tf.matmul(a, b, transpose_b=True)
