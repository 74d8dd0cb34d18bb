"""Figures: images, curves, bars, matrices, points. Every file is an atomic PNG.

The functions do not use matplotlib's pyplot: no figure stays open, no style changes, no
window system is needed, and several threads can draw at once.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.plots.charts import bars, curves
    from ganzoo.plots.files import check_path
    from ganzoo.plots.images import (
        check_grid,
        check_scale,
        pairs,
        panels,
        png,
        save_image,
        tile,
    )
    from ganzoo.plots.matrices import confusions
    from ganzoo.plots.points import clouds

__all__ = [
    "bars",
    "check_grid",
    "check_path",
    "check_scale",
    "clouds",
    "confusions",
    "curves",
    "pairs",
    "panels",
    "png",
    "save_image",
    "tile",
]

_MODULES = {
    "charts": ("bars", "curves"),
    "files": ("check_path",),
    "images": (
        *("check_grid", "check_scale", "pairs", "panels", "png", "save_image", "tile"),
    ),
    "matrices": ("confusions",),
    "points": ("clouds",),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
