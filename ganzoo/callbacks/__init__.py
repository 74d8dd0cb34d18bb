"""What happens around training: each a Keras callback."""

from ganzoo.callbacks.best import KeepBest
from ganzoo.callbacks.checkpoint import Checkpoint, Interrupted
from ganzoo.callbacks.codes import CodePurity
from ganzoo.callbacks.epoch_metrics import EpochMetrics
from ganzoo.callbacks.evaluate_training_set import EvaluateTrainingSet
from ganzoo.callbacks.health import (
    DivergedError,
    GeneratorGradient,
    Health,
    NanGuard,
    write_health,
)
from ganzoo.callbacks.logs import Log, Progress, Throughput
from ganzoo.callbacks.mode_coverage import ModeCoverage
from ganzoo.callbacks.points import PointClouds
from ganzoo.callbacks.quiet_start import QuietStart
from ganzoo.callbacks.sample_metrics import SampleMetrics
from ganzoo.callbacks.samples import SampleGrids
from ganzoo.callbacks.tensorboard import TensorBoard
from ganzoo.callbacks.time_limit import TimeLimit
from ganzoo.callbacks.translations import ScoreTranslation, Translations

__all__ = [
    "Checkpoint",
    "CodePurity",
    "DivergedError",
    "EpochMetrics",
    "EvaluateTrainingSet",
    "GeneratorGradient",
    "Health",
    "Interrupted",
    "KeepBest",
    "Log",
    "ModeCoverage",
    "NanGuard",
    "PointClouds",
    "Progress",
    "QuietStart",
    "SampleGrids",
    "SampleMetrics",
    "ScoreTranslation",
    "TensorBoard",
    "Throughput",
    "TimeLimit",
    "Translations",
    "write_health",
]
