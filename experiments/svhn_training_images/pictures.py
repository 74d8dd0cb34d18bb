"""Image grids of data sets, and of a model's samples during training."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import keras
import numpy as np

from experiments.harness.report.run_report import read_image
from ganzoo import data, plots
from ganzoo.files import read_rows
from ganzoo.runs import Run

COLUMNS = 10  # images per class in the grid of a set


class SaveGrids(keras.callbacks.Callback):
    """Saves image grids after some train steps and after every epoch.

    The files are samples/step_00000051.png, samples/epoch_0001.png and so on.
    """

    def __init__(
        self,
        run: Run,
        render: Callable[[keras.Model], np.ndarray],
        steps: Collection[int] = (),
    ):
        """Sets what to save.

        Args:
            run: The run folder.
            render: Model -> image grid, uint8.
            steps: Train steps after which to save a grid, counted from 1.
        """
        super().__init__()
        self.run = run
        self.render = render
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
        plots.save_image(path, self.render(self.model))


def by_iteration(folder: Path, steps: Sequence[int]) -> dict[str, np.ndarray]:
    """Returns the image grids of a run after some train steps and at its end, by title.

    Args:
        folder: The run folder, trained for at least one epoch.
        steps: Train steps, counted from 1. Steps without a grid are left out.
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
    """Returns a grid of a set: a row with the first images of each class, uint8."""
    rows = np.full((len(images.class_names), columns, *images.shape), 255, np.uint8)
    for label, row in enumerate(rows):
        of_class = images.images[images.labels == label][:columns]
        row[: len(of_class)] = of_class
    return plots.tile(rows.reshape(-1, *images.shape), columns=columns)
