"""Sampling from a trained generator, with equal results on any number of replicas."""

from collections.abc import Callable

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike

from ganzoo import backend
from ganzoo.random import GENERATION, StepRandom, checked_seed


def draw(
    model: keras.Model,
    count: int,
    condition: np.ndarray | None,
    *,
    seed: int,
    batch_size: int,
) -> np.ndarray:
    """Samples float32 images from the generator of a `GAN` in inference mode.

    Args:
        model: The model.
        count: Number of images.
        condition: Condition of each image, `[count, ...]`, or None.
        seed: Seed of the noise.
        batch_size: Number of images generated at a time on each replica.
    """
    batch_size = min(batch_size, count)
    step = batch_size * backend.num_devices(model)
    key = stream(model, seed).key
    generate = _generate_function(model, batch_size, condition is None)
    batches = []
    for number, start in enumerate(range(0, count, step)):
        given = None
        if condition is not None:
            rows = condition[start : start + step]
            given = ops.convert_to_tensor(np.resize(rows, (step, *rows.shape[1:])))
        images = generate(key, ops.convert_to_tensor(number, "int"), given)
        batches.append(ops.convert_to_numpy(images))
    return np.concatenate(batches)[:count]


def stream(model: keras.Model, seed: int) -> StepRandom:
    """Returns the random numbers for the images of a seed."""
    return StepRandom.root(model.seed).fold(GENERATION).fold(checked_seed(seed))


def _generate_function(
    model: keras.Model, batch_size: int, unconditional: bool
) -> Callable:
    """Returns a function of (key, batch number, condition), traced per batch size.

    It generates one batch on every device, in order.
    """
    functions = model.__dict__.setdefault("_generate_functions", {})
    kind = (batch_size, unconditional)
    if kind in functions:
        return functions[kind]

    def on_replica(
        key: KerasTensor, number: KerasTensor, condition: KerasTensor | None
    ) -> KerasTensor:
        replicas, replica = backend.num_replicas(), backend.replica_id()
        rows = batch_size * backend.num_devices(model) // replicas
        shard = number * replicas + ops.cast(replica, number.dtype)
        if condition is not None:
            start, shape = [replica * rows], [rows, *condition.shape[1:]]
            condition = ops.slice(condition, start + [0] * (len(shape) - 1), shape)
        random = StepRandom(key, shard)
        inputs = model.generator_inputs(rows, random, condition)
        return ops.cast(model.generator(inputs, training=False), "float32")

    functions[kind] = backend.inference(model, on_replica, gather=True)
    return functions[kind]


def check_sizes(**sizes: int) -> None:
    """Checks that numbers of images are at least 1."""
    for name, value in sizes.items():
        if value < 1:
            raise ValueError(f"{name}={value} must be at least 1.")


def check_labels(
    labels: ArrayLike | None, count: int, num_classes: int | None
) -> np.ndarray | None:
    """Returns checked labels of images to generate, int32 `[count]`, or None."""
    if labels is None:
        return None
    if num_classes is None:
        raise ValueError(
            "labels were given, but this model takes none (num_classes=None)."
        )
    labels = np.asarray(labels)
    if labels.shape != (count,):
        raise ValueError(
            f"labels has shape {labels.shape}; one for each of {count} images is "
            "needed."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels are {labels.dtype}; they must be whole numbers.")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}; this model has the "
            f"classes 0 to {num_classes - 1}."
        )
    return labels.astype(np.int32)
