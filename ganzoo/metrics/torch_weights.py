"""Weights of PyTorch's modules for Keras's networks, batch normalization folded in."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from ganzoo import torch_files
from ganzoo.float16_weights import WeightsError

_EPSILON = 1e-3  # of the batch normalization, in both networks
_COUNTER = "num_batches_tracked"  # of PyTorch's batch normalization, not a weight
_NORM = ("weight", "bias", "running_mean", "running_var")


@dataclasses.dataclass(frozen=True)
class Names:
    """What a network's modules are called in a file.

    Attributes:
        convolution: Name of a Keras layer -> names of the convolution and of the batch
            normalization after it.
        dense: Name of the last module, whose bias may be left out.
    """

    convolution: Callable[[str], tuple[str, str]]
    dense: str


def _of_lite0(layer: str) -> tuple[str, str]:
    first, _, last = layer.rpartition(".")
    inside = {
        "stem": ("_conv_stem", "_bn0"),
        "head": ("_conv_head", "_bn1"),
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }[last]
    prefix = f"_{first}." if first else ""
    return f"{prefix}{inside[0]}", f"{prefix}{inside[1]}"


INCEPTION = Names(lambda layer: (f"{layer}.conv", f"{layer}.bn"), "fc")
LITE0 = Names(_of_lite0, "_fc")


def load(network: keras.Model, names: Names, path: Path) -> None:
    """Sets the weights of a network from a file of torch.save.

    Args:
        network: Convolutions, which PyTorch has without bias and with batch
            normalization, and one dense layer.
        names: The names of the modules.
        path: Path of the file.

    Raises:
        WeightsError: The file is damaged, of another network, or would run code. The
            network may have some of its weights then.
    """
    try:
        tensors = torch_files.load(path)
    except ValueError as error:
        raise WeightsError(str(error)) from error
    tensors = {k: v for k, v in tensors.items() if not k.endswith(_COUNTER)}
    layers = [layer for layer in network.layers if layer.weights]
    expected: dict[str, tuple[int, ...]] = {}
    for layer in layers:
        expected |= shapes(layer, names)
    _check(tensors, expected, network.name, path)
    for layer in layers:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = (tensors[f"{names.dense}.{k}"] for k in ("weight", "bias"))
            layer.set_weights([kernel.T, bias][: len(layer.weights)])
        else:
            layer.set_weights(_folded(tensors, *names.convolution(layer.name), layer))


def shapes(layer: keras.Layer, names: Names) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of a layer's tensors in the file, by name."""
    shape = tuple(layer.kernel.shape)
    if isinstance(layer, keras.layers.Dense):
        kernel, norm = shape[::-1], names.dense
        return {f"{norm}.weight": kernel, f"{norm}.bias": kernel[:1]}
    convolution, norm = names.convolution(layer.name)
    kernel = tuple(shape[axis] for axis in np.argsort(_axes(layer)))
    return {f"{convolution}.weight": kernel} | {
        f"{norm}.{name}": kernel[:1] for name in _NORM
    }


def _axes(layer: keras.Layer) -> tuple[int, ...]:
    """Returns PyTorch's axes of a kernel in Keras's order."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    return (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)


def _check(
    tensors: dict[str, np.ndarray],
    expected: dict[str, tuple[int, ...]],
    network: str,
    path: Path,
) -> None:
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    wrong = [
        name
        for name in [*expected, *(shapes.keys() - expected.keys())]
        if shapes.get(name) != expected.get(name)
    ]
    if wrong:
        first = sorted(wrong)[0]
        raise WeightsError(
            f"{path} holds the weights of another network than {network}: "
            f"{len(wrong)} tensors differ, such as {first} of shape "
            f"{shapes.get(first)}, where {expected.get(first)} is expected."
        )
    for name, tensor in tensors.items():
        low = 0 if name.endswith("running_var") else -np.inf
        if not (np.isfinite(tensor).all() and (tensor >= low).all()):
            raise WeightsError(
                f"{path} is damaged: {name} has NaN, or is out of range."
            )


def _folded(
    tensors: dict[str, np.ndarray], convolution: str, norm: str, layer: keras.Layer
) -> list[np.ndarray]:
    """Returns kernel and bias that compute convolution and batch normalization.

    gamma (w * x - mean) / sqrt(variance + epsilon) + beta, in float64.
    """
    kernel = tensors[f"{convolution}.weight"].astype(np.float64)
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{name}"].astype(np.float64) for name in _NORM
    )
    factor = gamma / np.sqrt(variance + _EPSILON)
    kernel = (kernel * factor[:, None, None, None]).transpose(_axes(layer))
    return [kernel, beta - mean * factor]
