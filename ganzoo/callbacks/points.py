"""Clouds of generated points during training."""

import io

import keras
import numpy as np

from ganzoo import plots
from ganzoo.files import atomic
from ganzoo.runs import Run


class PointClouds(keras.callbacks.Callback):
    """Keeps, after every epoch, the points generated from noise that stays the same.

    samples/epoch_0001.npy holds them, float32 `[count, 2]`; samples/epoch_0001.png is
    their picture, with the centers of the modes.
    """

    def __init__(
        self, run: Run, centers: np.ndarray, *, count: int = 1000, average: bool = False
    ):
        """Sets what to draw.

        Args:
            run: The run folder.
            centers: Centers of the modes, `[modes, 2]`.
            count: Number of points per cloud.
            average: Sample with the generator's weight average.
        """
        super().__init__()
        self.run = run
        self.centers = centers
        self.count = count
        self.average = average

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Draws the epoch's cloud."""
        points = self.model.generate(self.count, average=self.average)
        path = self.run.path / "samples" / f"epoch_{epoch + 1:04d}.npy"
        content = io.BytesIO()
        np.save(content, points)
        with atomic(path) as temporary:
            temporary.write_bytes(content.getbuffer())
        plots.clouds(
            path.with_suffix(".png"),
            {f"epoch {epoch + 1}": points},
            centers=self.centers,
        )
