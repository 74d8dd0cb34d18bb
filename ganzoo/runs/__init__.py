"""A run folder: the unit of state of a training.

config.json     what was asked for; a changed one is refused
manifest.json   what it ran on: versions, devices, git commit, data fingerprint
steps.csv       one row a step        history.csv   one row an epoch
health.json     alarms by epoch       rollbacks.json  if any
samples/        image grids           tensorboard/  event files
checkpoints/    everything that resuming needs
report.md       the result, with its figures

A checkpoint knows its own SHA-256, and what the folder held when it was written:
whoever resumes looks whether all of it is there and as it was, before any training.
"""

from ganzoo.files import atomic, read_json, write_json
from ganzoo.runs.errors import Moved, RunError, local
from ganzoo.runs.folder import Run
from ganzoo.runs.training import broken_weights, fit

__all__ = [
    "Moved",
    "Run",
    "RunError",
    "atomic",
    "broken_weights",
    "fit",
    "local",
    "read_json",
    "write_json",
]
