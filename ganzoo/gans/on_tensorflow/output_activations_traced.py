"""The output activations of a tensor in a traced graph."""

import inspect
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from keras.src.utils.naming import to_snake_case

# Operations of TensorFlow that keep values, or average or select them.
_PASSING = (
    *("AvgPool", "Cast", "ConcatV2", "ExpandDims", "GatherV2", "Identity"),
    *("IdentityN", "Max", "MaxPool", "Mean", "Min", "Pack", "Reshape", "Squeeze"),
    *("StopGradient", "StridedSlice", "Transpose"),
)
_ACTIVATIONS = (
    *("Elu", "LogSoftmax", "Relu", "Relu6", "Selu"),
    *("Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh"),
)
# Operations that change each value separately if the other arguments are constants.
_ELEMENTWISE = (
    *("Abs", "Add", "AddV2", "BiasAdd", "ClipByValue", "Exp", "Expm1", "Log", "Log1p"),
    *("Maximum", "Minimum", "Mul", "Neg", "Pow", "RealDiv", "Reciprocal"),
    *("Sqrt", "Square", "Sub"),
)
_JOINING = ("ConcatV2", "Pack")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")

# The name of an activation, None for an input; names and functions of the changes of
# its values after it.
Found = Iterator[tuple[str | None, tuple[tuple[str, Callable], ...]]]
# The caller's tensor for each input of a called function, and the callers of that.
Callers = dict[int, tuple[tf.Tensor, dict]]


def of_tensor(
    tensor: tf.Tensor,
    inputs: list,
    changes: tuple[tuple[str, Callable], ...] = (),
    callers: Callers | None = None,
) -> Found:
    """Yields the final activations of a tensor, up to the inputs, by name."""
    callers = callers or {}
    if any(tensor is value for value in inputs):
        yield None, changes
        return
    if id(tensor) in callers:
        outer, callers = callers[id(tensor)]
        yield from of_tensor(outer, inputs, changes, callers)
        return
    operation = tensor.op
    if operation.type in _ACTIVATIONS:
        yield to_snake_case(operation.type), changes
    elif operation.type in _CALLS:
        inner, callers = _entered(tensor, callers)
        yield from of_tensor(inner, inputs, changes, callers)
    elif operation.type in _ELEMENTWISE and (found := _change(operation, callers)):
        value, change = found
        yield from of_tensor(value, inputs, (change, *changes), callers)
    elif operation.type in _PASSING:
        index = tensor.value_index if operation.type == "IdentityN" else 0
        joins = operation.type in _JOINING
        for value in operation.inputs if joins else [operation.inputs[index]]:
            yield from of_tensor(value, inputs, changes, callers)
    else:
        yield "linear", changes


def _entered(tensor: tf.Tensor, callers: Callers) -> tuple[tf.Tensor, Callers]:
    """Returns the output of a called function, and the callers of its inputs."""
    operation = tensor.op
    name = operation.get_attr("f").name
    graph = operation.graph._get_function(name).graph
    inside = {
        id(inner): (outer, callers)
        for inner, outer in zip(graph.inputs, operation.inputs, strict=True)
    }
    return graph.outputs[tensor.value_index], inside


def _change(
    operation: tf.Operation, callers: Callers
) -> tuple[tf.Tensor, tuple[str, Callable]] | None:
    """Returns the only input that is not constant, and the change of its values."""
    constants = [_constant(value, callers) for value in operation.inputs]
    if sum(value is None for value in constants) != 1:
        return None
    place = next(n for n, value in enumerate(constants) if value is None)
    raw = getattr(tf.raw_ops, operation.type)
    names = list(inspect.signature(raw).parameters)[: len(constants)]
    if operation.type == "BiasAdd":  # which depends on the number of axes
        raw, names = tf.raw_ops.AddV2, ["x", "y"]

    def call(values: tf.Tensor) -> tf.Tensor:
        given = [
            values if n == place else tf.cast(one, values.dtype)
            for n, one in enumerate(constants)
        ]
        return raw(**dict(zip(names, given, strict=True)))

    return operation.inputs[place], (operation.type.lower(), call)


def _constant(value: tf.Tensor, callers: Callers) -> np.ndarray | None:
    """Returns the values of a tensor if they are known in advance, or None."""
    while id(value) in callers:
        value, callers = callers[id(value)]
    captured = (outer for outer, inner in value.graph.captures if inner is value)
    outer = next(captured, value)
    known = outer is value or (hasattr(outer, "numpy") and outer.dtype != tf.resource)
    return tf.get_static_value(outer) if known else None
