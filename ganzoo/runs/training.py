"""Trains a model from its current step."""

import contextlib
import gc
from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def fit(
    model: keras.Model,
    batches: Callable[[int], Any],
    *,
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
) -> None:
    """Trains a model with `fit()` up to `epochs`, from its current step.

    A run that was stopped within an epoch first finishes that epoch. The callbacks'
    `on_train_end` is called after an exception, too.

    Args:
        model: A compiled model.
        batches: Function from a step to the batches from that step on.
        epochs: Total number of epochs.
        steps_per_epoch: Number of train steps per epoch.
        callbacks: Keras callbacks.
    """
    while (step := int(model.step)) < epochs * steps_per_epoch:
        epoch, offset = divmod(step, steps_per_epoch)
        try:
            model.fit(
                batches(step),
                initial_epoch=epoch,
                epochs=epoch + 1 if offset else epochs,
                steps_per_epoch=steps_per_epoch - offset,
                callbacks=keras.tree.flatten([callbacks or [], _free_cycles()]),
                verbose=0,
            )
        except BaseException:
            for callback in callbacks:
                # The same failure may occur again: a full disk, a deleted folder.
                with contextlib.suppress(Exception):
                    callback.on_train_end()
            raise
        if model.stop_training or int(model.step) == step:
            break


def _free_cycles() -> keras.callbacks.Callback:
    """Returns a callback that frees each epoch's figures, which refer to themselves.

    Among TensorFlow's half a million objects Python rarely looks for such cycles: not
    once in 180 short epochs, which left 0.17 MB each.
    """
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: gc.collect(1))


def broken_weights(model: keras.Model) -> list[str]:
    """Returns the names of a model's weights that hold a NaN or an infinity."""
    return [
        weight.path
        for weight in model.weights
        if "float" in weight.dtype and not bool(ops.all(ops.isfinite(weight.value)))
    ]
