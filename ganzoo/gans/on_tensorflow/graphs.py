"""The graph of a layer: what it draws and changes besides its variables."""

import re
from collections.abc import Callable, Sequence

import tensorflow as tf
from keras import KerasTensor

from ganzoo.gans.randomness import REMEDY

# TensorFlow operations that draw from, or write to, state that no checkpoint holds.
_REFUSED = {
    r"^(Random(?!Index|GammaGrad)|Stateful(?!Part)|TruncatedNormal|Multinomial|Rng|"
    r"ParameterizedTruncated|SampleDistorted)|CandidateSampler$": (
        "draws random numbers from a TensorFlow state ({}), which no checkpoint holds; "
        f"{REMEDY}."
    ),
    r"^(Eager)?PyFunc": (
        "calls a Python function from its graph ({}), whose random numbers and state "
        "no checkpoint holds. Write it in keras.ops or TensorFlow."
    ),
    r"^Assign\w*VariableOp|^Resource(Scatter|Apply|Strided)": (
        "changes a tf.Variable ({}), which is not saved with its weights. Create it "
        "with self.add_weight(..., trainable=False)."
    ),
}


def constants(call: Callable, inputs: Sequence[KerasTensor], name: str) -> list[bytes]:
    """Returns all constants of a function, sorted: functions come in any order.

    Args:
        call: Function of tensors, called in a `keras.StatelessScope`.
        inputs: Its inputs, of static shape.
        name: Name of the network in messages.

    Raises:
        ValueError: Its graph has an operation that no run could resume.
    """
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    graph = tf.function(call, autograph=False).get_concrete_function(*specs).graph
    definition = graph.as_graph_def()
    inner = [node for f in definition.library.function for node in f.node_def]
    nodes = [*definition.node, *inner]
    _check_operations(name, nodes)
    found = (node.attr["value"] for node in nodes if node.op == "Const")
    return sorted(value.SerializeToString(deterministic=True) for value in found)


def _check_operations(name: str, nodes: list) -> None:
    for node in nodes:
        for pattern, reason in _REFUSED.items():
            if re.search(pattern, node.op):
                place = f"{node.op}, {node.name!r}"
                raise ValueError(f"The {name} {reason.format(place)}")
