"""Where images come from: a name or a path in, an `ImageSet` out."""

import pathlib

import numpy as np

from ganzoo.data import folder, tfds_source
from ganzoo.data.images import (
    CHOICES,
    MAX_CLASSES,
    DataError,
    ImageSet,
    check_split,
    every_nth,
    image_set,
)


def load(dataset: str, split: str = "train", data_dir: str | None = None) -> ImageSet:
    """Loads one split of a data set into memory.

    Args:
        dataset: one of these, tried in this order:
            "digits": scikit-learn's handwritten digits (see `digits`);
            a path ending in ".npz" (see `npz`);
            an existing folder of class sub-folders (see `folder.read`);
            a TFDS name: "mnist", "mnist:3.0.1", "name/config" (see `tfds_source.read`).
        split: "train" or "test"; of a TFDS set any split it has, or a part of one in
            TFDS's notation, such as "train[:1000]".
        data_dir: for TFDS names, where prepared sets, or the original files of this
            one, lie. Left out: the environment variable TFDS_DATA_DIR, then
            ~/tensorflow_datasets.

    Raises:
        DataError: the set or the split is missing and cannot be had, or its content is
            not uint8 images of one shape with labels that fit.
    """
    if dataset == "digits":
        return digits(split)
    path = pathlib.Path(dataset).expanduser()
    if path.suffix.lower() == ".npz":
        return npz(path, split)
    if dataset and path.is_dir():
        return folder.read(path, split)
    if path.is_absolute() or dataset.startswith(".") or path.exists():
        raise DataError(f"{dataset!r} is no folder. A data set is {CHOICES}.")
    return tfds_source.read(dataset, split, data_dir)


def has_test(dataset: str) -> bool:
    """Whether a data set, as in `load`, has test images.

    Of what is neither a folder nor an .npz file that can be read it is taken for
    granted: `load` says what is wrong.
    """
    path = pathlib.Path(dataset).expanduser()
    if path.suffix.lower() == ".npz":
        try:
            with np.load(path, allow_pickle=False) as archive:
                return "test_images" in archive.files
        except Exception:  # a damaged archive can make NumPy raise nearly anything
            return True
    return not (dataset and path.is_dir()) or folder.has_test(path)


def digits(split: str = "train") -> ImageSet:
    """Scikit-learn's 1,797 real handwritten digits, in the form of MNIST; no download.

    The 8x8 images (0 to 16, white on black) are enlarged 2.5 times by cubic splines, so
    that a digit fills the middle 20x20 pixels of 28x28 as in MNIST, and each is
    stretched to 0..255. Within each class every sixth image, in scikit-learn's order,
    is a test image: 1,501 train and 296 test images with equal shares of the classes.

    Args:
        split: "train" or "test".

    Raises:
        DataError: there is no such split.
    """
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    check_split(split, ("train", "test"), "digits")
    flat, labels = load_digits(return_X_y=True)
    chosen = every_nth(labels, 6) == (split == "test")

    # A black border of 2, enlarged with the rest, lets strokes at the edge fade out.
    small = np.pad(flat[chosen].reshape(-1, 8, 8), ((0, 0), (2, 2), (2, 2)))
    large = resize(np.moveaxis(small, 0, -1), (30, 30), order=3, anti_aliasing=False)
    large = np.moveaxis(large, -1, 0)[:, 1:-1, 1:-1]
    bright = large / large.max(axis=(1, 2), keepdims=True)
    bright[bright < 0.04] = 0  # the splines' faint rings: the background is black
    images = np.rint(255 * bright).astype(np.uint8)
    return image_set(images, labels[chosen], name="digits", split=split)


def npz(path: pathlib.Path | str, split: str = "train") -> ImageSet:
    """Reads an .npz file.

    Its arrays are `images` (uint8 [N, H, W] or [N, H, W, C]) and, optionally, `labels`
    (integers [N]) and `class_names`. They make the split "train"; for a split "test"
    the file holds `test_images` and `test_labels` in the same way.

    Args:
        path: the file.
        split: "train" or "test".

    Raises:
        DataError: the file is missing or corrupt, or what it holds does not fit.
    """
    path = pathlib.Path(path)
    arrays = _arrays(path)
    if "images" not in arrays:
        raise DataError(
            f"{path} has no array 'images'; it has {', '.join(arrays) or 'none'}. "
            "Write it with numpy.savez_compressed(path, images=images, labels=labels)."
        )
    splits = ("train", "test") if "test_images" in arrays else ("train",)
    remedy = "The arrays test_images and test_labels would be a split 'test'."
    check_split(split, splits, str(path), "" if len(splits) == 2 else remedy)
    prefix = "" if split == "train" else "test_"
    images, labels = arrays[f"{prefix}images"], arrays.get(f"{prefix}labels")
    names = _class_names(arrays) if labels is not None else None
    return image_set(images, labels, names, name=path.stem, split=split)


def _arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}. A data set is {CHOICES}.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as error:  # a damaged archive can make NumPy raise nearly anything
        raise DataError(f"{path} cannot be read as an .npz file: {error}") from error


def _class_names(arrays: dict[str, np.ndarray]) -> tuple[str, ...] | None:
    """Names of the classes of both splits together, so that they agree."""
    if "class_names" in arrays:
        return tuple(str(name) for name in arrays["class_names"])
    labels = [arrays[key] for key in ("labels", "test_labels") if key in arrays]
    if any(part.dtype.kind not in "iu" or not part.size for part in labels):
        return None
    count = min(max(int(part.max()) for part in labels) + 1, MAX_CLASSES)
    return tuple(str(number) for number in range(count))
