"""Trained networks applied to many images."""

import functools

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend


def apply_network(
    model: keras.Model, name: str, images: np.ndarray, batch_size: int
) -> list[np.ndarray]:
    """Returns each output of a model's network, float32 `[n, ...]`, in inference mode.

    Args:
        model: The model; the first replica of its strategy does the work.
        name: The attribute that holds the network.
        images: Inputs of the network, `[n, ...]`, with n at least 1.
        batch_size: Number of images at a time.
    """
    network = getattr(model, name)
    images = np.asarray(images)
    _check(name, network.input_shape[1:], images, batch_size)
    # Cached, so that the network is traced once; hidden from Keras, which would save
    # it.
    functions = model.__dict__.setdefault("_applied", {})
    if name not in functions:
        functions[name] = backend.inference(model, functools.partial(_outputs, network))
    batch_size = min(batch_size, len(images))
    batches = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size].astype(np.float32)
        missing = batch_size - len(batch)  # padded: one shape, so one trace
        batch = np.pad(batch, [(0, missing)] + [(0, 0)] * (batch.ndim - 1))
        batches.append(list(map(ops.convert_to_numpy, functions[name](batch))))
    return [
        np.concatenate(parts)[: len(images)] for parts in zip(*batches, strict=True)
    ]


def _outputs(network: keras.Model, batch: KerasTensor) -> list[KerasTensor]:
    outputs = keras.tree.flatten(network(batch, training=False))
    return [ops.cast(output, "float32") for output in outputs]


def _check(name: str, shape: tuple, images: np.ndarray, batch_size: int) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size} must be at least 1.")
    if images.dtype.kind != "f":
        raise ValueError(
            f"{name} takes images in [-1, 1], not {images.dtype}; scale uint8 "
            "images with ganzoo.data.to_float."
        )
    fits = images.ndim == len(shape) + 1 and all(
        wanted in (None, given)
        for wanted, given in zip(shape, images.shape[1:], strict=True)
    )
    if not fits or not len(images):
        raise ValueError(
            f"{name} takes images of shape (n, {', '.join(map(str, shape))}), n at "
            f"least 1; received {images.shape}."
        )
