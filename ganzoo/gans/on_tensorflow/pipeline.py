"""Batches by tf.data: order of arrays, checks inside of a pipeline, replicas.

The functions without an underscore are those of `ganzoo.gans.numpy_pipeline`.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from ganzoo import distribute
from ganzoo.gans.checks_data import Parts, Spec, has_labels, in_pairs
from ganzoo.gans.shuffling import Order

Batches: TypeAlias = "tf.data.Dataset | tf.distribute.DistributedDataset"

UNEVEN = True  # whether replicas may have different numbers of examples
_MARK = "\u241e"  # marks both ends of a message that passes through TensorFlow


def batches(adapter: DataAdapter, order: Order | None) -> Batches:
    """Returns the batches of an adapter, of arrays in a new order in every pass."""
    return adapter.get_tf_dataset() if order is None else _shuffled(adapter, order)


def checked(dataset: Batches, parts: Parts, check: Callable) -> Batches:
    """Returns the batches, whose labels the pipeline checks.

    Args:
        dataset: The batches.
        parts: Description of a batch; None if its labels were checked.
        check: Function of a batch that checks its shapes, which the specs have shown.
    """
    del check
    if not isinstance(dataset, tf.data.Dataset):
        return dataset
    if has_labels(parts):
        dataset = _with_labels_checked(dataset, parts)
    return _without_autotuning(dataset)


def shared(dataset: Batches) -> bool:
    """Returns whether the batches are already distributed among replicas."""
    return not isinstance(dataset, tf.data.Dataset)


def spec_of(dataset: Batches) -> Any:
    """Returns specs of the elements; of one replica's if they are distributed."""

    def own(spec: Any) -> Any:
        spec = getattr(spec, "_value_specs", [spec])[0]
        if not isinstance(spec, tf.TensorSpec):
            return spec
        known = spec.shape.rank is not None
        return Spec(tuple(spec.shape) if known else None, spec.dtype.name)

    return tf.nest.map_structure(own, dataset.element_spec)


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


def of_this_process(element: Any) -> Any:
    """Returns a global batch, of which `split_among_replicas` takes the parts."""
    return element


def split_among_replicas(element: Any, model: keras.Model) -> Any:
    """Splits a batch, of which every worker has the whole, among the replicas."""
    strategy = model.distribute_strategy
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return element

    def shared(tensor: tf.Tensor | None) -> Any:
        if tensor is None:
            return None
        rows = distribute.per_replica_batch(tensor.shape[0], replicas)

        def own(context: tf.distribute.ReplicaContext) -> tf.Tensor:
            return tensor[context.replica_id_in_sync_group * rows :][:rows]

        return strategy.experimental_distribute_values_from_function(own)

    flat = [shared(tensor) for tensor in tf.nest.flatten(element)]
    return tf.nest.pack_sequence_as(element, flat)


def local(value: Any) -> np.ndarray:
    """Returns a tensor, or those of all local replicas together, as an array."""
    if isinstance(value, tf.distribute.DistributedValues):
        return np.concatenate([np.asarray(part) for part in value.values])
    return np.asarray(value)


def _shuffled(adapter: DataAdapter, order: Order) -> tf.data.Dataset:
    """Returns the batches of arrays; Keras would ask TensorFlow's random state."""
    rows, size = order.rows, order.size
    arrays = array_slicing.convert_to_sliceable(
        adapter._inputs, target_backend="tensorflow"
    )
    arrays = keras.tree.lists_to_tuples(arrays)

    def batches(_: tf.Tensor) -> tf.data.Dataset:
        numbers = tf.ensure_shape(tf.numpy_function(order, [], tf.int64), [rows])
        return tf.data.Dataset.from_tensor_slices(numbers).batch(
            size, drop_remainder=not adapter.has_partial_batch
        )

    def gathered(indices: tf.Tensor, data: Any) -> Any:
        def take(array: Any) -> tf.Tensor:
            if isinstance(array, array_slicing.TensorflowSparseWrapper):
                return array_slicing.slice_tensorflow_sparse_wrapper(array, indices)
            return tf.gather(array, indices, axis=0)

        return keras.tree.map_structure(take, data)

    numbers = tf.data.Dataset.range(1).flat_map(batches)
    whole = tf.data.Dataset.from_tensors(arrays).repeat()
    dataset = tf.data.Dataset.zip((numbers, whole))
    dataset = dataset.map(gathered, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.with_options(_options()).prefetch(tf.data.AUTOTUNE)


def _options() -> tf.data.Options:
    """Returns the options that Keras sets for arrays."""
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_external_state_policy = (
        tf.data.experimental.ExternalStatePolicy.IGNORE
    )
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    return options


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns off tf.data's autotuning, unless the dataset requests it.

    The thread that tunes sleeps for up to a minute at a time and sometimes misses that
    the iterator has ended; the end of a pass then waits for it (seen with TensorFlow
    2.21). Without it, `AUTOTUNE` uses all cores, and prefetching still adapts.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _with_labels_checked(dataset: tf.data.Dataset, parts: Parts) -> tf.data.Dataset:
    """Makes the pipeline check the labels of every batch."""

    @tf.autograph.experimental.do_not_convert
    def passed(*element: Any) -> Any:
        packed = element[0] if len(element) == 1 else element
        for part, value in in_pairs(parts, packed):
            if part.has_labels:
                _calls_unless(part.in_range(value), part.check_values, value)
        return packed

    return dataset.map(passed)


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
