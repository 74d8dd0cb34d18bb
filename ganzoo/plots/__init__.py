"""Figures: grids of images, curves, bars. Every file is a PNG and written atomically.

Nothing here touches matplotlib's pyplot: no figure stays open, no style is changed, no
window system is needed, and two threads may draw at once.
"""

from ganzoo.plots.charts import bars, curves
from ganzoo.plots.images import panels, save_image, tile

__all__ = ["bars", "curves", "panels", "save_image", "tile"]
