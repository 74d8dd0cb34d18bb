"""What is wrong with a run folder."""

import os
from pathlib import Path

COPY = "Put a good copy in place"  # what helps most of the time


class RunError(ValueError):
    """A run folder that cannot be used as asked."""


class MovedError(RunError):
    """A run folder that was moved while it was trained in; all is saved.

    Attributes:
        path: Where it is now.
        step: Train steps done, and saved.
    """

    def __init__(self, before: Path, path: Path, step: int):
        super().__init__(
            f"{before} was moved to {path} while it was trained in. Stopped after step "
            f"{step}; all is saved there. The same command goes on, given the new "
            "place as --output."
        )
        self.path = path
        self.step = step


def local(path: str | os.PathLike) -> Path:
    """Returns the path of a folder on this machine.

    Raises:
        RunError: It is one of a bucket, such as gs://..., which is no folder to Python.
    """
    if "://" in str(path):
        raise RunError(
            f"{path} is a bucket, not a folder of this machine. `tpu/job.sh EXPERIMENT "
            "--output gs://...` keeps a run in a folder and copies it to the bucket."
        )
    return Path(path)
