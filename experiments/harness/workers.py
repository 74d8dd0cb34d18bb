"""What a worker says when the others are gone."""

import tensorflow as tf

from ganzoo.distribute.workers import configured

# By these, TensorFlow tells the others that a process has ended.
_ENDS = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.UnavailableError,
)


def lost(error: Exception) -> bool:
    """Whether an error means that another worker of this training is gone."""
    return isinstance(error, _ENDS) and configured() > 1


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
