"""What all experiments share; it knows none of them.

An experiment is an `Experiment`, declared in the folder of its paper. The harness runs,
resumes, compares, checks and publishes any such object, and finds it by the `PAPER` of
its folder: a new one is entered nowhere else. What a configuration needs starts no
TensorFlow, and everything else is imported when it is first used.
"""

from typing import TYPE_CHECKING

from experiments.harness.config import (
    AdamConfig,
    CompareConfig,
    Config,
    EpochStepsConfig,
    GanConfig,
    ImageConfig,
    SamplingConfig,
    as_arguments,
)
from experiments.harness.paper import Later, Paper
from experiments.harness.reference import ReferenceValue, Tolerance, runs_with
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.harness.command import main
    from experiments.harness.compare import Benchmark
    from experiments.harness.data import Data, EpochStepsData
    from experiments.harness.experiment import Command, Experiment, Row, ZooEntry
    from experiments.harness.model import gan, images_of, network
    from experiments.harness.report import RunReport, Sections

__all__ = [
    "AdamConfig",
    "Benchmark",
    "Command",
    "CompareConfig",
    "Config",
    "Data",
    "EpochStepsConfig",
    "EpochStepsData",
    "Experiment",
    "GanConfig",
    "ImageConfig",
    "Later",
    "Paper",
    "ReferenceValue",
    "Row",
    "RunReport",
    "SamplingConfig",
    "Sections",
    "Tolerance",
    "ZooEntry",
    "as_arguments",
    "gan",
    "images_of",
    "main",
    "network",
    "runs_with",
]

_MODULES = {
    "command": ("main",),
    "compare": ("Benchmark",),
    "data": ("Data", "EpochStepsData"),
    "experiment": ("Command", "Experiment", "Row", "ZooEntry"),
    "model": ("gan", "images_of", "network"),
    "report": ("RunReport", "Sections"),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
