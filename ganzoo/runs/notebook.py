"""Shows reports and images inside a notebook."""

import os
import re
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from ganzoo import plots

_FIGURE = re.compile(r"^!\[[^\]]*\]\((figures/[^)]+)\)$", re.MULTILINE)


def show_report(folder: str | os.PathLike) -> None:
    """Shows a run's report with its figures.

    Args:
        folder: The run folder.

    Raises:
        ValueError: There is no report; the run has not ended.
    """
    from IPython import display

    for part in parts(folder):
        if isinstance(part, Path):
            display.display(display.Image(filename=str(part)))
        else:
            display.display(display.Markdown(part))


def show_images(
    images: ArrayLike, *, columns: int | None = None, scale: int = 2
) -> None:
    """Shows images as a grid.

    Args:
        images: Images in the form that `plots.tile` takes.
        columns: Number of images per row; by default the grid is about square.
        scale: Enlargement, a whole number of at least 1.
    """
    from IPython import display

    display.display(enlarged(plots.tile(images, columns=columns), scale))


def parts(folder: str | os.PathLike) -> list[str | Path]:
    """Returns a report's text, split at its figures, with their paths in between.

    A notebook resolves figure paths relative to itself, not to the report, so it would
    not find the figures in the text.
    """
    path = Path(folder) / "report.md"
    if not path.is_file():
        raise ValueError(
            f"There is no {path}: the run has not ended. Give its command again to "
            "resume it."
        )
    pieces = _FIGURE.split(path.read_text(encoding="utf-8"))
    found = [path.parent / p if i % 2 else p.strip() for i, p in enumerate(pieces)]
    return [part for part in found if part]


def enlarged(picture: ArrayLike, scale: int) -> Image.Image:
    """Returns a uint8 picture `[height, width, 1 or 3]`, enlarged."""
    pixels = np.asarray(picture)
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    image = Image.fromarray(pixels)
    size = (scale * image.width, scale * image.height)
    return image.resize(size, Image.Resampling.NEAREST)
