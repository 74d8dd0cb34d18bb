"""How a game is trained from the step that it is at."""

import contextlib
from collections.abc import Callable

import tensorflow as tf


def fit(
    game,
    batches: Callable[[int], tf.data.Dataset],
    *,
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
) -> None:
    """Trains a game by `fit()` up to `epochs`, from the step it is at.

    A run that was stopped within an epoch first finishes that one. The callbacks'
    `on_train_end` is called after an exception, too.

    Args:
        game: A compiled game.
        batches: From a step to the batches from there on.
        epochs: Epochs in all.
        steps_per_epoch: Train steps of an epoch.
        callbacks: Keras callbacks.
    """
    while (step := int(game.step)) < epochs * steps_per_epoch:
        epoch, offset = divmod(step, steps_per_epoch)
        try:
            game.fit(
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
        if game.stop_training or int(game.step) == step:
            break


def broken_weights(game) -> list[str]:
    """Returns the names of a game's weights that hold a NaN or an infinity."""
    return [
        weight.path
        for weight in game.weights
        if "float" in weight.dtype
        and not bool(tf.reduce_all(tf.math.is_finite(weight.value)))
    ]
