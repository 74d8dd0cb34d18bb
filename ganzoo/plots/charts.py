"""Curves and bars."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from numpy.typing import ArrayLike

from ganzoo.plots.files import INK, TEXT, TITLE, WIDTH, save_figure

# Okabe & Ito's colors: distinguishable by the color-blind and when printed in gray.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", ":", "-.")


def curves(
    path: str | os.PathLike,
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    smoothing: float = 0.0,
    separate: bool = False,
    lines: Mapping[str, float] | None = None,
    log_y: bool = False,
) -> None:
    """Draws named curves over a common x.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        x: [n], for example steps or epochs.
        series: Label -> [n]. NaN and infinities become gaps.
        title: Title of the figure.
        xlabel: Label of the x axis, with its unit.
        ylabel: Label of the y axis, with its unit.
        smoothing: Weight of the past in an exponential moving average, in [0, 1), drawn
            over the original, faint curve; 0 for no average.
        separate: Whether to draw each curve in separate axes, one below the other.
        lines: Label -> value, horizontal lines to compare with.
        log_y: Whether y has a logarithmic scale.

    Raises:
        ValueError: If there is nothing to draw, a length differs from x's, or
            `smoothing` is out of range.
    """
    x = np.asarray(x)
    series = _named_rows("curves", series, len(x) if x.ndim == 1 else -1)
    if not 0.0 <= smoothing < 1.0:
        raise ValueError(f"curves: smoothing is {smoothing}; it must be in [0, 1).")
    count = len(series) if separate else 1
    figure = Figure(figsize=(WIDTH, 1.0 + 2.2 * count if separate else 4.2))
    all_axes = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    for index, (label, y) in enumerate(series.items()):
        axes = all_axes[index if separate else 0]
        style = {
            "color": _COLORS[index % len(_COLORS)],
            "linestyle": _DASHES[index // len(_COLORS) % len(_DASHES)],
            # A few measurements are marked as points.
            "marker": "o" if len(x) <= 12 else None,
            "markersize": 5,
        }
        if smoothing:
            axes.plot(x, y, color=style["color"], alpha=0.22, linewidth=0.8, zorder=1.5)
            y = _smoothed(y, smoothing)
        axes.plot(x, y, label=label, linewidth=1.7, **style)
        if separate:
            axes.set_title(label, loc="left", fontsize=TEXT, color=style["color"])
    for axes in all_axes:
        if log_y:
            axes.set_yscale("log")
        if len(x) > 1:
            axes.margins(x=0.01)
        if len(x) == 1:
            axes.set_xticks(x)
        elif x.dtype.kind in "iu":
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _dress(axes, ylabel=ylabel, lines=lines)
        for axis in (axes.xaxis, axes.yaxis):
            # 250k, 1.5M, instead of a power of ten that the legend would hide.
            if axis.get_scale() == "linear" and axis.get_data_interval()[1] >= 10_000:
                axis.set_major_formatter(EngFormatter(sep=""))
    if len(series) > 1 and not separate:
        _legend(all_axes[0], len(series))
    all_axes[-1].set_xlabel(xlabel, color=INK, fontsize=TEXT)
    _save(path, figure, title)


def bars(
    path: str | os.PathLike,
    categories: Sequence[object],
    series: Mapping[str, ArrayLike],
    *,
    title: str,
    ylabel: str,
    xlabel: str = "",
    lines: Mapping[str, float] | None = None,
) -> None:
    """Draws groups of bars, one group per category and one bar per series.

    Args:
        path: Path of the file, ending in .png; missing folders are created.
        categories: The n names under the groups.
        series: Label -> [n] heights.
        title: Title of the figure.
        ylabel: Label of the y axis, with its unit.
        xlabel: Label of the categories.
        lines: Label -> value, horizontal lines to compare with.

    Raises:
        ValueError: If there is nothing to draw, a length differs from the number of
            categories, or a height is not finite.
    """
    series = _named_rows("bars", series, len(categories))
    for label, heights in series.items():
        if not np.isfinite(heights).all():
            raise ValueError(f"bars: {label!r} holds NaN or infinity: {heights}.")
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.subplots()
    width = 0.8 / len(series)
    for index, (label, heights) in enumerate(series.items()):
        offset = (index - (len(series) - 1) / 2) * width
        axes.bar(
            np.arange(len(categories)) + offset,
            heights,
            width=0.92 * width,
            label=label,
            color=_COLORS[index % len(_COLORS)],
        )
    axes.set_xticks(range(len(categories)), [str(c) for c in categories])
    axes.margins(x=0.02)
    _dress(axes, ylabel=ylabel, lines=lines)
    axes.grid(visible=False, axis="x")
    if len(series) > 1:
        _legend(axes, len(series))
    axes.set_xlabel(xlabel, color=INK, fontsize=TEXT)
    _save(path, figure, title)


def _named_rows(
    figure: str, series: Mapping[str, ArrayLike], length: int
) -> dict[str, np.ndarray]:
    rows = {label: np.asarray(y, np.float64) for label, y in series.items()}
    if not rows or length < 1:
        raise ValueError(f"{figure}: there is nothing to draw.")
    for label, row in rows.items():
        if row.shape != (length,):
            raise ValueError(
                f"{figure}: {label!r} has the shape {row.shape}, but the x axis has "
                f"({length},)."
            )
    return rows


def _smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """Returns the exponential moving average, without a bias to 0 at the start."""
    result = np.full(len(values), np.nan)
    total = mass = 0.0
    for index, value in enumerate(values):
        if np.isfinite(value):
            total = weight * total + (1.0 - weight) * value
            mass = weight * mass + (1.0 - weight)
            result[index] = total / mass
    return result


def _dress(axes: Axes, *, ylabel: str, lines: Mapping[str, float] | None) -> None:
    for label, value in (lines or {}).items():
        axes.axhline(value, color="#666666", linewidth=1.0, linestyle=(0, (4, 3)))
        axes.annotate(
            label,
            (1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=TEXT,
            color=INK,
        )
    axes.set_ylabel(ylabel, color=INK, fontsize=TEXT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#999999")
    axes.tick_params(colors=INK, labelsize=TEXT)
    axes.grid(color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)


def _legend(axes: Axes, count: int) -> None:
    # Above the axes, where it hides nothing, in as many columns as fit.
    for columns in range(min(count, 4), 0, -1):
        legend = axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=columns,
            frameon=False,
            fontsize=TEXT,
            labelcolor=INK,
            borderaxespad=0.2,
        )
        if legend.get_window_extent().width <= 0.9 * axes.figure.bbox.width:
            break


def _save(path: str | os.PathLike, figure: Figure, title: str) -> None:
    figure.set_layout_engine("constrained")
    figure.suptitle(title, fontsize=TITLE, color=INK, x=0.02, ha="left")
    save_figure(path, figure)
