"""The one form every source is brought into: uint8 images with integer labels."""

import dataclasses
import functools
import hashlib

import numpy as np

CHANNELS = (1, 3)
UNLABELLED = ("all",)
# More classes than any set of this size has: a label beyond is a mistake.
MAX_CLASSES = 2**16
CHOICES = (
    "'digits' (1,797 real handwritten digits, no download), a folder of class "
    "sub-folders, an .npz file with 'images' and 'labels', or the name of a TFDS set "
    "such as 'mnist'"
)


class DataError(ValueError):
    """A data set that cannot be used as asked; the message says why and what helps."""


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """A whole split of a data set in memory.

    The arrays are read-only views: a set can be shared, and its fingerprint stays true.

    Attributes:
        images: uint8 [N, H, W, C], C = 1 (grey) or 3 (RGB), values 0 to 255.
        labels: int32 [N], each an index into `class_names`.
        class_names: one name a class. A set without labels has the one class "all".
        name: what may be reported, such as "mnist 3.0.1".
        split: the split's name, such as "train".

    Raises:
        DataError: an array has the wrong type, shape or length, or a label no class.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    name: str
    split: str

    def __post_init__(self):
        where = f"{self.name} ({self.split})"
        _check_images(self.images, where)
        _check_labels(self.labels, len(self.images), self.class_names, where)
        object.__setattr__(self, "images", _read_only(self.images, np.uint8))
        object.__setattr__(self, "labels", _read_only(self.labels, np.int32))
        object.__setattr__(self, "class_names", tuple(self.class_names))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""
        return tuple(self.images.shape[1:])

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the shape, the images and the labels, computed once."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images))
        digest.update(np.ascontiguousarray(self.labels.astype("<i4")))
        return digest.hexdigest()


def image_set(
    images: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: tuple[str, ...] | None = None,
    *,
    name: str,
    split: str = "train",
) -> ImageSet:
    """Builds an `ImageSet` of arrays, filling in what may be left out.

    Args:
        images: uint8 [N, H, W, C], or [N, H, W] for grey.
        labels: integers [N]; left out, all are 0 and the one class is named "all".
        class_names: left out, they are "0", "1", ... up to the largest label.
        name: what may be reported.
        split: the split's name.

    Raises:
        DataError: see `ImageSet`.
    """
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    if labels is None:
        labels, class_names = np.zeros(len(images), np.int32), UNLABELLED
    labels = np.asarray(labels)
    if class_names is None:
        integers = labels.size and np.issubdtype(labels.dtype, np.integer)
        count = int(labels.max()) + 1 if integers else 1
        class_names = tuple(str(n) for n in range(min(max(count, 1), MAX_CLASSES)))
    return ImageSet(images, labels, class_names, name, split)


def join(first: ImageSet, second: ImageSet) -> ImageSet:
    """Puts two splits of a data set together, the images of the first one first.

    Args:
        first: such as the training images.
        second: such as the test images.

    Returns:
        A set with the name of the first and the splits of both, as "train+test".

    Raises:
        DataError: the two have other classes, or images of another shape.
    """
    if first.shape != second.shape or first.class_names != second.class_names:
        raise DataError(
            f"{first.name} {first.split} and {second.name} {second.split} cannot be "
            f"joined: images of {first.shape} and {second.shape}, "
            f"{len(first.class_names)} and {len(second.class_names)} classes; join "
            "splits of one data set."
        )
    return ImageSet(
        np.concatenate([first.images, second.images]),
        np.concatenate([first.labels, second.labels]),
        first.class_names,
        first.name,
        f"{first.split}+{second.split}",
    )


def hold_out(images: ImageSet, every: int = 10) -> tuple[ImageSet, ImageSet]:
    """Takes every so many-th image of each class out, to test on.

    Args:
        images: such as those of a set without test images.
        every: 10 takes the tenth image of each class, the twentieth, and so on.

    Returns:
        The images that are left, and those that were taken out.

    Raises:
        DataError: no class has so many images.
    """
    taken = every_nth(images.labels, every)
    if not taken.any():
        raise DataError(
            f"{images.name} has no test images, and no class of {every} images, of "
            "which one could be held out."
        )
    left, out = (
        dataclasses.replace(
            images,
            images=images.images[rows],
            labels=images.labels[rows],
            split=f"{images.split}, {part} in {every}",
        )
        for rows, part in ((~taken, every - 1), (taken, 1))
    )
    return left, out


def every_nth(labels: np.ndarray, every: int) -> np.ndarray:
    """Returns which labels are the n-th, the 2n-th, ... of their class: bool [N]."""
    place = np.zeros(len(labels), int)
    for label in np.unique(labels):
        place[labels == label] = np.arange(np.count_nonzero(labels == label))
    return place % every == every - 1


def check_split(
    split: str, splits: tuple[str, ...], where: str, remedy: str = ""
) -> None:
    """Raises a DataError naming the splits there are, if `split` is not one of them."""
    if split not in splits:
        raise DataError(
            f"{where} has no split {split!r}; it has {', '.join(splits)}. {remedy}"
        )


def _read_only(array: np.ndarray, dtype: type) -> np.ndarray:
    view = np.asarray(array, dtype).view()
    view.flags.writeable = False
    return view


def _check_images(images: np.ndarray, where: str) -> None:
    if np.issubdtype(images.dtype, np.floating):
        bad = int(np.count_nonzero(~np.isfinite(images)))
        trouble = f" ({bad} of its values are NaN or infinite)" if bad else ""
        raise DataError(
            f"{where}: images are {images.dtype}{trouble}, but uint8 (0 to 255) is "
            "needed. Convert them: np.round(255 * images).astype(np.uint8) for values "
            "in [0, 1], ganzoo.data.to_uint8(images) for values in [-1, 1]."
        )
    if images.dtype != np.uint8:
        raise DataError(
            f"{where}: images are {images.dtype}, but uint8 (0 to 255) is needed. "
            "Convert them with images.astype(np.uint8) if all values are 0 to 255."
        )
    if images.ndim != 4 or images.shape[-1] not in CHANNELS:
        raise DataError(
            f"{where}: images have the shape {images.shape}, but [N, H, W, C] with "
            "C = 1 (grey) or 3 (RGB) is needed; [N, H, W] is taken as grey."
        )
    if 0 in images.shape:
        raise DataError(f"{where}: there are no images (shape {images.shape}).")


def _check_labels(
    labels: np.ndarray, count: int, class_names: tuple[str, ...], where: str
) -> None:
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{where}: labels are {labels.dtype}, but must be integers.")
    if labels.shape != (count,):
        raise DataError(
            f"{where}: labels have the shape {labels.shape}, but ({count},) is needed: "
            "one label an image."
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= len(class_names)))
    if wrong.size:
        raise DataError(
            f"{where}: label {labels[wrong[0]]} of image {wrong[0]} is out of range "
            f"({wrong.size} such labels): there are {len(class_names)} classes, so "
            f"labels must be 0 to {len(class_names) - 1}."
        )
