"""Values with their intervals, one line each."""

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from ganzoo.plots.files import INK, save_figure

_COLOR = "#0072B2"
_LINE = 0.32  # inches per value


def intervals(
    path: str | os.PathLike,
    panels: Mapping[str, Mapping[str, tuple[float, float]]],
    *,
    title: str,
    xlabel: str,
) -> None:
    """Draws values as points with whiskers, by name, in panels side by side.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        panels: Title of a panel -> name -> (value, half-width of its interval). All
            panels have the same names; the order is that of the first, from the top.
        title: Title of the figure.
        xlabel: Label of the x axes, with the unit.

    Raises:
        ValueError: There is nothing to draw, the names differ, or a number is not
            finite.
    """
    names = list(next(iter(panels.values()), {}))
    if not names or any(set(panel) != set(names) for panel in panels.values()):
        raise ValueError("intervals: there is nothing to draw, or the names differ.")
    if not all(np.isfinite(one).all() for p in panels.values() for one in p.values()):
        raise ValueError("intervals: a value or a half-width is not finite.")
    size = (2.0 + 3.2 * len(panels), 1.4 + _LINE * len(names))
    figure = Figure(figsize=size, layout="constrained")
    all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    places = np.arange(len(names))
    for axes, (label, panel) in zip(all_axes, panels.items(), strict=True):
        values, widths = np.array([panel[name] for name in names]).T
        style = {"color": _COLOR, "fmt": "o", "markersize": 5, "capsize": 3}
        axes.errorbar(values, places, xerr=widths, elinewidth=1.4, **style)
        axes.set_title(label, loc="left", fontsize=10, color=INK)
        low, high = float((values - widths).min()), float((values + widths).max())
        axes.set_xlim(left=min(0.0, low) - 0.03 * (high - min(0.0, low)))
        axes.set_xlabel(xlabel, color=INK, fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color("#999999")
        axes.tick_params(colors=INK, labelsize=9)
        axes.grid(color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
    all_axes[0].set_yticks(places, names)
    all_axes[0].set_ylim(len(names) - 0.5, -0.5)  # the first one on top
    figure.suptitle(title, fontsize=12, color=INK, x=0.02, ha="left")
    save_figure(path, figure)
