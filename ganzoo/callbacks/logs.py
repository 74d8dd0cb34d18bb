"""Losses by step and by epoch, throughput, and what the console shows."""

import time

import keras
import numpy as np
from tqdm.auto import tqdm

from ganzoo.runs import Run


class Throughput(keras.callbacks.Callback):
    """Adds to the epoch's logs the images a second, and the share of time without data.

    Counted are the train steps alone: neither compilation (the first step after a
    start) nor the other callbacks.

    Adds `images_per_second` and `data_wait` (the share of the time that was spent
    waiting for a batch), and `seconds` (of the whole epoch, everything included).
    """

    def __init__(self, images_per_step: int):
        """Sets the real images that one train step takes, on all replicas."""
        super().__init__()
        self.images_per_step = images_per_step
        self._compiled = False

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the epoch's clocks."""
        self._epoch_start = time.perf_counter()
        self._seconds = self._data_seconds = 0.0
        self._steps = 0

    def on_train_batch_begin(self, batch, logs=None):
        """Starts the step's clock."""
        self._first = int(self.model.step)
        self.model.data_seconds = 0.0
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Stops it; the logs were read, so the step is really over."""
        seconds = time.perf_counter() - self._start
        if self._compiled:
            self._seconds += seconds
            self._data_seconds += self.model.data_seconds
            self._steps += int(self.model.step) - self._first
        self._compiled = True

    def on_epoch_end(self, epoch, logs=None):
        """Reports the epoch."""
        logs["seconds"] = time.perf_counter() - self._epoch_start
        if self._steps:
            images = self._steps * self.images_per_step
            logs["images_per_second"] = images / self._seconds
            logs["data_wait"] = self._data_seconds / self._seconds


class Log(keras.callbacks.Callback):
    """Writes steps.csv and history.csv.

    An epoch's row holds the means over *all* its steps, read back from steps.csv: a
    resumed epoch's row is that of an uninterrupted one.
    """

    def __init__(self, run: Run, every: int = 50):
        """Sets the run folder, and after how many steps its file is written to."""
        super().__init__()
        self.run = run
        self.every = every
        self._pending = []

    def on_train_batch_end(self, batch, logs=None):
        """Notes the step's values."""
        row = {"step": int(self.model.step), "epoch": self._epoch}
        self._pending.append(row | {name: np.float32(v) for name, v in logs.items()})
        if len(self._pending) >= self.every:
            self.flush()

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers which epoch it is; the first is 1."""
        self._epoch = epoch + 1

    def on_epoch_end(self, epoch, logs=None):
        """Writes the epoch's row, with what other callbacks added to the logs."""
        self.flush()
        rows = [r for r in self.run.rows("steps.csv") if r["epoch"] == self._epoch]
        for tracker in self.model.metrics:
            logs[tracker.name] = float(np.mean([row[tracker.name] for row in rows]))
        row = {"step": int(self.model.step), "epoch": self._epoch}
        row |= {name: value for name, value in logs.items() if np.isscalar(value)}
        self.run.write_rows("history.csv", self.run.rows("history.csv") + [row])

    def flush(self) -> None:
        """Writes the noted steps."""
        self.run.append_rows("steps.csv", self._pending)
        self._pending = []


class Progress(keras.callbacks.Callback):
    """A progress bar over the whole training, with the time left, and a line an epoch.

    Where the output is no terminal the bar is drawn once a minute.
    """

    def __init__(self, total_steps: int, epochs: int):
        """Sets the number of steps and epochs of the whole run."""
        super().__init__()
        self.total_steps = total_steps
        self.epochs = epochs
        self._bar = None

    def on_train_begin(self, logs=None):
        """Draws the bar, at the step that the run is at."""
        done = int(self.model.step)
        self._bar = tqdm(
            total=self.total_steps, initial=done, unit="step", dynamic_ncols=True
        )
        if not self._bar.disable and not self._bar.fp.isatty():
            self._bar.mininterval = 60.0

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar."""
        self._bar.set_postfix_str(
            f"D {logs['discriminator_loss']:.3f} G {logs['generator_loss']:.3f}",
            refresh=False,
        )
        self._bar.update(int(self.model.step) - self._bar.n)

    def on_epoch_end(self, epoch, logs=None):
        """Writes the epoch's line."""
        shown = {
            "discriminator_loss": "D loss {:.3f}",
            "generator_loss": "G loss {:.3f}",
            "real_probability": "D(real) {:.3f}",
            "fake_probability": "D(fake) {:.3f}",
            "real_score": "D(real) {:.3f}",
            "fake_score": "D(fake) {:.3f}",
            "frechet_distance": "Fréchet {:.2f}",
            "confident_share": "confident {:.1%}",
            "images_per_second": "{:.0f} images/s",
        }
        parts = [text.format(logs[key]) for key, text in shown.items() if key in logs]
        tqdm.write(f"epoch {epoch + 1}/{self.epochs}: {', '.join(parts)}")

    def on_train_end(self, logs=None):
        """Ends the bar."""
        self._bar.close()
