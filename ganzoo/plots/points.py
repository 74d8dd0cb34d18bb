"""Points in the plane."""

import math
import os
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ganzoo.plots.files import INK, TEXT, TITLE, WIDTH, save_figure

_POINTS, _CENTERS = "#0072B2", "#D55E00"


def clouds(
    path: str | os.PathLike,
    points: Mapping[str, ArrayLike],
    *,
    centers: ArrayLike | None = None,
    columns: int = 4,
    title: str = "",
) -> None:
    """Draws clouds of points side by side, on axes of the same extent.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        points: Name -> [n, 2]. Points outside the extent are not drawn.
        centers: [modes, 2], marked with crosses; they also determine the extent, which
            otherwise depends on the points.
        columns: Number of clouds per row.
        title: Title above all clouds.

    Raises:
        ValueError: If there is nothing to draw, or points are not in the plane.
    """
    if not points or columns < 1:
        raise ValueError(
            f"clouds: {len(points)} clouds in {columns} columns; give at least one of "
            "each."
        )
    checked = {name: _plane(name, cloud) for name, cloud in points.items()}
    crosses = None if centers is None else _plane("centers", centers)
    within = np.concatenate(list(checked.values())) if crosses is None else crosses
    extent = 1.35 * np.abs(within[np.isfinite(within).all(axis=1)]).max(initial=1e-6)
    columns = min(columns, len(checked))
    rows = math.ceil(len(checked) / columns)
    side = min(2.1, WIDTH / columns)
    figure = Figure(figsize=(side * columns, (side + 0.2) * rows + 0.4 * bool(title)))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, (name, cloud) in zip(axes, checked.items(), strict=False):
        place.scatter(*cloud.T, s=3, color=_POINTS, alpha=0.25, linewidths=0)
        if crosses is not None:
            place.scatter(*crosses.T, s=22, marker="x", color=_CENTERS, linewidths=0.8)
        place.set_title(name, fontsize=TEXT, color=INK)
        place.set(xlim=(-extent, extent), ylim=(-extent, extent), xticks=[], yticks=[])
        place.set_aspect("equal")
    for place in axes[len(checked) :]:
        place.set_visible(False)
    figure.set_layout_engine("constrained")
    if title:
        figure.suptitle(title, fontsize=TITLE, color=INK, x=0.02, ha="left")
    save_figure(path, figure)


def _plane(name: str, points: ArrayLike) -> np.ndarray:
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            f"clouds: {name!r} has the shape {points.shape}; points must be [n, 2], n "
            "at least 1."
        )
    return points
