"""A run folder: the unit of state of a training.

config.json     what was asked for; a changed one is refused
manifest.json   what it ran on: versions, devices, git commit, data fingerprint
steps.csv       one row a step        history.csv   one row an epoch
health.json     alarms by epoch       rollbacks.json  if any
samples/        image grids           tensorboard/  event files
checkpoints/    everything that resuming needs
report.md       the result, with its figures

`reports` writes the last, `provenance` finds out the second, `notebook` shows a report.

A checkpoint knows its own SHA-256, and what the folder held when it was written:
whoever resumes looks whether all of it is there and as it was, before any training.
"""

from typing import TYPE_CHECKING

from ganzoo import lazy
from ganzoo.files import atomic, read_json, write_json
from ganzoo.runs.errors import MovedError, RunError, local

if TYPE_CHECKING:
    from ganzoo.runs import notebook, provenance, reports
    from ganzoo.runs.folder import Run
    from ganzoo.runs.training import broken_weights, fit

__all__ = [
    "MovedError",
    "Run",
    "RunError",
    "atomic",
    "broken_weights",
    "fit",
    "local",
    "notebook",
    "provenance",
    "read_json",
    "reports",
    "write_json",
]

_MODULES = {"folder": ("Run",), "training": ("broken_weights", "fit")}
__getattr__, __dir__ = lazy.attach(
    __name__, _MODULES, rooms=("notebook", "provenance", "reports")
)
