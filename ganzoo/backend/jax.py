"""The names of a backend on JAX: gradients, random bits, compiled functions.

Keras's variables are read and assigned as on TensorFlow. What JAX transforms must be a
pure function: a `Scope` makes one, and its assignments are carried out as results.

A step is written for the global batch, which XLA splits among the devices of a
`keras.distribution`: there is one replica, whatever their number.
"""

import contextlib
import functools
import itertools
import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
from keras.src.backend.common.stateless_scope import get_stateless_scope

from ganzoo.backend.scope import Scope

_WORD = 2**32 - 1  # the largest 32-bit word

# ------------------------------------------------------------------------- gradients


def value_and_gradients(
    function: Callable[[], tuple[Sequence, object]], *groups: Sequence[keras.Variable]
) -> tuple[object, list[list]]:
    """As on TensorFlow; a variable on which a loss does not depend has gradient 0."""
    pure, assigned = _pure(function, list(itertools.chain(*groups)))
    values = [variable.value for group in groups for variable in group]
    losses, pull_back, (auxiliary, state) = jax.vjp(pure, values, has_aux=True)
    _assign(assigned, state)
    gradients, start = [], 0
    for number, group in enumerate(groups):
        seeds = [jnp.full_like(loss, n == number) for n, loss in enumerate(losses)]
        gradients.append(pull_back(seeds)[0][start : start + len(group)])
        start += len(group)
    return auxiliary, gradients


def gradient(function: Callable, inputs: jax.Array) -> jax.Array:
    """Returns the gradient of the sum of `function(inputs)`, itself differentiable."""
    pure, assigned = _pure(lambda inputs: (jnp.sum(function(inputs)), ()))
    slope, (_, state) = jax.grad(pure, argnums=1, has_aux=True)([], inputs)
    _assign(assigned, state)
    return slope


def _pure(
    function: Callable, variables: Sequence[keras.Variable] = ()
) -> tuple[Callable, list[keras.Variable]]:
    """Returns a pure function of values of variables and of further arguments.

    It returns the first result and, apart, the second with the values that were
    assigned; and the list of their variables, which is filled when it is traced.
    """
    assigned: list[keras.Variable] = []

    def pure(values: list, *arguments: Any) -> tuple:
        with Scope(zip(variables, values, strict=True)) as scope:
            first, second = function(*arguments)
        assigned[:] = scope.assigned.values()
        return first, (second, [scope.get_current_value(v) for v in assigned])

    return pure, assigned


def _assign(variables: Iterable[keras.Variable], values: Iterable) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def value_if(
    condition: jax.Array, function: Callable, weights: Sequence, otherwise: jax.Array
) -> jax.Array:
    """Computes `function(weights)` only under a condition; differentiable."""
    return jax.lax.cond(condition, function, lambda _: otherwise, list(weights))


def unroll(step: Callable, state: Sequence, source: jax.Array, steps: int) -> list:
    """As on TensorFlow: the segments are recomputed, and within one its steps."""
    segments = max(1, round(math.sqrt(steps)))
    ends = [number * steps // segments for number in range(segments + 1)]

    def segment(indices: jax.Array, state: list, source: jax.Array) -> list:
        def advance(state: list, index: jax.Array) -> tuple[list, None]:
            return jax.checkpoint(step)(index, state, source), None

        return jax.lax.scan(advance, state, indices)[0]

    last = list(state)
    for start, end in itertools.pairwise(ends):
        last = jax.checkpoint(segment)(jnp.arange(start, end), last, source)
    return last


def dense(gradients: Sequence) -> list:
    """Returns the gradients, which are never sparse here."""
    return list(gradients)


def enable_determinism() -> None:
    """Makes GPUs add in one order; it must be called before JAX's first operation."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true"


# --------------------------------------------------------------------------- devices


def num_replicas() -> int:
    """Returns 1: a step sees the global batch, whatever the number of devices."""
    return 1


def replica_id() -> int:
    """Returns 0, the number of the only replica."""
    return 0


def sum_over_replicas(tensors: list) -> list:
    """Returns the tensors, which are those of the global batch."""
    return tensors


def gather_over_replicas(rows: jax.Array) -> jax.Array:
    """Returns the rows, which are those of the global batch."""
    return rows


def device_kind() -> str:
    """Returns the kind of device in scope: "CPU", "GPU" or "TPU"."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return jax.default_backend().upper()
    return str(distribution.device_mesh.devices.flat[0]).partition(":")[0].upper()


def on_cpu() -> contextlib.AbstractContextManager:
    """Returns a context that computes on this process's CPU."""
    return jax.default_device(jax.local_devices(backend="cpu")[0])


def scope_of(model: keras.Model) -> contextlib.AbstractContextManager:
    """Returns a context of the distribution that a model was built in."""
    distribution = model.distribute_strategy
    return contextlib.nullcontext() if distribution is None else distribution.scope()


fitting = scope_of  # where Keras's methods find the distribution


def num_devices(model: keras.Model) -> int:
    """Returns the number of devices that share the batches of a model."""
    distribution = model.distribute_strategy
    return 1 if distribution is None else distribution.device_mesh.devices.size


def update(variables: Iterable[keras.Variable], function: Callable) -> None:
    """Replaces the value of each variable by a function of it."""
    for variable in variables:
        variable.assign(function(variable.value))


def write_rows(variable: keras.Variable, places: jax.Array, rows: jax.Array) -> None:
    """Writes rows `[n, ...]` into a variable at unique places, int32 `[n]`."""
    variable.assign(variable.value.at[places].set(rows))


# -------------------------------------------------------------------- random numbers


def random_key(seed: int) -> jax.Array:
    """Returns the key of a seed's stream of random numbers, uint32 `[2]`."""
    return jnp.stack(_halves(seed))


def key_words(key: jax.Array) -> jax.Array:
    """Returns the two 32-bit words of a key, the lower one first."""
    return key


def fold_in(key: jax.Array, data: jax.Array | int) -> jax.Array:
    """Returns the key of an independent stream for each value of an integer."""
    return jnp.stack(_philox(key, (*_halves(data), *_halves(-1)))[:2])


def random_words(
    key: jax.Array, draw: int, shard: jax.Array | int, rows: int, blocks: int
) -> jax.Array:
    """Draws random 32-bit words, uint32 `[rows, 4 * blocks]`: those of TensorFlow."""
    count = rows * blocks
    upper, lower = _product(jnp.asarray(shard, jnp.uint32), count)
    place = lower + jnp.arange(count, dtype=jnp.uint32)
    upper += jnp.asarray(place < lower, jnp.uint32)  # the carry
    words = _philox(key, (place, upper, *_halves(draw)))
    return jnp.stack(words, axis=-1).reshape(rows, 4 * blocks)


def random_halves(words: jax.Array) -> jax.Array:
    """Splits uint32 words `[rows, n]` into uint16 halves `[rows, 2 * n]`."""
    halves = jax.lax.bitcast_convert_type(words, jnp.uint16)
    return halves.reshape(len(words), -1)


@jax.jit
def _philox(key: jax.Array, counter: tuple) -> list[jax.Array]:
    """Returns four random words for each counter of four (Salmon et al. 2011)."""
    words, keys = list(counter), [key[0], key[1]]
    for _ in range(10):
        high, low = _product(words[0], 0xD2511F53)
        other_high, other_low = _product(words[2], 0xCD9E8D57)
        words = [
            *(other_high ^ words[1] ^ keys[0], other_low),
            *(high ^ words[3] ^ keys[1], low),
        ]
        keys = [keys[0] + jnp.uint32(0x9E3779B9), keys[1] + jnp.uint32(0xBB67AE85)]
    return words


def _product(a: jax.Array, b: int) -> tuple[jax.Array, jax.Array]:
    """Returns the upper and the lower word of a product, of 16-bit halves."""
    a_low, a_high = a & 0xFFFF, a >> 16
    b_low, b_high = jnp.uint32(b & 0xFFFF), jnp.uint32(b >> 16)
    middle = a_high * b_low + (a_low * b_low >> 16)
    other = a_low * b_high + (middle & 0xFFFF)
    return a_high * b_high + (middle >> 16) + (other >> 16), a * jnp.uint32(b)


def _halves(number: jax.Array | int) -> tuple[jax.Array, jax.Array]:
    """Returns the lower and the upper word of an integer of 64 bits."""
    if isinstance(number, int):
        return jnp.uint32(number & _WORD), jnp.uint32(number >> 32 & _WORD)
    return jnp.asarray(number, jnp.uint32), jnp.uint32(0)


# ------------------------------------------------------------------- compiled functions


def compiled(
    function: Callable, jit_compile: bool | None, variables: Sequence[keras.Variable]
) -> Callable:
    """Returns the function compiled; it reads and assigns variables in place."""
    step = pure_step(function, variables)

    def run(*arguments: Any) -> Any:
        result, values = step([v.value for v in variables], *arguments)
        for variable, value in zip(variables, values, strict=True):
            variable._value = value  # not assign(): that takes a hundred times as long
        return result

    return run


def pure_step(function: Callable, variables: Sequence[keras.Variable]) -> Any:
    """Returns what `compiled` compiles, by `jax.jit`.

    It takes the values of the variables, whose memory it reuses, and the function's
    arguments, and returns the function's result and the new values.
    """

    def pure(values: list, *arguments: Any) -> tuple:
        with Scope(zip(variables, values, strict=True)) as scope:
            result = function(*arguments)
        return result, [scope.get_current_value(v) for v in variables]

    everywhere = _everywhere(keras.distribution.distribution())
    return jax.jit(pure, donate_argnums=0, out_shardings=(everywhere, everywhere))


def _everywhere(distribution: Any) -> jax.sharding.NamedSharding | None:
    """Returns the layout of values that every device of a distribution has."""
    if distribution is None:
        return None
    mesh = distribution.device_mesh.backend_mesh
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())


def inference(
    model: keras.Model, function: Callable, *, gather: bool = False
) -> Callable:
    """Returns a function that reads a model's variables, compiled."""
    del gather  # results are those of the global batch
    variables = model.variables
    everywhere = _everywhere(getattr(model, "distribute_strategy", None))

    @functools.partial(jax.jit, out_shardings=everywhere)
    def pure(values: list, *arguments: Any) -> Any:
        with Scope(zip(variables, values, strict=True)):
            return function(*arguments)

    return lambda *arguments: pure([v.value for v in variables], *arguments)


def on_replicas(model: keras.Model, step: Callable, data: Any) -> dict:
    """Runs a step on the global batch and returns its logs."""
    return step(data)


def switch(index: jax.Array, branches: Sequence[Callable]) -> Any:
    """Runs the branch of that number only, and returns its result."""
    outer = get_stateless_scope()
    if outer is None:
        return branches[int(index)]()

    def pure(branch: Callable) -> tuple:
        with Scope() as scope:
            result = branch()
        return result, {key: scope.state_mapping[key] for key in outer.state_mapping}

    pures = [functools.partial(pure, branch) for branch in branches]
    result, mapping = jax.lax.switch(index, pures)
    outer.state_mapping.update(mapping)
    return result


# ----------------------------------------------------------------------------- layers


def leaky_relu(inputs: jax.Array, slope: float) -> jax.Array:
    """Returns x where it is positive, elsewhere slope times x."""
    return jnp.where(inputs > 0, inputs, slope * inputs)


def batch_normalization(
    inputs: jax.Array, scale: jax.Array, offset: jax.Array, epsilon: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Normalizes `[n, height, width, channels]`; returns it, mean and variance."""
    wide = inputs.astype(jnp.float32)
    mean, variance = jnp.mean(wide, (0, 1, 2)), jnp.var(wide, (0, 1, 2))
    outputs = (wide - mean) * (scale * jax.lax.rsqrt(variance + epsilon)) + offset
    return outputs.astype(inputs.dtype), mean, variance


def space_to_depth(images: jax.Array, size: int) -> jax.Array:
    """Moves blocks of size x size pixels to the channels."""
    n, height, width, channels = images.shape
    cells = images.reshape(n, height // size, size, width // size, size, channels)
    cells = cells.transpose(0, 1, 3, 2, 4, 5)
    return cells.reshape(n, height // size, width // size, size**2 * channels)


def depth_to_space(cells: jax.Array, size: int) -> jax.Array:
    """Moves channels to blocks of size x size pixels."""
    n, height, width, channels = cells.shape
    images = cells.reshape(n, height, width, size, size, channels // size**2)
    images = images.transpose(0, 1, 3, 2, 4, 5)
    return images.reshape(n, height * size, width * size, channels // size**2)


def times_transposed(a: jax.Array, b: jax.Array) -> jax.Array:
    """Returns the products of matrices `[..., n, k]` and transposed `[..., m, k]`."""
    return a @ jnp.swapaxes(b, -1, -2)
