"""What all experiments share; it knows none of them.

An experiment is an `Experiment`, declared in the folder of its paper. The harness runs,
resumes, compares, checks and publishes any such object, and finds it by the `PAPER` of
its folder: a new one is entered nowhere else.
"""

from experiments.harness.command import as_arguments, main
from experiments.harness.compare import Benchmark, CompareConfig
from experiments.harness.config import (
    AdamConfig,
    Config,
    EpochStepsConfig,
    GanConfig,
    ImageConfig,
    SamplingConfig,
)
from experiments.harness.data import Data, EpochStepsData
from experiments.harness.experiment import Command, Experiment, Paper, Row, ZooEntry
from experiments.harness.model import gan, images_of, network
from experiments.harness.reference import ReferenceValue, Tolerance, runs_with
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
