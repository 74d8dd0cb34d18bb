"""Errors about run folders."""

import os
from pathlib import Path

COPY = "Put a good copy in place"  # the most common remedy


class RunError(ValueError):
    """A run folder cannot be used as requested."""


class MovedError(RunError):
    """A run folder was moved during training; everything is saved.

    Attributes:
        path: New path of the folder.
        step: Number of train steps done, and saved.
    """

    def __init__(self, before: Path, path: Path, step: int):
        super().__init__(
            f"{before} was moved to {path} during training. Stopped after step {step}; "
            "everything is saved there. To resume, give the same command with the new "
            "path as --output."
        )
        self.path = path
        self.step = step


def local(path: str | os.PathLike) -> Path:
    """Returns the path of a folder; raises a RunError for a bucket's URL (gs://...)."""
    if "://" in str(path):
        raise RunError(
            f"{path} is a bucket, not a local folder. `tpu/job.sh EXPERIMENT "
            "--output gs://...` keeps a run in a folder and copies it to the bucket."
        )
    return Path(path)
