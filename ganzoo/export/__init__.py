"""Generators as files that run without ganzoo: Keras, SavedModel, TFLite, ONNX.

    python -m ganzoo export mnist_dcgan --output digits/

`stock_layers` rebuilds a generator from those of Keras; `formats` writes each format,
and runs what it wrote; `page` says how to load each; `folder` writes all of it, and
compares every file's images with Keras's.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.export.folder import Exported, to_folder
    from ganzoo.export.formats import FORMATS
    from ganzoo.export.stock_layers import foreign, stock

__all__ = ["FORMATS", "Exported", "foreign", "stock", "to_folder"]

_MODULES = {
    "folder": ("Exported", "to_folder"),
    "formats": ("FORMATS",),
    "stock_layers": ("foreign", "stock"),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
