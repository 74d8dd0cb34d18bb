"""Loads an `ImageSet` by a name or a path."""

import functools
import os
import pathlib

import numpy as np

from ganzoo.data import archives, folder, npz, tfds_source
from ganzoo.data.images import CHOICES, DataError, ImageSet, check_split, image_set
from ganzoo.data.parts import every_nth

DIGITS = "digits"


def load(dataset: str, split: str = "train", data_dir: str | None = None) -> ImageSet:
    """Loads one split of a data set into memory.

    Args:
        dataset: One of these:
            "digits": scikit-learn's handwritten digits (see `digits`);
            a path ending in ".npz" (see `npz.read`);
            an existing folder of class sub-folders (see `folder.read`);
            a TFDS name: "mnist", "mnist:3.0.1", "name/config" (see `tfds_source.read`).
            A name that is both a folder and one of the others is refused: "./digits" is
            the folder, "mnist:3.0.1" the set.
        split: "train" or "test"; for a TFDS set any of its splits, or a part of one in
            TFDS's notation, such as "train[:1000]".
        data_dir: Folder of prepared TFDS sets, or of the original files of this one. By
            default the environment variable TFDS_DATA_DIR, then
            ~/tensorflow_datasets.

    Raises:
        DataError: The set or the split is missing and not available, or its content is
            not uint8 images of one shape with fitting labels.
    """
    check(dataset, data_dir)
    path = pathlib.Path(dataset).expanduser()
    if dataset == DIGITS:
        return digits(split)
    if _is_npz(path):
        return npz.read(path, split)
    if is_own(dataset):
        return folder.read(path, split)
    return tfds_source.read(dataset, split, data_dir)


def check(dataset: str, data_dir: str | None = None) -> None:
    """Refuses a data set that does not exist, without reading any of its images.

    TFDS is only asked about names that are not prepared.
    """
    if not isinstance(dataset, str | os.PathLike):
        raise DataError(
            f"A data set is {CHOICES}, not a {type(dataset).__name__}; for arrays use "
            "data.image_set(images, labels, name='mine')."
        )
    path = pathlib.Path(dataset).expanduser()
    check_name(dataset, data_dir)
    if dataset == DIGITS:
        return
    if _is_npz(path):
        npz.check(path)
    elif is_own(dataset):
        folder.check(path)
    elif path.is_dir() and (path.is_absolute() or dataset.startswith(".")):
        raise DataError(
            f"{dataset!r} holds a prepared set of TFDS. Give its name, {path.name}, "
            f"and {path.parent} as data_dir."
        )
    elif path.is_absolute() or dataset.startswith(".") or path.is_file():
        raise DataError(f"{dataset!r} is not a folder. A data set is {CHOICES}.")
    else:
        tfds_source.check(dataset, data_dir)


def check_name(name: str, data_dir: str | None = None) -> None:
    """Refuses a name that is a folder here and also the name of something else."""
    bare = name and os.path.basename(name) == name and not _is_npz(pathlib.Path(name))
    if not bare or not pathlib.Path(name).is_dir():
        return
    if name == DIGITS:
        raise DataError(
            f"{name!r} is the data set that comes with ganzoo, and also a folder here. "
            f"For the folder use ./{name}; for the data set rename the folder, or work "
            "in another one."
        )
    if not is_own(name) or not tfds_source.is_name(name):
        return
    prepared = tfds_source.prepared(name, data_dir)
    if prepared is not None:
        raise DataError(
            f"{name!r} is a data set of TFDS in {prepared.parent}, and also a folder "
            f"here. For the folder use ./{name}; for the data set "
            f"{name}:{prepared.name}."
        )


def is_own(dataset: str) -> bool:
    """Returns whether a data set is the user's own, a folder or an .npz file."""
    path = pathlib.Path(dataset).expanduser()
    if _is_npz(path):
        return True
    folder = dataset and dataset != DIGITS and path.is_dir()
    return bool(folder) and not tfds_source.holds_prepared(path)


def has_test(dataset: str, data_dir: str | None = None) -> bool:
    """Returns whether a data set, as in `load` or `prepare`, has test images.

    Also True for what cannot be read: `load` reports what is wrong.
    """
    path = pathlib.Path(dataset).expanduser()
    if is_zip(path) and path.is_file():
        archive = archives.Archive(path)
        return folder.has_test(archive.root, archive)
    if _is_npz(path):
        return npz.has_test(path)
    if is_own(dataset):
        return folder.has_test(path)
    return dataset == DIGITS or tfds_source.has_test(dataset, data_dir)


def is_zip(path: pathlib.Path) -> bool:
    """Returns whether a path is that of a ZIP file of pictures, by its name."""
    return path.suffix.lower() == ".zip"


def _is_npz(path: pathlib.Path) -> bool:
    return path.suffix.lower() == ".npz"


def digits(split: str = "train") -> ImageSet:
    """Returns scikit-learn's 1,797 handwritten digits in MNIST's form; no download.

    The 8x8 images (0 to 16, white on black) are enlarged 2.5 times by cubic splines, so
    that a digit fills the central 20x20 pixels of 28x28 as in MNIST, and each is
    stretched to 0..255. Within each class every sixth image, in scikit-learn's order,
    is a test image: 1,501 train and 296 test images in the same class proportions.

    Args:
        split: "train" or "test".

    Raises:
        DataError: There is no such split.
    """
    check_split(split, ("train", "test"), "digits")
    images, labels = _enlarged(split)
    return image_set(images.copy(), labels.copy(), name="digits", split=split)


@functools.cache
def _enlarged(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Makes the images and labels once: the splines take a second."""
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    flat, labels = load_digits(return_X_y=True)
    chosen = every_nth(labels, 6) == (split == "test")

    # A black border of 2 pixels, enlarged too, lets strokes at the edge fade out.
    small = np.pad(flat[chosen].reshape(-1, 8, 8), ((0, 0), (2, 2), (2, 2)))
    large = resize(np.moveaxis(small, 0, -1), (30, 30), order=3, anti_aliasing=False)
    large = np.moveaxis(large, -1, 0)[:, 1:-1, 1:-1]
    bright = large / large.max(axis=(1, 2), keepdims=True)
    bright[bright < 0.04] = 0  # removes the splines' faint rings from the background
    return np.rint(255 * bright).astype(np.uint8), labels[chosen]
