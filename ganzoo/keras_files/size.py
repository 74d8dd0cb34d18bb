"""Determines how much memory a model would take, without taking it."""

import math

import keras
import tensorflow as tf

from ganzoo.keras_files import operations

MOST_DRAWN = 2**26  # numbers, over all layers, that generating one image may take
# Operations that return existing values under another shape or name.
_VIEWS = {"Identity", "Placeholder", "ReadVariableOp", "Reshape", "Squeeze", "Const"}


def count_weights(config: dict) -> int:
    """Returns the number of weights of a serialized model; changes its configuration.

    The weights get shapes, but no values. Call it in a new thread: Keras keeps a list
    of uninitialized weights per thread.
    """
    with keras.StatelessScope(initialize_variables=False), operations.bounded():
        built = keras.saving.deserialize_keras_object(config)
        return sum(math.prod(weight.shape) for weight in built.variables)


def drawing(generator: keras.Model) -> tuple[int, int]:
    """Returns how many numbers a generator computes for one image.

    The first is the size of the largest output of an operation, the second the sum over
    all of them, which bounds the memory.
    """
    inputs = [tf.TensorSpec((1, *one.shape[1:]), one.dtype) for one in generator.inputs]

    @tf.function
    def draw(*batch: tf.Tensor) -> tf.Tensor:
        return generator(batch[0] if len(batch) == 1 else list(batch), training=False)

    graph = draw.get_concrete_function(*inputs).graph
    sizes = [_numbers(one.shape) for one in inputs]
    for operation in graph.get_operations():
        if operation.type not in _VIEWS:
            sizes += [_numbers(one.shape) for one in operation.outputs]
    return max(sizes), sum(sizes)


def _numbers(shape: tf.TensorShape) -> int:
    """Returns the size of a tensor; dimensions not known statically count 1."""
    known = tf.TensorShape(shape)
    return math.prod(side or 1 for side in known) if known.rank is not None else 1
