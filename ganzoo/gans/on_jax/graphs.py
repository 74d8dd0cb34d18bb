"""The trace of a layer: what in it is constant."""

import re
from collections.abc import Callable, Sequence

import jax
import numpy as np
from keras import KerasTensor

_ADDRESS = re.compile(r"0x[0-9a-f]+")


def constants(call: Callable, inputs: Sequence[KerasTensor], name: str) -> list:
    """Returns what a function computes and the constants in it, comparable.

    Args:
        call: Function of tensors, called in a `keras.StatelessScope`.
        inputs: Its inputs, of static shape.
        name: Name of the network in messages.
    """
    del name
    specs = [jax.ShapeDtypeStruct(tensor.shape, tensor.dtype) for tensor in inputs]
    traced = jax.make_jaxpr(call)(*specs)
    steps = _ADDRESS.sub("", str(traced.jaxpr))
    return [steps, *(np.asarray(constant).tobytes() for constant in traced.consts)]
