"""Batches by NumPy, for every backend but TensorFlow: as Keras's adapters yield them.

The functions are those that `ganzoo.gans.on_tensorflow.pipeline` has for tf.data.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from ganzoo.distribute.workers import num_workers, worker_id
from ganzoo.gans.checks_data import Parts, in_pairs
from ganzoo.gans.shuffling import Order

UNEVEN = False  # whether devices may have different numbers of examples

Batches = Callable[[], Iterator]  # a new pass for each call


def batches(adapter: DataAdapter, order: Order | None) -> Batches:
    """Returns the batches of an adapter, of arrays in a new order in every pass."""
    if order is None:
        return lambda: iter(adapter.get_jax_iterator())
    arrays = array_slicing.convert_to_sliceable(adapter._inputs, target_backend="jax")

    def one_pass() -> Iterator:
        numbers = order()
        for start in range(0, order.rows, order.size):
            taken = numbers[start : start + order.size]

            def take(array: Any, taken: np.ndarray = taken) -> Any:
                return array.convert_to_jax_compatible(array[taken])

            yield keras.tree.map_structure(take, arrays)

    return one_pass


def checked(batches: Batches, parts: Parts, check: Callable) -> Batches:
    """Returns the batches, checked as they are read.

    Args:
        batches: The batches.
        parts: Description of a batch; None if its labels were checked.
        check: Function of a batch that checks its shapes.
    """

    def one_pass() -> Iterator:
        for number, element in enumerate(batches()):
            if number == 0:
                check(element)
            for part, value in in_pairs(parts, element):
                if part.has_labels:
                    part.check_values(keras.tree.map_structure(np.asarray, value))
            yield element

    return one_pass


def shared(batches: Batches) -> bool:
    """Returns False: nothing is distributed here; Keras does it."""
    return False


def spec_of(batches: Batches) -> None:
    """Returns nothing: what the elements are is known when the first one is read."""


def looking(batches: Batches, look: Callable) -> Batches:
    """Returns the batches, the first of which is shown to `look`."""

    def one_pass() -> Iterator:
        for number, element in enumerate(batches()):
            if number == 0:
                look(element)
            yield element

    return one_pass


def clear_errors() -> contextlib.AbstractContextManager:
    """Returns an empty context: errors are Python's own."""
    return contextlib.nullcontext()


def split_among_replicas(element: Any, model: keras.Model) -> Any:
    """Returns a batch, which Keras distributes."""
    return element


def of_this_process(element: Any) -> Any:
    """Returns the rows of a global batch that the devices of this process get."""
    strategy = keras.distribution.distribution()
    if (count := num_workers(strategy)) == 1:
        return element
    number = worker_id(strategy)

    def part(array: Any) -> Any:
        if array is None:
            return None
        rows = len(array) // count
        return array[number * rows : (number + 1) * rows]

    return keras.tree.map_structure(part, element)


def local(value: Any) -> np.ndarray:
    """Returns this process's rows of a tensor as an array."""
    shards = getattr(value, "addressable_shards", None)
    if shards is None or value.is_fully_addressable:
        return np.asarray(value)
    return np.concatenate([np.asarray(shard.data) for shard in shards])
