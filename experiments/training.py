"""How an experiment trains: in a run folder, with curves, pictures and checkpoints."""

from collections.abc import Callable

import keras
import tensorflow as tf

from experiments import common
from ganzoo import callbacks, runs


def fit(
    game,
    folder: runs.Run,
    config: common.Common,
    batches: Callable[[int], tf.data.Dataset],
    *,
    steps_per_epoch: int,
    images_per_step: int,
    extra: list[keras.callbacks.Callback],
    checkpoint_minutes: float = 5.0,
) -> None:
    """Trains a game up to the last epoch, from the step that it is at.

    Args:
        game: A compiled game.
        folder: Its run folder, restored.
        config: The settings; `epochs` is used.
        batches: From a step to the batches from there on.
        steps_per_epoch: Train steps of an epoch.
        images_per_step: Real images that a step takes, for the throughput.
        extra: The experiment's own callbacks: what it draws and measures.
        checkpoint_minutes: Time between checkpoints within an epoch.

    Raises:
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    folder.started(int(game.step))
    runs.fit(
        game,
        batches,
        epochs=config.epochs,
        steps_per_epoch=steps_per_epoch,
        callbacks=[
            callbacks.Throughput(images_per_step),
            callbacks.NanGuard(folder),
            *extra,
            callbacks.Log(folder),
            callbacks.TensorBoard(folder),
            callbacks.Progress(steps_per_epoch * config.epochs, config.epochs),
            callbacks.Checkpoint(folder, checkpoint_minutes),
        ],
    )
