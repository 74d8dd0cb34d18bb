"""Shuffles arrays in an order that is a function of the seed and the train step."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import array_slicing
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter


class _Order:
    """The order of the examples in each pass.

    Each order is a function of the step at which the pass begins, so that a run that
    resumes between passes sees the same batches as an uninterrupted one.
    """

    def __init__(self, rows: int, size: int, seed: int, step: int, *, within: bool):
        self._rows, self._size, self._within = rows, size, within
        self._seed, self._step = seed % 2**64, step

    def __call__(self) -> np.ndarray:
        """Returns the order of the next pass, `[rows]`."""
        numbers = np.random.default_rng([self._seed, self._step])
        self._step += -(-self._rows // self._size)
        if not self._within:
            return numbers.permutation(self._rows)
        cuts = range(self._size, self._rows, self._size)
        batches = np.split(np.arange(self._rows), cuts)
        return np.concatenate([numbers.permutation(batch) for batch in batches])


def shuffled(
    adapter: ArrayDataAdapter, order: tuple[int, int], *, within: bool = False
) -> tf.data.Dataset:
    """Returns the batches of arrays, shuffled again in every pass.

    Keras would take the order from TensorFlow's global random state. `order` is the
    model's seed and the train step at which the first pass begins; `within` shuffles
    only within batches (`shuffle="batch"`).
    """
    rows, size = adapter._num_samples, adapter.batch_size
    draw = _Order(rows, size, *order, within=within)
    arrays = array_slicing.convert_to_sliceable(
        adapter._inputs, target_backend="tensorflow"
    )
    arrays = keras.tree.lists_to_tuples(arrays)

    def batches(_: tf.Tensor) -> tf.data.Dataset:
        numbers = tf.ensure_shape(tf.numpy_function(draw, [], tf.int64), [rows])
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
