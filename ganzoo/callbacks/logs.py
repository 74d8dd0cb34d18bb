"""Losses by step and by epoch, throughput, and what the console shows."""

import datetime
import time
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from ganzoo.callbacks.time_limit import TimeLimit
from ganzoo.files import text
from ganzoo.runs import Run


class Throughput(keras.callbacks.Callback):
    """Logs images per second, and the fraction of time spent waiting for data.

    Only train steps are timed: neither compilation (the first step after a start) nor
    other callbacks. Put it first in the list of callbacks.

    Adds to the epoch's logs `images_per_second`, `data_wait` (the fraction of the time
    spent waiting for a batch; not with several steps per execution, which fetch their
    own batches), and `seconds` (from the first step of the epoch, or after resuming, to
    its last one: without the samples and metrics that follow).
    """

    def __init__(self, images_per_step: int):
        """Sets the number of real images per train step, on all replicas."""
        super().__init__()
        self.images_per_step = images_per_step
        self._compiled = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Starts the epoch's clocks."""
        self._epoch_start = time.perf_counter()
        self._seconds = self._data_seconds = 0.0
        self._steps = 0

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Starts the step's clock."""
        self._first = int(self.model.step)
        self.model.data_seconds = 0.0
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stops it; reading the logs has waited for the step to finish."""
        seconds = time.perf_counter() - self._start
        if self._compiled:
            self._seconds += seconds
            self._data_seconds += self.model.data_seconds
            self._steps += int(self.model.step) - self._first
        self._compiled = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Reports the epoch."""
        logs["seconds"] = time.perf_counter() - self._epoch_start
        if not self._steps:
            return
        logs["images_per_second"] = self._steps * self.images_per_step / self._seconds
        if self.model.steps_per_execution == 1:
            logs["data_wait"] = self._data_seconds / self._seconds


class Log(keras.callbacks.Callback):
    """Writes steps.csv and history.csv.

    An epoch's row holds the means over all its steps. Those before a stop are read back
    from steps.csv, so a resumed epoch gets the same row as an uninterrupted one. Put it
    after the callbacks that add to the epoch's logs.
    """

    def __init__(self, run: Run):
        """Sets the run folder."""
        super().__init__()
        self.run = run
        self._rows: list[dict[str, float]] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Reads back the steps of an unfinished epoch, if there is one."""
        step = int(self.model.step)
        rows = self.run.rows("steps.csv") if step else []
        self._rows = [row for row in rows if row["epoch"] == rows[-1]["epoch"]]

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Remembers which epoch it is; the first is 1."""
        self._epoch = epoch + 1
        self._rows = [row for row in self._rows if row["epoch"] == self._epoch]

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Records the step's values."""
        row: dict[str, Any] = {"step": int(self.model.step), "epoch": self._epoch}
        row |= {name: np.float32(value) for name, value in logs.items()}
        self.run.buffer_row("steps.csv", row)
        # Rounded as when read back, so that a stop changes nothing.
        self._rows.append({name: float(text(value)) for name, value in row.items()})

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Writes the epoch's row, with what other callbacks added to the logs."""
        for tracker in self.model.metrics:
            logs[tracker.name] = float(np.mean([r[tracker.name] for r in self._rows]))
        row: dict[str, Any] = {"step": int(self.model.step), "epoch": self._epoch}
        row |= {name: value for name, value in logs.items() if np.isscalar(value)}
        self.run.append_rows("history.csv", [row])

    def on_train_end(self, logs: dict | None = None) -> None:
        """Writes what is still in memory."""
        self.run.flush()


class Progress(keras.callbacks.Callback):
    """Prints one line per epoch and, on a terminal, a progress bar."""

    SHOWN = {
        "discriminator_loss": "D loss {:.3f}",
        "generator_loss": "G loss {:.3f}",
        "real_probability": "D(real) {:.3f}",
        "fake_probability": "D(fake) {:.3f}",
        "real_score": "D(real) {:.3f}",
        "fake_score": "D(fake) {:.3f}",
        "frechet_distance": "Fréchet {:.2f}",
        "confident_share": "confident {:.1%}",
        "modes": "{:.0f} modes",
        "high_quality": "high quality {:.1%}",
        "images_per_second": "{:.0f} images/s",
    }

    def __init__(self, total_steps: int, epochs: int, limit: TimeLimit | None = None):
        """Sets the number of steps and epochs of the whole run, or its time limit."""
        super().__init__()
        self.total_steps = None if limit else total_steps
        self.epochs = epochs
        self.limit = limit
        self._bar: tqdm | None = None
        self._start: tuple[float, int] | None = None  # time and step

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Draws the bar, at the step that the run is at."""
        done = int(self.model.step)
        if self._start is None:  # a run that finishes an epoch first begins twice
            self._start = (time.perf_counter(), done)
        self._bar = tqdm(
            total=self.total_steps,
            initial=done,
            unit="step",
            dynamic_ncols=True,
            leave=False,
            disable=None,  # where the output is no terminal
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Moves the bar."""
        if self._bar is None or self._bar.disable:
            return
        self._bar.set_postfix_str(
            f"D {logs['discriminator_loss']:.3f} G {logs['generator_loss']:.3f}",
            refresh=False,
        )
        self._bar.update(int(self.model.step) - self._bar.n)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Writes the epoch's line."""
        parts = [
            text.format(logs[key]) for key, text in self.SHOWN.items() if key in logs
        ]
        left = self._seconds_left()
        if left > 0:
            parts.append(f"{datetime.timedelta(seconds=round(left))} left")
        of_all = "" if self.limit else f"/{self.epochs}"
        tqdm.write(f"epoch {epoch + 1}{of_all}: {', '.join(parts)}")

    def on_train_end(self, logs: dict | None = None) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()

    def _seconds_left(self) -> float:
        """Returns the time left: of the limit, or at the pace since the start."""
        if self.limit is not None:
            return self.limit.seconds_left
        if self._start is None:
            return 0.0
        began, first = self._start
        step = int(self.model.step)
        pace = (time.perf_counter() - began) / max(1, step - first)
        return pace * ((self.total_steps or step) - step)
