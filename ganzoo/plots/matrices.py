"""Confusion matrices."""

import math
import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ganzoo.plots.files import INK, TEXT, TITLE, WIDTH, save_figure


def confusions(
    path: str | os.PathLike,
    matrices: Mapping[str, ArrayLike],
    classes: Sequence[object],
    *,
    columns: int = 2,
    title: str = "",
) -> None:
    """Draws confusion matrices side by side, each row in percent of its true class.

    Percentages below 0.5 are left out; the row of a class without examples stays empty.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        matrices: Name -> [c, c] counts, rows being true classes.
        classes: The c names of the classes.
        columns: Number of matrices per row.
        title: Title above all matrices.

    Raises:
        ValueError: If there is nothing to draw, or a matrix is not [c, c] of counts.
    """
    if not matrices or columns < 1:
        raise ValueError(
            f"confusions: {len(matrices)} matrices in {columns} columns; give at least "
            "one of each."
        )
    percents = {name: _percent(name, m, len(classes)) for name, m in matrices.items()}
    columns = min(columns, len(percents))
    rows = math.ceil(len(percents) / columns)
    side = min(0.9 + 0.27 * len(classes), WIDTH / columns)
    figure = Figure(figsize=(side * columns, side * rows + 0.4 * bool(title)))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    names = [str(name) for name in classes]
    for place, (name, matrix) in zip(axes, percents.items(), strict=False):
        place.imshow(matrix, cmap="Blues", vmin=0, vmax=100)
        for (row, column), percent in np.ndenumerate(matrix):
            if percent >= 0.5:
                place.text(
                    column,
                    row,
                    f"{percent:.0f}",
                    ha="center",
                    va="center",
                    fontsize=6.5,
                    color="white" if percent > 50 else INK,
                )
        place.set_title(name, fontsize=TEXT, color=INK)
        place.set_xticks(range(len(names)), names)
        place.set_yticks(range(len(names)), names)
        place.tick_params(colors=INK, labelsize=TEXT, length=0)
        place.set_xlabel("predicted class", fontsize=TEXT, color=INK)
        place.set_ylabel("true class", fontsize=TEXT, color=INK)
        place.spines[:].set_visible(False)
    for place in axes[len(percents) :]:
        place.set_visible(False)
    figure.set_layout_engine("constrained")
    if title:
        figure.suptitle(title, fontsize=TITLE, color=INK, x=0.02, ha="left")
    save_figure(path, figure)


def _percent(name: str, matrix: ArrayLike, classes: int) -> np.ndarray:
    """Returns a matrix in percent of its rows; 0 in those that are empty."""
    matrix = np.asarray(matrix, np.float64)
    counts = matrix.shape == (classes, classes) and np.isfinite(matrix).all()
    if not classes or not counts or matrix.min() < 0:
        raise ValueError(
            f"confusions: {name!r} has the shape {matrix.shape}; it must hold the "
            f"counts of {classes} classes, ({classes}, {classes}), none below 0."
        )
    return 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
