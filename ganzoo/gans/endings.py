"""The activations that a network ends in, and the values that they take.

They are read from the graph of a functional model, and from a trace of a layer or model
with a `call` of its own.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

# What leaves the values of an activation as they are, or averages or picks among them:
# layers of Keras and operations of keras.ops, by the beginnings of their names.
_PASSING = (
    "ActivityRegularization",
    "Average",
    "Cast",
    "Clip",
    "Concatenate",
    "Cropping",
    "Dropout",
    "ExpandDims",
    "Flatten",
    "GetItem",
    "Global",
    "Identity",
    "Max",
    "Mean",
    "Min",
    "Permute",
    "Ravel",
    "RepeatVector",
    "Reshape",
    "SpatialDropout",
    "Squeeze",
    "Stack",
    "Transpose",
    "UpSampling",
)
# The same, of TensorFlow's operations; and those that are activations.
_PASSING_OPS = (
    "AvgPool",
    "Cast",
    "ClipByValue",
    "ConcatV2",
    "ExpandDims",
    "Identity",
    "Max",
    "MaxPool",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Pack",
    "Reshape",
    "Squeeze",
    "StopGradient",
    "StridedSlice",
    "Transpose",
)
_ACTIVATION_OPS = {
    "Elu": "elu",
    "Exp": "exponential",
    "LogSoftmax": "log_softmax",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
}
_FAR = 50.0  # Outputs beyond this are taken to have no bound on that side.


Activations = Iterator[tuple[str, Callable]]


class Ending(NamedTuple):
    """The activation that a network ends in.

    Attributes:
        name: Name of the activation.
        layer: Name of the layer that applies it.
        low: Smallest value that it takes; minus infinity where there is none.
        high: Largest value that it takes; infinity where there is none.
    """

    name: str
    layer: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name} (layer {self.layer!r}), whose values lie in {self.shown}"

    @property
    def shown(self) -> str:
        """The interval of its values, e.g. `[0, 1]`."""
        return f"[{self.low:.3g}, {self.high:.3g}]"


def endings(
    network: keras.Layer,
    output: int = 0,
    *,
    trace: bool = True,
    bounded: bool = True,
) -> list[Ending]:
    """Returns the activations that an output of a network consists of.

    Args:
        network: A network that was called, if only on symbolic tensors.
        output: Number of the output.
        trace: Whether to trace layers with a `call` of their own, which takes longer.
        bounded: Whether to leave out parts that take any value.

    Returns:
        As a rule one or none; several where the output is joined from parts.
    """
    found = {}
    for layer, activation in _activations_of(network, output, trace):
        low, high = _values(activation)
        if not bounded or np.isfinite(low) or np.isfinite(high):
            name = getattr(activation, "__name__", type(activation).__name__)
            found[layer] = Ending(name, layer, low, high)
    return list(found.values())


def _activations_of(network, output: int, trace: bool) -> Activations:
    """Yields (name of a layer, activation) for what an output ends in."""
    outputs = getattr(network, "outputs", None)
    if outputs and _calls_as_keras(network):
        if output < len(outputs):
            yield from _behind(outputs[output], trace)
        return
    if network._inbound_nodes:
        yield from _of_node(network, network._inbound_nodes[0], output, trace)


def _behind(tensor: keras.KerasTensor, trace: bool) -> Activations:
    operation, number, output = tensor._keras_history
    if operation is not None:
        yield from _of_node(operation, operation._inbound_nodes[number], output, trace)


def _of_node(operation, node, output: int, trace: bool) -> Activations:
    if isinstance(operation, keras.layers.InputLayer):
        return
    of_keras = _calls_as_keras(operation)
    if getattr(operation, "outputs", None) and of_keras:
        yield from _activations_of(operation, output, trace)  # a model inside
        return
    activation = _activation(operation)
    if activation is not None:
        yield operation.name, activation
    elif type(operation).__name__.startswith(_PASSING) and of_keras:
        for tensor in node.input_tensors:
            yield from _behind(tensor, trace)
    elif not of_keras and trace:
        yield from _traced(operation, node, output)
    else:
        yield operation.name, keras.activations.linear  # any value


def _activation(operation):
    """Returns the activation that an operation applies last, or None."""
    while isinstance(operation, keras.layers.Wrapper):
        operation = operation.layer
    if isinstance(operation, keras.Layer):
        kinds = (keras.layers.Softmax, keras.layers.ReLU, keras.layers.ELU)
        if isinstance(operation, kinds):
            return operation
        # A subclass of a layer of Keras with a `call` of its own keeps its activation.
        of_keras = any(
            base.__module__.startswith("keras.src.layers.") and base is not keras.Layer
            for base in type(operation).mro()
        )
        activation = getattr(operation, "activation", None) if of_keras else None
        return activation if activation is not keras.activations.linear else None
    name = type(operation).__name__  # of keras.ops, e.g. Sigmoid or HardSigmoid
    snake = "".join("_" + c.lower() if c.isupper() else c for c in name)[1:]
    return getattr(keras.activations, snake, None)


def _calls_as_keras(operation) -> bool:
    """Whether what happens in it is Keras's code, and not that of a user."""
    if isinstance(operation, keras.layers.Lambda):
        return False
    owner = next(base for base in type(operation).mro() if "call" in vars(base))
    return owner.__module__.startswith("keras.")


def _traced(operation, node, output: int) -> Activations:
    """Finds the activation in the graph of a layer with a `call` of its own."""
    found, inputs = [], []

    def call(*args, **kwargs):
        inputs.extend(tf.nest.flatten((args, kwargs)))
        outputs = tf.nest.flatten(operation(*args, **kwargs))
        found.extend(_ops_behind(outputs[output], inputs))
        return outputs

    arguments = node.arguments
    keras.src.backend.compute_output_spec(call, *arguments.args, **arguments.kwargs)
    for name in found:
        if name is not None:
            yield operation.name, getattr(keras.activations, name)
        else:  # the layer hands an input on
            for tensor in node.input_tensors:
                yield from _behind(tensor, True)


def _ops_behind(tensor: tf.Tensor, inputs: list) -> Iterator[str | None]:
    """Yields the activations, by name, that a tensor is made of; None for an input."""
    if any(tensor is value for value in inputs):
        yield None
        return
    kind = tensor.op.type
    if kind in _ACTIVATION_OPS:
        yield _ACTIVATION_OPS[kind]
    elif kind in _PASSING_OPS:
        joined = kind in ("ConcatV2", "Pack")
        for value in tensor.op.inputs if joined else tensor.op.inputs[:1]:
            yield from _ops_behind(value, inputs)
    else:
        yield "linear"


def _values(activation) -> tuple[float, float]:
    """Returns the smallest and the largest value of an activation, or infinities."""
    grid = np.concatenate([np.linspace(-5, 5, 1001), [-1e3, 1e3]]).astype("float32")
    # Two columns, for those that look at all units together.
    inputs = np.stack([grid, np.zeros_like(grid)], axis=1)
    call = getattr(activation, "call", activation)
    try:
        outputs = np.asarray(call(keras.ops.convert_to_tensor(inputs)), np.float64)
    except Exception:  # a user's own, which may ask for other shapes
        return -np.inf, np.inf
    low, high = float(np.nanmin(outputs)), float(np.nanmax(outputs))
    return -np.inf if low < -_FAR else low, np.inf if high > _FAR else high
