"""Determines how much memory a model would take, without taking it."""

import math
from collections.abc import Iterator
from typing import Any

import keras

from ganzoo.keras_files import operations

MOST_DRAWN = 2**26  # numbers, over all layers, that generating one image may take
# Operations that return existing values under another shape or name, of TensorFlow and
# of JAX.
_VIEWS = {"Identity", "Placeholder", "ReadVariableOp", "Reshape", "Squeeze", "Const"}
_VIEWS |= {"reshape", "squeeze", "copy", "jit", "pjit", "custom_jvp_call"}


def count_weights(config: dict) -> int:
    """Returns the number of weights of a serialized model; changes its configuration.

    The weights get shapes, but no values. Call it in a new thread: Keras keeps a list
    of uninitialized weights per thread.
    """
    with keras.StatelessScope(initialize_variables=False), operations.bounded():
        built = keras.saving.deserialize_keras_object(config)
        return sum(math.prod(weight.shape) for weight in built.variables)


def drawing(generator: keras.Model, objects: int = 1) -> tuple[int, int]:
    """Returns how many numbers a generator computes for one image.

    The first is the size of the largest output of an operation, the second the sum over
    all of them, which bounds the memory.

    Args:
        generator: The generator.
        objects: Number of objects in an image, where an input has any number.
    """
    # The noise of a generator of objects has a row for the image, too.
    shapes = [
        [
            objects + (len(one.shape) == 3 and n == 0) if side is None else side
            for side in one.shape[1:]
        ]
        for n, one in enumerate(generator.inputs)
    ]
    inputs = [
        keras.KerasTensor((1, *shape), one.dtype)
        for shape, one in zip(shapes, generator.inputs, strict=True)
    ]

    def draw(*batch: Any) -> Any:
        return generator(batch[0] if len(batch) == 1 else list(batch), training=False)

    tensorflow = keras.backend.backend() == "tensorflow"
    outputs = (_outputs_on_tensorflow if tensorflow else _outputs_on_jax)(draw, inputs)
    sizes = [_numbers(one.shape) for one in inputs]
    sizes += [_numbers(shape) for name, shape in outputs if name not in _VIEWS]
    return max(sizes), sum(sizes)


Outputs = Iterator[tuple[str, Any]]  # of each output, its operation's name and a shape


def _outputs_on_tensorflow(draw: Any, inputs: list) -> Outputs:
    import tensorflow as tf

    specs = [tf.TensorSpec(one.shape, one.dtype) for one in inputs]
    graph = tf.function(draw).get_concrete_function(*specs).graph
    for operation in graph.get_operations():
        yield from ((operation.type, one.shape) for one in operation.outputs)


def _outputs_on_jax(draw: Any, inputs: list) -> Outputs:
    import jax

    specs = [jax.ShapeDtypeStruct(one.shape, one.dtype) for one in inputs]
    yield from _of_jaxpr(jax.make_jaxpr(draw)(*specs))


def _of_jaxpr(jaxpr: Any) -> Outputs:
    """Yields the outputs of a traced function, and of those within it."""
    for equation in jaxpr.eqns:
        yield from (
            (equation.primitive.name, one.aval.shape) for one in equation.outvars
        )
        for inner in keras.tree.flatten(list(equation.params.values())):
            if hasattr(inner, "eqns"):
                yield from _of_jaxpr(inner)


def _numbers(shape: Any) -> int:
    """Returns the size of a tensor; dimensions not known statically count 1."""
    known = shape if isinstance(shape, tuple) or shape.rank is not None else ()
    return math.prod(side or 1 for side in known)
