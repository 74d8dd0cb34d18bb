"""TensorBoard: every logged value as a scalar, the sample grids as images."""

import os
import platform
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from ganzoo.files import full_disk_named
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
        self._file: Any = None  # open during training

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Opens a new event file; TensorBoard merges the files of a resumed run."""
        self._written = self._place()
        if self._file is None:
            with full_disk_named(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                self._file = self._path().open("xb")
            self._add(file_version="brain.Event:2")

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Writes the values of one step in every `every` steps."""
        # Use the model's step: the batch number restarts when a run resumes, and with
        # several steps per execution it skips most numbers.
        if self._place() > self._written:
            self._written = self._place()
            self._scalars("step", logs)
            self._flush()  # a curve grows while a long epoch runs

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Writes the epoch's values and grids.

        Raises:
            ganzoo.files.DiskFullError: There is no room.
        """
        self._scalars("epoch", logs)
        for name in ("epoch", "fresh"):
            path = self.run.path / "samples" / f"{name}_{epoch + 1:04d}.png"
            if path.exists():
                self._add(summary=_image(f"samples/{name}", path))
        self._flush()

    def text(self, name: str, words: str) -> None:
        """Adds a text under a name, at the model's step."""
        self._add(summary=text_pb(name, words))
        self._flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Flushes everything to the disk."""
        if self._file is not None:
            self._flush()

    @property
    def folder(self) -> Path:
        """Folder of the event files, which may be moved during training."""
        return self.run.path / "tensorboard"

    def _place(self) -> int:
        return (int(self.model.step) - 1) // self.every

    def _path(self) -> Path:
        """Returns the name of a new event file, in TensorBoard's pattern."""
        place = f"{time.time():.6f}.{platform.node()}.{os.getpid()}"
        return self.folder / f"events.out.tfevents.{place}"

    def _scalars(self, prefix: str, logs: dict) -> None:
        for name, value in logs.items():
            if np.isscalar(value):
                self._add(summary=scalar_pb(f"{prefix}/{name}", value))

    def _add(self, **content: Any) -> None:
        step = int(self.model.step)
        event = event_pb2.Event(wall_time=time.time(), step=step, **content)
        with full_disk_named(self.folder):
            RecordWriter(self._file).write(event.SerializeToString())

    def _flush(self) -> None:
        with full_disk_named(self.folder):
            self._file.flush()


def _image(tag: str, path: Path) -> summary_pb2.Summary:
    """Returns an image file as it is: width, height and the bytes of the PNG."""
    with Image.open(path) as image:
        size = [str(length).encode() for length in image.size]
    value = summary_pb2.Summary.Value(
        tag=tag,
        metadata=create_summary_metadata(display_name="", description=""),
        tensor=make_tensor_proto([*size, path.read_bytes()]),
    )
    return summary_pb2.Summary(value=[value])
