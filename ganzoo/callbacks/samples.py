"""Image grids during training."""

import keras
import numpy as np

from ganzoo import data, plots
from ganzoo.runs import Run


class SampleGrids(keras.callbacks.Callback):
    """Writes, after every epoch, a grid from noise that stays the same and a fresh one.

    samples/epoch_0001.png is the fixed grid, samples/fresh_0001.png the fresh one, and
    samples/reals.png, written once, as many real images.
    """

    def __init__(
        self,
        run: Run,
        reals: np.ndarray | data.ImageSet,
        *,
        count: int = 16,
        columns: int | None = None,
        average: bool = False,
        pixel_offset: float = data.PIXEL_OFFSET,
        drawn: dict | None = None,
        scale: int = 3,
    ):
        """Sets what to draw.

        Args:
            run: The run folder.
            reals: Training images, of which `count` are shown: from a set as in
                `data.some`, from a uint8 array the first ones.
            count: Number of images in a grid.
            columns: Images per row. By default the grid is about square.
            average: Generate with the generator's weight average.
            pixel_offset: Gray value that the networks see as 0; see `data.to_float`.
            drawn: Further arguments of the model's `generate`, such as labels.
            scale: Size of a pixel.
        """
        super().__init__()
        self.run = run
        if isinstance(reals, data.ImageSet):
            reals = data.some(reals, min(count, len(reals))).images
        self.reals = reals[:count]
        self.count = count
        self.columns = columns
        self.average = average
        self.pixel_offset = pixel_offset
        self.drawn = drawn or {}
        self.scale = scale

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Draws the real images."""
        path = self.run.path / "samples" / "reals.png"
        if not path.exists():
            grid = plots.tile(self.reals, columns=self.columns)
            plots.save_image(path, grid, scale=self.scale)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Draws both grids; the fixed one's seed is 0, the fresh one's the epoch."""
        for name, seed in (("epoch", 0), ("fresh", epoch + 1)):
            images = self.model.generate(
                self.count, **self.drawn, seed=seed, average=self.average
            )
            path = self.run.path / "samples" / f"{name}_{epoch + 1:04d}.png"
            images = data.to_uint8(images, self.pixel_offset)
            grid = plots.tile(images, columns=self.columns)
            plots.save_image(path, grid, scale=self.scale)
