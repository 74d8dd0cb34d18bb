"""A run folder: the unit of state of a training.

config.json     the settings; changed ones are refused
manifest.json   the environment: versions, devices, git commit, data fingerprint
steps.csv       one row per step      history.csv   one row per epoch
health.json     alarms by epoch       rollbacks.json  if any
samples/        image grids           tensorboard/  event files
checkpoints/    everything that resuming needs
report.md       the result, with its figures

`reports` writes report.md, `provenance` describes the environment, `notebook` shows a
report.

A checkpoint contains its SHA-256, and the content of the folder when it was written:
before a run resumes, it verifies that all of it is present and unchanged.
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
