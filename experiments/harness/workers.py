"""What a worker says when the others are gone."""

import sys

# By these, TensorFlow tells the others that a process has ended.
_ENDS = ("AbortedError", "CancelledError", "DeadlineExceededError", "UnavailableError")


def lost(error: Exception) -> bool:
    """Whether an error means that another worker of this training is gone."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return False
    from ganzoo.distribute.workers import configured

    ends = tuple(getattr(tensorflow.errors, name) for name in _ENDS)
    return isinstance(error, ends) and configured() > 1


def in_words(config) -> str:
    """Says that a worker is gone, and what to do.

    Args:
        config: The configuration, whose `output` is the run folder.
    """
    return (
        "Another worker has ended, so this one stops. What it had saved is in "
        f"{config.output}; the same commands, one per worker, go on from the newest "
        "checkpoint that all of them have."
    )
