"""Image grids: of data sets, and of a model's samples while it is trained."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import keras
import numpy as np

from experiments.harness.report.run_report import read_image
from ganzoo import data, plots
from ganzoo.files import read_rows
from ganzoo.runs import Run

COLUMNS = 10  # images of each class in the grid of a set


class Pictures(keras.callbacks.Callback):
    """Saves image grids, after some steps and after every epoch.

    samples/step_00000051.png and samples/epoch_0001.png; from the same noise, or of the
    same images, each time.
    """

    def __init__(
        self,
        run: Run,
        draw: Callable[[keras.Model], np.ndarray],
        steps: Collection[int] = (),
    ):
        """Sets what to save.

        Args:
            run: The run folder.
            draw: Model -> a grid, uint8.
            steps: Train steps after which to save one, too, counted from 1.
        """
        super().__init__()
        self.run = run
        self.draw = draw
        self.steps = frozenset(steps)

    def on_train_batch_end(self, batch, logs=None):
        """Saves a grid after one of the steps."""
        step = int(self.model.step)
        if step in self.steps:
            self._save(f"step_{step:08d}")

    def on_epoch_end(self, epoch, logs=None):
        """Saves the epoch's grid."""
        self._save(f"epoch_{epoch + 1:04d}")

    def _save(self, name: str) -> None:
        path = self.run.path / "samples" / f"{name}.png"
        plots.save_image(path, self.draw(self.model))


def grid(model: keras.Model, count: int, *, average: bool, labels=None, columns=None):
    """Returns a grid of samples from noise that stays the same, uint8.

    Args:
        model: The GAN.
        count: Number of images.
        average: Sample from the average of the generator's weights.
        labels: The condition of a conditional GAN.
        columns: Images per row; the grid is about square by default.
    """
    images = model.generate(count, labels, average=average)
    return plots.tile(data.to_uint8(images), columns=columns)


def by_iteration(folder: Path, steps: Sequence[int]) -> dict[str, np.ndarray]:
    """Returns the grids of a run after these steps, as far as it got, and the last.

    Args:
        folder: The run, trained for an epoch at least.
        steps: Counted from 1.
    """
    samples = folder / "samples"
    found = {}
    for step in sorted(steps):
        path = samples / f"step_{step:08d}.png"
        if path.exists():
            found[f"iteration {step:,}"] = read_image(path)
    last = read_rows(folder / "history.csv")[-1]
    picture = read_image(samples / f"epoch_{last['epoch']:04d}.png")
    return found | {f"iteration {last['step']:,}, the end": picture}


def by_class(images: data.ImageSet, columns: int = COLUMNS) -> np.ndarray:
    """Returns a grid of a set: a row per class, of its first images, uint8."""
    rows = np.full((len(images.class_names), columns, *images.shape), 255, np.uint8)
    for label, row in enumerate(rows):
        of_class = images.images[images.labels == label][:columns]
        row[: len(of_class)] = of_class
    return plots.tile(rows.reshape(-1, *images.shape), columns=columns)
