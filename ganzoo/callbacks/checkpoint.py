"""Checkpoints by epoch and by the clock, and a clean end on Ctrl-C or SIGTERM."""

import signal
import threading
import time
from types import FrameType
from typing import Any

import keras

from ganzoo.distribute.workers import num_workers, over_workers
from ganzoo.runs import MovedError, Run

# Several workers have to save at the same steps, so they synchronize every few steps.
_STEPS_APART = 10


class Interrupted(Exception):
    """Training was asked to stop; everything is saved.

    Attributes:
        signal: Number of the signal.
        step: Number of train steps done, and saved.
    """

    def __init__(self, number: int, step: int):
        super().__init__(
            f"Stopped by {signal.Signals(number).name} after step {step}; all is "
            "saved, and the same command resumes from there."
        )
        self.signal = number
        self.step = step


class Checkpoint(keras.callbacks.Callback):
    """Saves the model after every epoch, every few minutes, and before stopping.

    On SIGINT (Ctrl-C) or SIGTERM (a preempted job) the current step is finished and
    saved, and `fit()` raises `Interrupted`; samples and metrics of an epoch are
    finished first. A second Ctrl-C stops at once.

    Put it last in the list of callbacks: an epoch is only done when its samples and
    metrics are written, too. Moving the run folder stops training in the same way, with
    `ganzoo.runs.MovedError`. Several workers save and stop at the same steps.
    """

    def __init__(self, run: Run, minutes: float = 5.0):
        """Sets the run folder, and the minutes between checkpoints within an epoch."""
        super().__init__()
        if not minutes > 0:
            raise ValueError(f"minutes={minutes} must be above 0.")
        self.run = run
        self.minutes = minutes
        self._signal: int | None = None
        self._handlers: dict[int, Any] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Installs the signal handlers; Python allows it only in the main thread.

        Several workers start with a checkpoint, so that they have one in common.
        """
        self._saved_at = time.monotonic()
        self._signal = None
        self._batches = 0
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._remember)
        if self._workers > 1 and not self.run.checkpoints():
            self.run.save(self.model)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves when it is time, or after a signal."""
        # Not after an epoch's last step: resumed from there, the epoch would never get
        # its samples, metrics and row. `on_epoch_end` comes next, and saves.
        if batch + 1 == self.params["steps"]:
            return
        self._batches += 1
        if self._workers > 1 and self._batches % _STEPS_APART:
            return
        due = time.monotonic() - self._saved_at > 60 * self.minutes
        due, stop = self._agreed(due or self.run.moved_from is not None)
        if due or stop:
            self._save(stop)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves the epoch."""
        self._save(self._agreed(True)[1])

    def on_train_end(self, logs: dict | None = None) -> None:
        """Restores the signal handlers."""
        self._give_back()

    @property
    def _workers(self) -> int:
        strategy = getattr(self.model, "distribute_strategy", None)
        return num_workers(strategy)

    def _agreed(self, due: bool) -> tuple[bool, int]:
        """Returns whether any worker wants to save, and its stop signal or 0."""
        flags = [int(due), int(self._signal or 0)]
        if self._workers > 1:
            strategy = self.model.distribute_strategy
            flags = over_workers(strategy, flags).max(axis=0)
        return bool(flags[0]), int(flags[1])

    def _save(self, stop: int) -> None:
        """Saves, and stops training after a signal or if the folder was moved."""
        self.run.save(self.model)
        self._saved_at = time.monotonic()
        step = int(self.model.step)
        if number := stop or self._signal:
            self._give_back()
            raise Interrupted(number, step)
        if self.run.moved_from is not None:
            self._give_back()
            raise MovedError(self.run.moved_from, self.run.path, step)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self._signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signal = number

    def _give_back(self) -> None:
        while self._handlers:
            number, handler = self._handlers.popitem()
            signal.signal(number, handler)
