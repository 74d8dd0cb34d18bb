"""What happens around training: each a Keras callback."""

from ganzoo.callbacks.checkpoint import Checkpoint, Interrupted
from ganzoo.callbacks.codes import CodePurity
from ganzoo.callbacks.examination import Examination
from ganzoo.callbacks.health import (
    Diverged,
    GeneratorGradient,
    Health,
    NanGuard,
    write_health,
)
from ganzoo.callbacks.logs import Log, Progress, Throughput
from ganzoo.callbacks.measures import Measure
from ganzoo.callbacks.modes import Modes
from ganzoo.callbacks.points import PointClouds
from ganzoo.callbacks.samples import SampleGrids
from ganzoo.callbacks.tensorboard import TensorBoard
from ganzoo.callbacks.translations import ScoreTranslation, Translations
from ganzoo.callbacks.whole_set import WholeSet

__all__ = [
    "Checkpoint",
    "CodePurity",
    "Diverged",
    "Examination",
    "GeneratorGradient",
    "Health",
    "Interrupted",
    "Log",
    "Measure",
    "Modes",
    "NanGuard",
    "PointClouds",
    "Progress",
    "SampleGrids",
    "ScoreTranslation",
    "TensorBoard",
    "Throughput",
    "Translations",
    "WholeSet",
    "write_health",
]
