"""Pictures of sets and of what a game draws while it is trained."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import keras
import numpy as np
from skimage import io

from experiments import sections
from ganzoo import data, plots
from ganzoo.files import read_rows
from ganzoo.reports import Report
from ganzoo.runs import Run

COLUMNS = 10  # images of each class in the picture of a set


class Pictures(keras.callbacks.Callback):
    """Keeps what a game draws, after some steps and after every epoch.

    samples/step_00000051.png and samples/epoch_0001.png; drawn from the same noise, or
    of the same images, each time.
    """

    def __init__(
        self,
        run: Run,
        draw: Callable[[keras.Model], np.ndarray],
        steps: Collection[int] = (),
    ):
        """Sets what to draw.

        Args:
            run: The run folder.
            draw: From the game to a picture, uint8.
            steps: Train steps after which to draw, too, counted from 1.
        """
        super().__init__()
        self.run = run
        self.draw = draw
        self.steps = frozenset(steps)

    def on_train_batch_end(self, batch, logs=None):
        """Draws after one of the steps."""
        step = int(self.model.step)
        if step in self.steps:
            self._save(f"step_{step:08d}")

    def on_epoch_end(self, epoch, logs=None):
        """Draws the epoch."""
        self._save(f"epoch_{epoch + 1:04d}")

    def _save(self, name: str) -> None:
        path = self.run.path / "samples" / f"{name}.png"
        plots.save_image(path, self.draw(self.model))


def grid(game: keras.Model, count: int, *, average: bool, labels=None, columns=None):
    """Draws a grid of images from noise that stays the same, uint8.

    Args:
        game: The game.
        count: Number of images.
        average: Draw from the average of the generator's weights.
        labels: Of a conditional game.
        columns: Of the grid; it is about square by default.
    """
    images = game.generate(count, labels, average=average)
    return plots.tile(data.to_uint8(images), columns=columns)


def by_iteration(folder: Path, steps: Sequence[int]) -> dict[str, np.ndarray]:
    """Returns the pictures of a run after those steps it has come to, and the last.

    Args:
        folder: The run, trained for an epoch at least.
        steps: Counted from 1.
    """
    drawn = folder / "samples"
    found = {}
    for step in sorted(steps):
        path = drawn / f"step_{step:08d}.png"
        if path.exists():
            found[f"iteration {step:,}"] = io.imread(path)
    last = read_rows(folder / "history.csv")[-1]
    picture = sections.picture(drawn / f"epoch_{last['epoch']:04d}.png")
    return found | {f"iteration {last['step']:,}, the end": picture}


def by_class(images: data.ImageSet, columns: int = COLUMNS) -> np.ndarray:
    """Returns a picture of a set: a row a class, of its first images, uint8."""
    rows = np.full((len(images.class_names), columns, *images.shape), 255, np.uint8)
    for label, row in enumerate(rows):
        of_class = images.images[images.labels == label][:columns]
        row[: len(of_class)] = of_class
    return plots.tile(rows.reshape(-1, *images.shape), columns=columns)


def iterations_section(report: Report, folder: Path, config, what: str) -> None:
    """Adds the source's figure of images by iteration.

    Args:
        report: The report.
        folder: The run.
        config: Its settings.
        what: What the images are of.
    """
    report.heading("Images by iteration")
    weights = "raw" if config.ema_half_life is None else "averaged"
    path = report.figure(
        "iterations",
        f"{what} after some iterations (train steps), from noise that stays the same; "
        f"by the {weights} weights",
    )
    plots.panels(path, by_iteration(folder, config.show_steps), columns=3)
