"""Pure functions of batches and networks that the models share."""

from collections.abc import Iterable
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend

Batch = tuple[KerasTensor, Any]  # images and their condition, or None


def split_batch(
    images: KerasTensor, condition: KerasTensor | None, num_steps: int
) -> list[Batch]:
    """Splits a batch `[n * k, ...]` among the k discriminator steps, `[n, ...]` each.

    Rows i * k to i * k + k - 1 hold example i of every step. So a replica's part of the
    rows is its part of each step's batch, whatever the number of replicas.

    Args:
        images: Images of all steps.
        condition: Their condition, or None.
        num_steps: The number of steps k.
    """
    if num_steps == 1:
        return [(images, condition)]
    conditions = [None] * num_steps
    if condition is not None:
        conditions = _split(condition, num_steps)
    return list(zip(_split(images, num_steps), conditions, strict=True))


def _split(rows: KerasTensor, num_steps: int) -> list:
    static = rows.shape[0]
    if static is not None and static % num_steps:
        raise ValueError(
            f"A batch of {static} rows cannot be split among discriminator_steps="
            f"{num_steps} steps: each needs the same number of fresh images. Use "
            "ganzoo.data.training_batches(..., discriminator_steps=...)."
        )
    length = -1 if static is None else static // num_steps
    return ops.unstack(ops.reshape(rows, [length, num_steps, *rows.shape[1:]]), axis=1)


def per_example(values: KerasTensor) -> KerasTensor:
    """Averages the values of each example, e.g. over patches: `[n, ...]` to `[n]`."""
    return ops.mean(ops.reshape(values, [ops.shape(values)[0], -1]), axis=1)


def layer_losses(networks: Iterable[keras.Layer]) -> KerasTensor:
    """Returns this replica's part of the losses that layers add to their network.

    These are weight regularizers and the arguments of `add_loss`.
    """
    losses = [loss for network in networks for loss in network.losses]
    if not losses:
        return 0.0
    total = sum(ops.cast(loss, "float32") for loss in losses)
    return total / backend.num_replicas()


def trained(networks: Iterable[keras.Layer]) -> list[keras.Variable]:
    """Returns the trainable variables of several networks."""
    return [v for network in networks for v in network.trainable_variables]


def state_of(
    networks: Iterable[keras.Layer],
) -> list[tuple[keras.Variable, KerasTensor]]:
    """Returns the variables of networks with their present values.

    An outer scope may have replaced them. They are read here, because a custom gradient
    may read no variable that TensorFlow takes for trainable, as those of frozen layers.
    """
    return [
        (variable, ops.stop_gradient(variable.value))
        for network in networks
        for variable in network.variables
    ]
