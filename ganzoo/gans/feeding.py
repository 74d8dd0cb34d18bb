"""Turns the data of `fit()` and `evaluate()` into checked batches.

Specs of the data and all labels of arrays are checked before anything runs. The values
of the first batch are checked when it is fetched, so that no data are consumed twice.
The labels of the other batches are checked in the input pipeline: that costs the train
step nothing, and works on every device.
"""

import functools
import numbers
import operator
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras.src.trainers import data_adapters
from keras.src.trainers.data_adapters.array_data_adapter import (
    ArrayDataAdapter,
    can_convert_arrays,
)
from keras.src.trainers.data_adapters.data_adapter import DataAdapter
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter

from ganzoo import distribute
from ganzoo.gans.checks_arguments import shown
from ganzoo.gans.checks_data import (
    FEW,
    Images,
    Parts,
    Spec,
    check_element,
    in_pairs,
)
from ganzoo.gans.shuffling import Order

if keras.config.backend() == "tensorflow":
    from ganzoo.gans.on_tensorflow import pipeline
else:
    from ganzoo.gans import numpy_pipeline as pipeline  # type: ignore[no-redef]

_INFINITE = -1  # the cardinality of a tf.data.Dataset that never ends


class Source(DataAdapter):
    """Data in the form that Keras's loops take, with a check in the pipeline.

    Attributes:
        adapter: Keras's adapter for the data.
        dataset: The batches.
        endless: Whether they are known never to end.
    """

    num_batches = property(operator.attrgetter("adapter.num_batches"))
    batch_size = property(operator.attrgetter("adapter.batch_size"))
    has_partial_batch = property(operator.attrgetter("adapter.has_partial_batch"))
    partial_batch_size = property(operator.attrgetter("adapter.partial_batch_size"))

    def __init__(self, adapter: DataAdapter, dataset: Any, *, endless: bool):
        self.adapter, self.dataset, self.endless = adapter, dataset, endless
        self.on_epoch_begin = adapter.on_epoch_begin
        self.on_epoch_end = adapter.on_epoch_end

    def get_tf_dataset(self) -> Any:
        """Returns the batches, on TensorFlow."""
        return self.dataset

    def get_jax_iterator(self) -> Iterator:
        """Returns the batches of a pass, on JAX."""
        return map(pipeline.of_this_process, self.dataset())

    @property
    def shared(self) -> bool:
        """Whether the batches are already distributed among replicas."""
        return pipeline.shared(self.dataset)


def source(
    parts: Parts,
    takes: str,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    *,
    steps: int | None = None,
    shuffle: bool | None = None,
    order: tuple[int, int] = (0, 0),
    names: tuple[str, str, str] = ("x", "batch_size", "steps_per_epoch"),
) -> Source:
    """Returns a checked source of batches, for Keras to take in place of `x` and `y`.

    Args:
        parts: Description of a batch, see `ganzoo.gans.checks_data`; None to accept
            anything.
        takes: Name of the model in messages.
        x: Any data that Keras accepts.
        y: Labels or other targets of arrays.
        batch_size: Batch size of arrays.
        steps: Number of batches to use; None for all.
        shuffle: Whether to shuffle arrays; None for Keras's default.
        order: Seed and train step that determine the order of shuffled arrays.
        names: Names of `x`, `batch_size` and `steps` in messages.
    """
    arrays = _check_kind(x, y, names[0])
    pydataset = isinstance(x, keras.utils.PyDataset)
    shuffles = arrays or (pydataset and x.num_batches is not None)
    if not arrays and batch_size is not None:
        raise ValueError(
            f"{names[1]}={batch_size} would be ignored: {names[0]} is a "
            f"{type(x).__name__}, which has its own batches. Set it there."
        )
    if not shuffles and shuffle:
        raise ValueError(
            f"shuffle={shuffle} would be ignored: {names[0]} is a {type(x).__name__}. "
            "Shuffle the data before batching them: data.shuffle(10_000)."
        )
    if arrays:
        check_arrays(parts, takes, x, y)
    shuffle = shuffles if shuffle is None else shuffle
    adapter = _adapter(x, y, batch_size, steps, shuffle and not arrays)
    own = None
    if arrays and shuffle:
        sizes = adapter._num_samples, adapter.batch_size
        own = Order(*sizes, *order, within=shuffle == "batch")
    dataset = pipeline.batches(adapter, own)
    check = functools.partial(_check_specs, None if arrays else parts, takes)
    check(specs=pipeline.spec_of(dataset))
    endless = _endless(x)
    if endless and steps is None and not _capped():
        raise ValueError(
            f"{names[0]} never ends; set the number of batches to take from it: "
            f"{names[2]}=... (one pass is the number of images // the batch size)."
        )
    dataset = pipeline.checked(dataset, None if arrays else parts, check)
    return Source(adapter, dataset, endless=endless)


def check_arrays(parts: Parts, takes: str, x: Any, y: Any = None) -> None:
    """Checks shapes and dtypes of arrays, and all their labels."""
    if parts is None:
        return
    check_element(parts, keras.tree.map_structure(_spec_of_array, (x, y)), takes)
    for part, value in list(in_pairs(parts, (x, y)))[1:]:
        if part.has_labels:
            part.check_values(keras.tree.map_structure(np.asarray, value))


def tensors(parts: Parts, takes: str, x: Any, y: Any = None) -> tuple:
    """Returns a single batch of arrays as tensors, floats in Keras's default dtype.

    They are checked as in `source`, except for the values of the images.
    """
    if not _check_kind(x, y, "x"):
        raise ValueError(
            f"x={shown(x)} is a {type(x).__name__}; one batch is an array, and so are "
            "its labels. fit() takes data with many batches."
        )
    check_arrays(parts, takes, x, y)

    def tensor(array: Any) -> Any:
        if array is None:
            return None
        array = np.asarray(array)
        if "float" in array.dtype.name:
            return keras.ops.cast(array, keras.config.floatx())
        return keras.ops.convert_to_tensor(array)

    return keras.tree.map_structure(tensor, (x, y))


def look(parts: Parts, element: Any, *, certain: bool = False) -> None:
    """Checks the values of a batch.

    With `certain`, small batches whose range may be due to chance are accepted.
    """
    for part, value in in_pairs(parts, element):
        values = keras.tree.map_structure(pipeline.local, value)
        few = certain and isinstance(part, Images) and len(values) < FEW
        part.check_values(values, **({"certain": True} if few else {}))


def check_divisible(batches: Source, replicas: int) -> None:
    """Checks that all batches divide evenly among the replicas."""
    adapter, divide = batches.adapter, distribute.per_replica_batch
    if replicas == 1:
        return
    if isinstance(adapter, ArrayDataAdapter):
        divide(adapter.batch_size, replicas)
        if adapter.has_partial_batch:
            divide(adapter.partial_batch_size, replicas)
    elif isinstance(adapter, TFDatasetAdapter) and not batches.shared:
        rows = adapter.batch_size
        if rows is None:
            raise ValueError(
                f"{replicas} replicas need batches of a static size, because a smaller "
                "last one may leave a replica without examples; use "
                "batch(drop_remainder=True)."
            )
        divide(rows, replicas)


def _check_kind(x: Any, y: Any, name: str) -> bool:
    """Returns whether the data are arrays; refuses what Keras does not accept."""
    if x is None:
        raise ValueError(
            f"{name}=None: there are no data. Pass batches, e.g. those of "
            "ganzoo.data.training_batches, or an array of images in [-1, 1]."
        )
    if hasattr(x, "images") and hasattr(x, "labels"):
        raise ValueError(
            f"{name} is a {type(x).__name__}, which has no batches. Pass "
            "ganzoo.data.training_batches(images, batch_size=64, seed=0), or "
            "evaluation_batches to evaluate."
        )
    for one, value in ((name, x), ("y", y)):
        plain = (bool, numbers.Number, str, bytes, np.generic)
        listed = isinstance(value, list | tuple) and value
        if listed and all(isinstance(single, plain) for single in value):
            raise ValueError(
                f"{one} is a {type(value).__name__} of {len(value)} single values; an "
                f"array is needed: np.asarray({one})."
            )
    arrays = can_convert_arrays((x, y))
    if arrays and any(np.ndim(leaf) == 0 for leaf in keras.tree.flatten(x)):
        raise ValueError(f"{name}={shown(x)} is a single number; pass images.")
    return arrays


def _adapter(
    x: Any, y: Any, batch_size: int | None, steps: int | None, shuffle: bool
) -> DataAdapter:
    try:
        return data_adapters.get_data_adapter(
            x=x, y=y, batch_size=batch_size, steps_per_epoch=steps, shuffle=shuffle
        )
    except ValueError as error:
        text = str(error)
        if "Unrecognized data type" in text:  # followed by all the data
            given = shown(x) if isinstance(x, str) else f"a {type(x).__name__}"
            text = (
                f"x is {given}, y a {type(y).__name__}: Keras does not accept them. "
                "Pass a tf.data.Dataset of batches, e.g. from ganzoo.data."
                "training_batches, a keras.utils.PyDataset, a generator of tuples, or "
                "arrays: np.asarray(images)."
            )
        elif "Received: " in text and "generator" in text:
            text = text.split(" Received: ")[0]
        raise ValueError(text) from None


def _endless(x: Any) -> bool:
    if isinstance(x, keras.utils.PyDataset):
        return x.num_batches is None
    cardinality = getattr(x, "cardinality", None)  # of a tf.data.Dataset
    cardinality = cardinality() if callable(cardinality) else cardinality
    return cardinality is not None and int(cardinality) == _INFINITE


def _capped() -> bool:
    """Returns whether Keras ends epochs early, by a setting for debugging."""
    return bool(getattr(keras.config, "max_steps_per_epoch", lambda: None)())


def _check_specs(parts: Parts, takes: str, element: Any = None, *, specs: Any = None):
    """Checks the specs of a data set, or of a batch, if they are known."""
    if specs is None and element is not None:
        specs = keras.tree.map_structure(_spec_of_array, element)
    if parts is not None and specs is not None:
        check_element(parts, specs, takes)


def _spec_of_array(array: Any) -> Spec | None:
    if array is None:
        return None
    array = array if hasattr(array, "dtype") else np.asarray(array)
    try:
        dtype = keras.backend.standardize_dtype(array.dtype)
    except (TypeError, ValueError):  # another library's, or strings
        dtype = np.asarray(array).dtype.name
    named = ("str", "bytes", "object")
    dtype = "string" if dtype.startswith(named) else dtype
    return Spec(tuple(array.shape), dtype)
