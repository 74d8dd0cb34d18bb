"""TensorBoard: every logged value as a scalar, the sample grids as images."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ganzoo.files import DiskFullError
from ganzoo.runs import Run


class TensorBoard(keras.callbacks.Callback):
    """Writes event files to the run folder's tensorboard/.

    Scalars are written by step (`step/...`) and by epoch (`epoch/...`), the grids of
    `SampleGrids` by epoch. Put it after `SampleGrids` and the callbacks that add to the
    logs. Keras's own callback expects a single loss, which GANs do not have.
    """

    def __init__(self, run: Run, every: int = 10):
        """Sets the run folder, and the number of steps between points of a curve."""
        super().__init__()
        self.run = run
        self.every = every
        self._writer: Any = None  # a tf.summary.SummaryWriter during training
        self._size: int | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Opens a new event file; TensorBoard merges the files of a resumed run."""
        self._written = self._place()
        if self._writer is None:
            folder = self.run.path / "tensorboard"
            try:
                self._writer = tf.summary.create_file_writer(str(folder))
            except tf.errors.OpError as error:
                reason = error.message.splitlines()[0]
                raise OSError(f"{folder} cannot be written to: {reason}") from error

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Writes the values of one step in every `every` steps."""
        # Use the model's step: the batch number restarts when a run resumes, and with
        # several steps per execution it skips most numbers.
        if self._place() > self._written:
            self._written = self._place()
            self._scalars("step", logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Writes the epoch's values and grids."""
        self._scalars("epoch", logs)
        with self._writer.as_default(step=int(self.model.step)):
            for name in ("epoch", "fresh"):
                path = self.run.path / "samples" / f"{name}_{epoch + 1:04d}.png"
                if path.exists():
                    image = tf.io.decode_png(path.read_bytes())
                    tf.summary.image(f"samples/{name}", image[tf.newaxis])
        self._writer.flush()
        self._refuse_a_full_disk()

    def text(self, name: str, words: str) -> None:
        """Adds a text under a name, at the model's step."""
        with self._writer.as_default(step=int(self.model.step)):
            tf.summary.text(name, words)
        self._writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Flushes everything to the disk."""
        if self._writer is not None:
            self._writer.flush()

    def _place(self) -> int:
        return (int(self.model.step) - 1) // self.every

    def _refuse_a_full_disk(self) -> None:
        """Raises if nothing was written: TensorFlow drops events silently."""
        folder = self.run.path / "tensorboard"
        size = sum(path.stat().st_size for path in folder.iterdir())
        if size == self._size:
            raise DiskFullError(folder)
        self._size = size

    def _scalars(self, prefix: str, logs: dict) -> None:
        with self._writer.as_default(step=int(self.model.step)):
            for name, value in logs.items():
                if np.isscalar(value):
                    tf.summary.scalar(f"{prefix}/{name}", value)
