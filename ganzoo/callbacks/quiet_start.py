"""Keeps TensorFlow's notices about a new graph off the console."""

import contextlib

import keras

from ganzoo import console


class QuietStart(keras.callbacks.Callback):
    """Drops what TensorFlow writes while it builds and optimizes the train step.

    That is the first step of a process; see `console.quiet`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held = contextlib.ExitStack()
        self._started = False

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Begins with the first step."""
        if not self._started:
            self._held.enter_context(console.quiet())
            self._started = True

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Ends with it."""
        self._held.close()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Ends after a failed step, too."""
        self._held.close()
