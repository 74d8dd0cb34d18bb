"""Code shared by all experiments; it knows none of them.

An experiment is an `Experiment` object, declared in its paper's folder. The harness
runs, resumes, compares, checks and publishes any such object, and finds it through the
`PAPER` of its folder, so a new one is registered nowhere else. Configurations import
no TensorFlow; everything else is imported on first use.
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
from experiments.harness.paper import LazyCommand, Paper
from experiments.harness.reference import ReferenceValue, Tolerance, runs_with
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.harness.command import finish, main
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
    "LazyCommand",
    "Paper",
    "ReferenceValue",
    "Row",
    "RunReport",
    "SamplingConfig",
    "Sections",
    "Tolerance",
    "ZooEntry",
    "as_arguments",
    "finish",
    "gan",
    "images_of",
    "main",
    "network",
    "runs_with",
]

_MODULES = {
    "command": ("finish", "main"),
    "compare": ("Benchmark",),
    "data": ("Data", "EpochStepsData"),
    "experiment": ("Command", "Experiment", "Row", "ZooEntry"),
    "model": ("gan", "images_of", "network"),
    "report": ("RunReport", "Sections"),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
