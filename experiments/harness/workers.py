"""Recognizes and explains the loss of another worker."""

import sys
from typing import Any

# TensorFlow raises these in the remaining processes when one has ended.
_ENDS = ("AbortedError", "CancelledError", "DeadlineExceededError", "UnavailableError")


def is_lost_worker(error: Exception) -> bool:
    """Returns whether an error means that another worker of this training has ended."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return False
    from ganzoo.distribute.workers import configured

    ends = tuple(getattr(tensorflow.errors, name) for name in _ENDS)
    return isinstance(error, ends) and configured() > 1


def message(config: Any) -> str:
    """Explains that a worker has ended, and how to resume.

    Args:
        config: Configuration of the run; its `output` is the run folder.
    """
    return (
        "Another worker has ended, so this one stops. Its checkpoints are in "
        f"{config.output}; run the same commands, one per worker, to resume from the "
        "newest checkpoint that all workers have."
    )
