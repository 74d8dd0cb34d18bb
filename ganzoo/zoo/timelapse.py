"""The time-lapse of a training: its grids of samples as the frames of a film."""

import re
from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo import plots

_HELD = 5  # the last grid is shown for a fifth of the film
_EPOCH = re.compile(r"epoch_(\d+)\.png")


def training(run: Path, *, frames: int, caption: bool = True) -> list[np.ndarray]:
    """Returns the grids of samples that a training wrote, from the first to the last.

    The last one is shown for the last fifth of the film.

    Args:
        run: Path of the run folder.
        frames: Number of frames.
        caption: Whether to write the epoch below.

    Returns:
        Frames, uint8 `[height, width, channels]`.

    Raises:
        ValueError: The folder has fewer than two such grids, or they differ in size.
    """
    files = {
        int(match[1]): path
        for path in (run / "samples").glob("epoch_*.png")
        if (match := _EPOCH.fullmatch(path.name))
    }
    if len(files) < 2:
        raise ValueError(
            f"{run} has {len(files)} of the grids samples/epoch_*.png, which a "
            "training writes after each epoch; a film needs at least 2."
        )
    epochs = sorted(files)
    moving = max(1, frames - frames // _HELD)
    shown = [
        epochs[min(n * len(epochs) // moving, len(epochs) - 1)] for n in range(frames)
    ]
    grids = {epoch: _grid(files[epoch], epoch, caption) for epoch in set(shown)}
    if len({grid.shape for grid in grids.values()}) > 1:
        raise ValueError(f"The grids in {run / 'samples'} have different sizes.")
    return [grids[epoch] for epoch in shown]


def _grid(path: Path, epoch: int, caption: bool) -> np.ndarray:
    with Image.open(path) as picture:
        array = np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))
    array = array if array.ndim == 3 else array[:, :, None]
    return plots.captioned(array, f"epoch {epoch:,}") if caption else array
