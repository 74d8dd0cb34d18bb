"""How much memory a model would take, found out without taking it."""

import math

import keras
import tensorflow as tf

from ganzoo.keras_files import operations

MOST_DRAWN = 2**26  # numbers, over all layers, that drawing one image may take
# They return what is there already, under another shape or name.
_VIEWS = {"Identity", "Placeholder", "ReadVariableOp", "Reshape", "Squeeze", "Const"}


def count_weights(config: dict) -> int:
    """Returns the number of weights of a model, from its configuration.

    The weights get their shapes, but no values. Call it in a thread of its own: Keras
    keeps a list of them, to give them values later, for the thread.

    Args:
        config: As `keras.saving.serialize_keras_object` returns it; is used up.
    """
    with keras.StatelessScope(initialize_variables=False), operations.bounded():
        built = keras.saving.deserialize_keras_object(config)
        return sum(math.prod(weight.shape) for weight in built.variables)


def drawing(generator: keras.Model) -> tuple[int, int]:
    """Returns how many numbers one image takes on its way through a generator.

    Args:
        generator: Of known shapes, but for the number of images.

    Returns:
        The largest output of an operation, and the sum over all of them, which bounds
        what is in memory at one time.
    """
    inputs = [tf.TensorSpec((1, *one.shape[1:]), one.dtype) for one in generator.inputs]

    @tf.function
    def draw(*batch):
        return generator(batch[0] if len(batch) == 1 else list(batch), training=False)

    graph = draw.get_concrete_function(*inputs).graph
    sizes = [_numbers(one.shape) for one in inputs]
    for operation in graph.get_operations():
        if operation.type not in _VIEWS:
            sizes += [_numbers(one.shape) for one in operation.outputs]
    return max(sizes), sum(sizes)


def _numbers(shape) -> int:
    """Numbers of a tensor; sides that are not known before it is computed count 1."""
    known = tf.TensorShape(shape)
    return math.prod(side or 1 for side in known) if known.rank is not None else 1
