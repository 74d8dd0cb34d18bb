"""How a model is trained from the step that it is at."""

import contextlib
from collections.abc import Callable

import tensorflow as tf


def fit(
    model,
    batches: Callable[[int], tf.data.Dataset],
    *,
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
) -> None:
    """Trains a model by `fit()` up to `epochs`, from the step it is at.

    A run that was stopped within an epoch first finishes that one. The callbacks'
    `on_train_end` is called after an exception, too.

    Args:
        model: A compiled model.
        batches: From a step to the batches from there on.
        epochs: Epochs in all.
        steps_per_epoch: Train steps of an epoch.
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
                callbacks=callbacks,
                verbose=0,
            )
        except BaseException:
            for callback in callbacks:
                # What failed may fail again: a full disk, a folder that is gone.
                with contextlib.suppress(Exception):
                    callback.on_train_end()
            raise
        if model.stop_training or int(model.step) == step:
            break


def broken_weights(model) -> list[str]:
    """Returns the names of a model's weights that hold a NaN or an infinity."""
    return [
        weight.path
        for weight in model.weights
        if "float" in weight.dtype
        and not bool(tf.reduce_all(tf.math.is_finite(weight.value)))
    ]
