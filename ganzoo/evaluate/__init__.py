"""All metrics of a generator, or of images of any origin, against a data set."""

from typing import TYPE_CHECKING

from ganzoo import lazy

if TYPE_CHECKING:
    from ganzoo.evaluate.comparison import Comparison, compare
    from ganzoo.evaluate.evaluation import REAL, Evaluation, evaluate
    from ganzoo.evaluate.table import text

__all__ = ["REAL", "Comparison", "Evaluation", "compare", "evaluate", "text"]

_MODULES = {
    "comparison": ("Comparison", "compare"),
    "evaluation": ("REAL", "Evaluation", "evaluate"),
    "table": ("text",),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
