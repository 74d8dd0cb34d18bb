"""Checkpoints by epoch and by the clock, and a clean end on Ctrl-C or SIGTERM."""

import signal
import threading
import time

import keras

from ganzoo.runs import Run


class Interrupted(Exception):
    """Training was asked to stop; everything is saved.

    Attributes:
        signal: The signal's number.
        step: Train steps done, and saved.
    """

    def __init__(self, number: int, step: int):
        super().__init__(
            f"Stopped by {signal.Signals(number).name} after step {step}; all is "
            "saved, and the same command goes on from there."
        )
        self.signal = number
        self.step = step


class Checkpoint(keras.callbacks.Callback):
    """Saves the game after every epoch and every few minutes, and before stopping.

    On SIGINT (Ctrl-C) or SIGTERM (a job that is preempted) the step at hand is finished
    and saved, and `fit()` ends in `Interrupted`; during an epoch's samples and measures
    these are finished first. A second Ctrl-C stops at once.

    It comes last in the list of callbacks: an epoch counts as done when its samples and
    measures are written, too.
    """

    def __init__(self, run: Run, minutes: float = 5.0):
        """Sets where and how often to save.

        Args:
            run: The run folder.
            minutes: Time between two checkpoints within an epoch.

        Raises:
            ValueError: `minutes` is not above 0.
        """
        super().__init__()
        if not minutes > 0:
            raise ValueError(f"minutes={minutes} must be above 0.")
        self.run = run
        self.minutes = minutes
        self._signal = None
        self._handlers = {}

    def on_train_begin(self, logs=None):
        """Takes over the signals; Python allows it in the main thread only."""
        self._saved_at = time.monotonic()
        self._signal = None
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._remember)

    def on_train_batch_end(self, batch, logs=None):
        """Saves when it is time, or when a signal has come."""
        # Not after an epoch's last step: resumed from there, the epoch would never have
        # its samples, measures and row. `on_epoch_end` comes next, and saves.
        if batch + 1 == self.params["steps"]:
            return
        due = time.monotonic() - self._saved_at > 60 * self.minutes
        if due or self._signal is not None:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        """Saves the epoch."""
        self._save()

    def on_train_end(self, logs=None):
        """Gives the signals back."""
        self._give_back()

    def _save(self) -> None:
        """Saves, and ends the training there if a signal has come meanwhile."""
        self.run.save(self.model)
        self._saved_at = time.monotonic()
        if self._signal is not None:
            self._give_back()
            raise Interrupted(self._signal, int(self.model.step))

    def _remember(self, number, frame) -> None:
        if self._signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signal = number

    def _give_back(self) -> None:
        while self._handlers:
            number, handler = self._handlers.popitem()
            signal.signal(number, handler)
