"""Figures: images, curves, bars, matrices, points; and films. Every file is atomic.

The functions do not use matplotlib's pyplot: no figure stays open, no style changes, no
window system is needed, and several threads can draw at once.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.plots.charts import bars, curves
    from ganzoo.plots.files import check_path
    from ganzoo.plots.films import (
        captioned,
        check_film,
        fitting_scale,
        webp,
        write_film,
    )
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
    from ganzoo.plots.whiskers import intervals

__all__ = [
    "bars",
    "captioned",
    "check_film",
    "check_grid",
    "check_path",
    "check_scale",
    "clouds",
    "confusions",
    "curves",
    "fitting_scale",
    "intervals",
    "pairs",
    "panels",
    "png",
    "save_image",
    "tile",
    "webp",
    "write_film",
]

_MODULES = {
    "charts": ("bars", "curves"),
    "files": ("check_path",),
    "films": ("captioned", "check_film", "fitting_scale", "webp", "write_film"),
    "images": (
        *("check_grid", "check_scale", "pairs", "panels", "png", "save_image", "tile"),
    ),
    "matrices": ("confusions",),
    "points": ("clouds",),
    "whiskers": ("intervals",),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
