"""An .npz file of images and labels."""

import dataclasses
import os
import pathlib
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

from ganzoo.data import pixels
from ganzoo.data.images import (
    CHOICES,
    MAX_CLASSES,
    DataError,
    ImageSet,
    check_split,
    image_set,
    named,
)
from ganzoo.data.mapped import IN_MEMORY

_WRITE = "Write it with numpy.savez_compressed(path, images=images, labels=labels)."
# Names of the arrays of images and labels, by split: ours, those of Keras's data sets,
# those of MedMNIST; and the name that NumPy gives an array saved without one.
_NAMES = (
    {"train": ("images", "labels"), "test": ("test_images", "test_labels")},
    {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")},
    {"train": ("train_images", "train_labels"), "test": ("test_images", "test_labels")},
)
_UNNAMED, _CLASSES = "arr_0", "class_names"
_NAME_LENGTH = 26  # where a ZIP entry has the lengths of its name and extra field


@dataclasses.dataclass(frozen=True)
class _Archive:
    """Known arrays, names of the others, and names of images and labels by split."""

    path: pathlib.Path
    arrays: dict[str, np.ndarray]
    unused: tuple[str, ...]
    splits: dict[str, tuple[str, str]]


def read(path: pathlib.Path | str, split: str = "train") -> ImageSet:
    """Reads an .npz file.

    Its arrays are `images` (uint8 [N, H, W] or [N, H, W, C]) and, optionally, `labels`
    (integers [N]) and `class_names`. They make the split "train"; for a split "test"
    the file holds `test_images` and `test_labels` in the same way. Keras's names
    `x_train`, `y_train`, `x_test` and `y_test` are read too, and so is a single array
    without a name, `arr_0`, whose images have no labels.

    Large images are mapped into memory if the file is uncompressed, as numpy.savez
    writes it.

    Args:
        path: Path of the file.
        split: "train" or "test".

    Raises:
        DataError: The file is missing or corrupt, or its arrays do not fit.
    """
    archive = _opened(pathlib.Path(path))
    remedy = "The arrays test_images and test_labels would be a split 'test'."
    splits = tuple(archive.splits)
    check_split(split, splits, str(path), "" if len(splits) == 2 else remedy)
    image_name, label_name = archive.splits[split]
    images, labels = archive.arrays[image_name], archive.arrays.get(label_name)
    names = None if labels is None else _class_names(archive)
    if labels is not None and labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]  # as in Keras's CIFAR-10
    note = f"{path} ({split}): arrays left out: {', '.join(archive.unused)}."
    note = note if archive.unused else ""
    name = archive.path.stem
    found = image_set(images, labels, names, name=name, split=split, note=note)
    with named(name, split):
        pixels.check_range(found.images)
    return found


def check(path: pathlib.Path | str) -> None:
    """Refuses a file that is absent, not an .npz, or without images; reads no array."""
    _opened(pathlib.Path(path), read=False)


def has_test(path: pathlib.Path | str) -> bool:
    """Returns whether a file has a split "test"; True if it cannot be read."""
    try:
        return "test" in _opened(pathlib.Path(path), read=False).splits
    except DataError:  # `read` says what is wrong
        return True


def _opened(path: pathlib.Path, *, read: bool = True) -> _Archive:
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}. A data set is {CHOICES}.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            splits = _splits(archive.files)
            known = {_CLASSES, *(name for pair in splits.values() for name in pair)}
            unused = tuple(name for name in archive.files if name not in known)
            wanted = [name for name in archive.files if name in known] if read else []
            arrays = {
                name: array
                if (array := _mapped(path, name)) is not None
                else _array(path, archive, name)
                for name in wanted
            }
            found = tuple(archive.files)
    except DataError:
        raise
    except Exception as error:  # a damaged archive can make NumPy raise nearly anything
        raise DataError(f"{path} cannot be read as an .npz file: {error}") from error
    if "train" not in splits:
        unnamed = _UNNAMED in found
        remedy = "Arrays saved without names are called arr_0, ... " if unnamed else ""
        raise DataError(
            f"{path} has no array 'images'; it has {', '.join(found) or 'none'}. "
            f"{remedy}{_WRITE}"
        )
    return _Archive(path, arrays, unused, splits)


def _array(
    path: pathlib.Path, archive: Mapping[str, np.ndarray], name: str
) -> np.ndarray:
    try:
        return archive[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
    small = name == _CLASSES or "label" in name or name.startswith("y_")
    remedy = f"np.array({name}.tolist())" if small else f"np.stack({name})"
    raise DataError(
        f"{path}: {name} holds Python objects (dtype=object), which are not read "
        f"because they may contain code. Save {name}={remedy}."
    )


def _mapped(path: pathlib.Path, name: str) -> np.ndarray | None:
    """Maps a large array into memory where it lies in the file, if uncompressed."""
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        info = archive.NameToInfo.get(f"{name}.npy")
        if info is None or info.compress_type != zipfile.ZIP_STORED:
            return None
        if info.file_size <= IN_MEMORY:
            return None
        with archive.open(info):  # checks the entry's own header
            file.seek(info.header_offset + _NAME_LENGTH)
        lengths = struct.unpack("<HH", file.read(4))
        file.seek(sum(lengths), os.SEEK_CUR)
        if np.lib.format.read_magic(file) != (1, 0):
            return None
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
        if by_columns or dtype.hasobject:
            return None
        return np.memmap(path, dtype, "r", file.tell(), shape)


def _splits(names: list[str]) -> dict[str, tuple[str, str]]:
    """Returns the names of the arrays by split, in the first convention that fits."""
    for way in _NAMES:
        if way["train"][0] in names:
            return {split: pair for split, pair in way.items() if pair[0] in names}
    return {"train": (_UNNAMED, "")} if list(names) == [_UNNAMED] else {}


def _class_names(archive: _Archive) -> tuple[str, ...] | None:
    """Returns the names of the classes of both splits together, so that they agree."""
    if _CLASSES in archive.arrays:
        return _words(archive.path, archive.arrays[_CLASSES])
    names = [pair[1] for pair in archive.splits.values()]
    labels = [archive.arrays[name] for name in names if name in archive.arrays]
    if any(part.dtype.kind not in "iu" or not part.size for part in labels):
        return None
    lowest = min(int(part.min()) for part in labels)
    highest = max(int(part.max()) for part in labels)
    if lowest > 0:
        raise DataError(
            f"{archive.path}: labels go from {lowest} to {highest}, but are counted "
            f"from 0: give labels - {lowest}. If some classes have no images, number "
            "the others: class_names, labels = np.unique(labels, "
            "return_inverse=True). If the first classes have no images on purpose, "
            "name all classes in class_names."
        )
    count = min(highest + 1, MAX_CLASSES)
    return tuple(str(number) for number in range(max(count, 1)))


def _words(path: pathlib.Path, names: np.ndarray) -> tuple[str, ...]:
    if names.ndim != 1 or not names.size:
        raise DataError(
            f"{path}: {_CLASSES} has the shape {names.shape}, but one name per class "
            "is needed, such as np.array(['cat', 'dog'])."
        )
    if names.dtype.kind != "S":
        return tuple(str(name) for name in names)
    try:
        return tuple(name.decode() for name in names)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: {_CLASSES} are bytes that are not UTF-8: {error}. Write them as "
            "text, such as np.array(['cat', 'dog'])."
        ) from error
