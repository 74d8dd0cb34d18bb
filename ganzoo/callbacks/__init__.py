"""What happens around training: each a Keras callback."""

from ganzoo.callbacks.checkpoint import Checkpoint, Interrupted
from ganzoo.callbacks.health import Diverged, NanGuard
from ganzoo.callbacks.logs import Log, Progress, Throughput
from ganzoo.callbacks.measures import Measure
from ganzoo.callbacks.points import PointClouds
from ganzoo.callbacks.samples import SampleGrids
from ganzoo.callbacks.tensorboard import TensorBoard

__all__ = [
    "Checkpoint",
    "Diverged",
    "Interrupted",
    "Log",
    "Measure",
    "NanGuard",
    "PointClouds",
    "Progress",
    "SampleGrids",
    "TensorBoard",
    "Throughput",
]
