"""The output activations of a network, and the range of their values.

They are found in the graph of a functional model, and in a trace of layers and models
with a custom `call` on TensorFlow. Elementwise arithmetic with constants after an
activation counts as part of it: `2 * sigmoid(x) - 1`.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import KerasTensor
from keras.src.utils.naming import to_snake_case

# Layers of Keras and operations of keras.ops that keep the values of an activation, or
# average or select them, by the beginnings of their names.
_PASSING = (
    *("ActivityRegularization", "Average", "Cast", "Concatenate", "Cropping"),
    *("Dropout", "ExpandDims", "Flatten", "GetItem", "Global", "Identity", "Max"),
    *("Mean", "Min", "Permute", "Ravel", "RepeatVector", "Reshape"),
    *("SpatialDropout", "Squeeze", "Stack", "Transpose", "UpSampling"),
)
# Operations of keras.ops, and merging layers, that change each value separately if all
# but one of their arguments are constants.
_ELEMENTWISE = (
    *("Abs", "Absolute", "Add", "Clip", "Divide", "Exp", "Expm1", "Log", "Log1p"),
    *("Maximum", "Minimum", "Multiply", "Negative", "Power", "Reciprocal"),
    *("Sqrt", "Square", "Subtract", "TrueDivide"),
)
_LINEAR = {"add", "addv2", "mul", "multiply", "neg", "negative", "sub", "subtract"}
_AXES = 6  # axes of the tested values, which broadcast with constants of any shape


class Change(NamedTuple):
    """An elementwise operation after an activation, as a function of tensors."""

    name: str
    layer: str  # that contains it
    call: Callable


# The name of a layer, its activation, and the changes of its values after it.
Found = Iterator[tuple[str, Callable, tuple[Change, ...]]]


class OutputActivation(NamedTuple):
    """An activation that a network ends in."""

    name: str  # name of the activation
    layer: str  # name of the layer that applies it
    low: float  # lower bound of its values, minus infinity if there is none
    high: float  # upper bound of its values, infinity if there is none

    def __str__(self) -> str:
        values = f"[{self.low:.3g}, {self.high:.3g}]"
        return f"{self.name} (layer {self.layer!r}), whose values lie in {values}"


def output_activations(
    network: keras.Layer, output: int = 0, *, trace: bool = True, bounded: bool = True
) -> list[OutputActivation]:
    """Returns the final activations of an output: several if it is concatenated.

    Args:
        network: A network that was called, at least on symbolic tensors.
        output: Index of the output.
        trace: Whether to trace layers with a custom `call`, which takes longer.
        bounded: Whether to leave out activations with unbounded values.
    """
    found = {}
    for layer, activation, changes in _activations_of(network, output, trace):
        low, high = _values(activation, changes)
        if not bounded or np.isfinite(low) or np.isfinite(high):
            name = getattr(activation, "__name__", type(activation).__name__)
            if activation is keras.activations.linear and changes:
                bends = [one for one in changes if one.name not in _LINEAR] or changes
                name, layer = bends[0].name, bends[0].layer
            found[layer] = OutputActivation(name, layer, low, high)
    return list(found.values())


def _activations_of(
    network: keras.Layer, output: int, trace: bool, changes: tuple[Change, ...] = ()
) -> Found:
    """Yields the final activations of an output and the operations after them."""
    outputs = getattr(network, "outputs", None)
    if outputs and calls_as_keras(network):
        if output < len(outputs):
            yield from _of_tensor(outputs[output], trace, changes)
        return
    if network._inbound_nodes:
        yield from _of_node(network, network._inbound_nodes[0], output, trace, changes)


def _of_tensor(
    tensor: KerasTensor, trace: bool, changes: tuple[Change, ...] = ()
) -> Found:
    operation, number, output = tensor._keras_history
    if operation is not None:
        node = operation._inbound_nodes[number]
        yield from _of_node(operation, node, output, trace, changes)


def _of_node(
    operation: keras.Operation,
    node: Any,
    output: int,
    trace: bool,
    changes: tuple[Change, ...],
) -> Found:
    if isinstance(operation, keras.layers.InputLayer):
        return
    of_keras = calls_as_keras(operation)
    if getattr(operation, "outputs", None) and of_keras:  # a model inside
        yield from _activations_of(operation, output, trace, changes)
        return
    activation = _activation(operation)
    changed = change(operation, node) if of_keras else None
    if activation is not None:
        yield operation.name, activation, changes
    elif changed is not None:
        yield from _of_tensor(node.input_tensors[0], trace, (changed, *changes))
    elif type(operation).__name__.startswith(_PASSING) and of_keras:
        for tensor in node.input_tensors:
            yield from _of_tensor(tensor, trace, changes)
    elif not of_keras and trace and keras.config.backend() == "tensorflow":
        yield from _traced(operation, node, output, changes)
    else:
        yield operation.name, keras.activations.linear, changes  # any value


def change(operation: keras.Operation, node: Any) -> Change | None:
    """Returns how an operation changes the values of its one input, if it is known."""
    name = type(operation).__name__
    known = name == "Rescaling" or name in _ELEMENTWISE
    if not known or len(node.input_tensors) != 1:
        return None
    arguments = node.arguments

    def call(values: Any) -> KerasTensor:
        args, kwargs = keras.tree.map_structure(
            lambda one: values if isinstance(one, KerasTensor) else one,
            (arguments.args, arguments.kwargs),
        )
        return operation.call(*args, **kwargs)

    return Change(name.lower(), operation.name, call)


def _activation(operation: keras.Operation) -> Callable | None:
    """Returns the activation that an operation applies last, or None."""
    while isinstance(operation, keras.layers.Wrapper):
        operation = operation.layer
    if isinstance(operation, keras.Layer):
        kinds = (keras.layers.Softmax, keras.layers.ReLU, keras.layers.ELU)
        if isinstance(operation, kinds):
            return operation
        # A subclass of a Keras layer with a custom `call` keeps its activation.
        of_keras = any(
            base.__module__.startswith("keras.src.layers.") and base is not keras.Layer
            for base in type(operation).mro()
        )
        activation = getattr(operation, "activation", None) if of_keras else None
        return activation if activation is not keras.activations.linear else None
    name = type(operation).__name__  # of keras.ops, e.g. Sigmoid or HardSigmoid
    return getattr(keras.activations, to_snake_case(name), None)


def calls_as_keras(operation: keras.Operation) -> bool:
    """Returns whether an operation's `call` is Keras's own."""
    if isinstance(operation, keras.layers.Lambda):
        return False
    owner = next(base for base in type(operation).mro() if "call" in vars(base))
    return owner.__module__.startswith("keras.")


def _traced(
    operation: keras.Operation, node: Any, output: int, changes: tuple[Change, ...]
) -> Found:
    """Finds the activations in the graph of a layer with a custom `call`."""
    from ganzoo.gans.on_tensorflow import output_activations_traced

    found: list[tuple] = []
    inputs: list = []

    def call(*args: Any, **kwargs: Any) -> list:
        inputs.extend(keras.tree.flatten((args, kwargs)))
        outputs = keras.tree.flatten(operation(*args, **kwargs))
        found.extend(output_activations_traced.of_tensor(outputs[output], inputs))
        return outputs

    arguments = node.arguments
    keras.src.backend.compute_output_spec(call, *arguments.args, **arguments.kwargs)
    for name, calls in found:
        then = (*(Change(name, operation.name, f) for name, f in calls), *changes)
        if name is not None:
            yield operation.name, getattr(keras.activations, name), then
        else:  # the layer returns an input
            for tensor in node.input_tensors:
                yield from _of_tensor(tensor, True, then)


def _values(activation: Callable, changes: tuple[Change, ...]) -> tuple[float, float]:
    """Returns the bounds of an output's values, which may be infinite.

    A value is a bound if it does not change as the inputs grow.
    """
    try:
        near, far = (_extremes(activation, changes, scale) for scale in (1e3, 1e4))
    except Exception:  # a user's activation, which may need other shapes
        return -np.inf, np.inf
    low, high = (
        there
        if np.isfinite(there) and abs(there - here) <= 0.01 * (1 + abs(here))
        else sign * np.inf
        for here, there, sign in zip(near, far, (-1, 1), strict=True)
    )
    return low, high


def _extremes(
    activation: Callable, changes: tuple[Change, ...], scale: float
) -> tuple[float, float]:
    """Returns the smallest and the largest value for inputs up to a scale."""
    ends = [-scale, -1 / scale**2, 1 / scale**2, scale]
    grid = np.concatenate([np.linspace(-5, 5, 1001), ends]).astype("float32")
    # Two columns, for activations that couple the units.
    inputs = np.stack([grid, np.zeros_like(grid)], axis=1)
    call = getattr(activation, "call", activation)
    outputs = call(keras.ops.convert_to_tensor(inputs))
    for change in changes:
        flat = keras.ops.reshape(keras.ops.cast(outputs, "float32"), (-1,))
        outputs = change.call(flat[(...,) + (None,) * (_AXES - 1)])
    outputs = np.asarray(outputs, np.float64)
    return float(np.nanmin(outputs)), float(np.nanmax(outputs))
