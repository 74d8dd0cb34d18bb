"""Checks of batches inside of tf.data's pipelines."""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from ganzoo.gans.checks_data import Parts, in_pairs

_MARK = "\u241e"  # marks both ends of a message that passes through TensorFlow


def with_labels_checked(dataset: tf.data.Dataset, parts: Parts) -> tf.data.Dataset:
    """Makes the pipeline check the labels of every batch."""

    @tf.autograph.experimental.do_not_convert
    def passed(*element: Any) -> Any:
        packed = element[0] if len(element) == 1 else element
        for part, value in in_pairs(parts, packed):
            if part.has_labels:
                _calls_unless(part.in_range(value), part.check_values, value)
        return packed

    return dataset.map(passed)


def looking(dataset: tf.data.Dataset, look: Callable) -> tf.data.Dataset:
    """Makes the pipeline call `look` with the first batch.

    This is for steps that fetch their batches themselves, in a graph.
    """

    @tf.autograph.experimental.do_not_convert
    def passed(number: tf.Tensor, element: Any) -> Any:
        _calls_unless(number > 0, look, element)
        return element

    return dataset.enumerate().map(passed)


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    """Converts errors of checks in the pipeline back to the original ValueError."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search(f"{_MARK}(.*?){_MARK}", str(error), re.DOTALL)
        if not found:
            raise
        raise ValueError(found[1]) from None


def _calls_unless(fine: tf.Tensor, check: Callable, value: Any) -> None:
    """Calls a Python check, which raises a ValueError, from a graph unless `fine`."""

    def marked(*arrays: np.ndarray) -> None:
        try:
            check(tf.nest.pack_sequence_as(value, arrays))
        except ValueError as error:
            raise ValueError(f"{_MARK}{error}{_MARK}") from None

    def call() -> tf.Operation:
        return tf.group(tf.numpy_function(marked, tf.nest.flatten(value), []))

    tf.cond(fine, lambda: tf.group(), call)
