"""TensorFlow Datasets: reads a prepared set, and prepares any other one first.

TFDS imports slowly, and without a network it retries for minutes and then fails with an
unhelpful message. So it is imported late, and only used for files that exist. Where
TensorFlow is not Keras's backend it only describes a prepared set.
"""

import contextlib
import json
import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ganzoo.data import keras_datasets, tfds_prepare, tfds_records
from ganzoo.data.images import CHOICES, DataError, ImageSet, image_set

# Names for reports of sets that have a misleading name.
_REPORTED = {"cifar10_jpeg": "CIFAR-10 (JPEG copy)"}
DEFAULT_DIR = "~/tensorflow_datasets"
# set, set/config, set:version, set/config:version; a version may hold wildcards, 3.*.*
_NAME = re.compile(r"([A-Za-z]\w*)(?:/([\w.+-]+))?(?::([\d*]+\.[\d*]+\.[\d*]+))?")


def read(name: str, split: str = "train", data_dir: str | None = None) -> ImageSet:
    """Reads one split of a TFDS set, in the order of its files, not shuffled.

    A prepared set is found by its files alone: TFDS needs neither a network nor code
    that knows the name. Any other set is built by TFDS's builder, from the original
    files if the data folder holds them, or else from the network; without the
    TensorFlow backend it comes from `keras.datasets`.

    Args:
        name: "mnist", "mnist:3.0.1", "name/config" or "name/config:1.0.0". The default
            version is the highest prepared one.
        split: A split of the set, or a part of one: "train[:1000]", "test[50%:]".
        data_dir: Folder of prepared sets, or of the original files of this one. By
            default the environment variable TFDS_DATA_DIR, then ~/tensorflow_datasets.

    Returns:
        The feature "image" with the class label "label"; a set without one is
        unlabeled (all zeros, the one class "all").

    Raises:
        DataError: No such set, not prepared and not available, no such split, a damaged
            file, or content that is not uint8 images of one shape.
    """
    folder = prepared(name, data_dir)
    if folder is None and not _tensorflow():
        return keras_datasets.read(name, split, _root(data_dir))
    with _quiet():
        if folder is None:
            default = pathlib.Path(DEFAULT_DIR).expanduser()
            folder = tfds_prepare.prepare(name, _root(data_dir), default)
        return _read(_builder(folder), folder, split)


def prepared(name: str, data_dir: str | None = None) -> pathlib.Path | None:
    """Returns the folder of a prepared set, or None; names and folders as in `read`."""
    match = _NAME.fullmatch(name)
    if not match:
        raise DataError(f"{name!r} is not a data set. A data set is {CHOICES}.")
    return prepared_folder(_root(data_dir), *match.groups())


def has_test(name: str, data_dir: str | None = None) -> bool:
    """Returns whether a set has a split "test"; True if it is not prepared."""
    folder = prepared(name, data_dir) if is_name(name) else None
    if folder is None:
        return True
    try:
        info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
        return "test" in [split["name"] for split in info["splits"]]
    except (OSError, ValueError, KeyError, TypeError):  # `read` says what is wrong
        return True


def is_name(name: str) -> bool:
    """Returns whether a name has the form of TFDS names."""
    return _NAME.fullmatch(name) is not None


def holds_prepared(folder: pathlib.Path) -> bool:
    """Returns whether a folder holds versions or configs of a prepared set."""
    infos = ("*.*.*/dataset_info.json", "*/*.*.*/dataset_info.json")
    return any(any(folder.glob(info)) for info in infos)


def check(name: str, data_dir: str | None = None) -> None:
    """Refuses a set that is not prepared and that TFDS does not know."""
    if prepared(name, data_dir) is not None:
        return
    if not _tensorflow():
        keras_datasets.check(name, _root(data_dir))
    else:
        with _quiet():
            tfds_prepare.check(name, _root(data_dir))


def _tensorflow() -> bool:
    return keras.backend.backend() == "tensorflow"


def _root(data_dir: str | None) -> pathlib.Path:
    directory = data_dir or os.environ.get("TFDS_DATA_DIR") or DEFAULT_DIR
    return pathlib.Path(directory).expanduser()


def prepared_folder(
    root: pathlib.Path, name: str, config: str | None, version: str | None
) -> pathlib.Path | None:
    """Returns the folder of the highest prepared version, or None."""
    parent = root / name / config if config else root / name
    candidates = [
        info.parent
        for info in parent.glob(f"{version or '*.*.*'}/dataset_info.json")
        if re.fullmatch(r"\d+\.\d+\.\d+", info.parent.name)
    ]

    def number(folder: pathlib.Path) -> tuple[int, ...]:
        return tuple(int(part) for part in folder.name.split("."))

    return max(candidates, key=number, default=None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences TFDS's warnings about its own deprecated calls."""
    from absl import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _builder(folder: pathlib.Path) -> Any:
    import tensorflow_datasets as tfds

    try:
        return tfds.builder_from_directory(folder)
    except Exception as error:  # TFDS raises many kinds for a damaged description
        raise DataError(
            f"The prepared set in {folder} cannot be opened: {error}. Prepare it again."
        ) from error


def _read(builder: Any, folder: pathlib.Path, split: str) -> ImageSet:
    info = builder.info
    where = f"{info.full_name} in {folder}"
    try:
        count = info.splits[split].num_examples
    except (KeyError, ValueError):
        raise DataError(
            f"{where} has no split {split!r}; it has {', '.join(sorted(info.splits))}, "
            "and parts of these such as 'train[:1000]'."
        ) from None
    if not count:
        raise DataError(f"{where}: there are no images in the split {split!r}.")
    shape, names = _features(info, where)
    images = np.zeros((count, *shape), info.features["image"].np_dtype)
    labels = None if names is None else np.zeros(count, np.int64)
    done = 0
    reading = _batches if _tensorflow() else _records
    for batch in reading(builder, folder, split, labeled=labels is not None):
        part = slice(done, done + len(batch["image"]))
        images[part] = batch["image"]
        if labels is not None:
            labels[part] = batch["label"]
        done = part.stop
    name = info.full_name.removesuffix(f"/{info.version}")
    name = f"{_REPORTED.get(name, name)} {info.version}"
    return image_set(images, labels, names, name=name, split=split)


def _features(info: Any, where: str) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
    """Returns the shape of an image, and the class names if there are any."""
    import tensorflow_datasets as tfds

    features = dict(getattr(info.features, "items", dict)())
    if not isinstance(features.get("image"), tfds.features.Image):
        raise DataError(
            f"{where} has no image under the key 'image'; its keys are "
            f"{', '.join(features) or 'none'}. Only sets of images can be used."
        )
    shape = features["image"].shape
    if None in shape:
        raise DataError(
            f"{where} has images of mixed sizes (shape {shape}), but one size is "
            "needed. Resize them and pass them as an .npz file or a folder."
        )
    label: Any = features.get("label")
    labeled = isinstance(label, tfds.features.ClassLabel)
    return shape, tuple(label.names) if labeled else None


def _batches(
    builder: Any, folder: pathlib.Path, split: str, *, labeled: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Yields dictionaries of arrays with up to 1,000 examples, in file order."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    wanted = {"image": True, "label": True} if labeled else {"image": True}
    try:
        yield from builder.as_dataset(
            split=split,
            batch_size=1000,
            shuffle_files=False,
            decoders=tfds.decode.PartialDecoding(wanted),
            read_config=tfds.ReadConfig(
                interleave_cycle_length=1,  # one file after the other
                try_autocache=False,
                assert_cardinality=True,
            ),
        ).as_numpy_iterator()
    except (tf.errors.OpError, OSError, AssertionError) as error:
        damaged = _damaged_file(builder.info) or f"a file in {folder}"
        raise DataError(
            f"{damaged} is missing, truncated or corrupt. Delete {folder} and prepare "
            f"the set again. ({_first_line(error)})"
        ) from error


def _records(
    builder: Any, folder: pathlib.Path, split: str, *, labeled: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the same without TensorFlow, one example after the other."""
    channels = builder.info.features["image"].shape[-1]
    for part in builder.info.splits[split].file_instructions:
        rows = slice(part.skip, part.skip + part.take)
        path = folder / pathlib.Path(part.filename).name
        yield from tfds_records.examples(path, rows, channels, labeled=labeled)


def _damaged_file(info: Any) -> str | None:
    """Returns the first record file with a wrong number of records, or None."""
    import tensorflow as tf

    for part in info.splits.values():
        for path, length in zip(part.filepaths, part.shard_lengths, strict=True):
            try:
                found = sum(1 for _ in tf.data.TFRecordDataset(str(path)))
            except tf.errors.OpError:
                found = -1
            if found != length:
                return str(path)
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
