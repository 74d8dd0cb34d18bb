"""The common form of all sources: uint8 images with integer labels."""

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Iterator

import numpy as np

from ganzoo.data import mapped, pixels
from ganzoo.data.pixels import COLORS

UNLABELED = ("all",)
# More classes than any set of this size has: a larger label is a mistake.
MAX_CLASSES = 2**16
CHOICES = (
    "'digits' (1,797 real handwritten digits, no download), a folder of class "
    "sub-folders, an .npz file with 'images' and 'labels', or the name of a TFDS set "
    "such as 'mnist'"
)


class DataError(ValueError):
    """A data set cannot be used as requested; the message gives cause and remedy."""


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """A whole split of a data set, in memory or mapped into it from a file.

    The arrays are read-only views: sets can be shared and fingerprints stay valid.

    Attributes:
        images: uint8 [N, H, W, C], C = 1 (gray), 3 (RGB) or 4 (RGBA), values 0 to 255;
            an array, a memory map (`np.memmap`), or `mapped.MappedRows` of one.
        labels: int32 [N], each an index into `class_names`.
        class_names: One name per class. A set without labels has the one class "all".
        name: Name for reports, such as "mnist 3.0.1".
        split: Name of the split, such as "train".
        note: One line for the user: how many files of a folder were used, how many
            were left out, and why.
        ordered: Whether the order carries information, as the order of file names
            does, so that the first images may all be alike; see `some`.

    Raises:
        DataError: An array has the wrong type, shape or length, or a label is out of
            range.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    name: str
    split: str
    note: str = ""
    ordered: bool = False

    def __post_init__(self) -> None:
        with named(self.name, self.split):
            if self.images.dtype != np.uint8:
                raise ValueError(f"images are {self.images.dtype}, but must be uint8.")
            pixels.check_shape(self.images.shape)
            pixels.check_labels(self.labels, len(self), len(self.class_names))
        object.__setattr__(self, "images", _read_only(self.images, np.uint8))
        object.__setattr__(self, "labels", _read_only(self.labels, np.int32))
        object.__setattr__(self, "class_names", tuple(self.class_names))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of one image."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the shape, the images and the labels, computed once."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        for part in mapped.chunks(self.images):
            digest.update(np.ascontiguousarray(self.images[part]).data)
        digest.update(np.ascontiguousarray(self.labels.astype("<i4")).data)
        return digest.hexdigest()


def image_set(
    images: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: tuple[str, ...] | None = None,
    *,
    name: str,
    split: str = "train",
    note: str = "",
    ordered: bool = False,
) -> ImageSet:
    """Builds an `ImageSet` from arrays and fills in defaults.

    Args:
        images: uint8 [N, H, W, C], or [N, H, W] for gray; bool is black and white.
        labels: Integers [N]; by default all are 0 and the one class is named "all".
        class_names: Names of the classes; by default "0", "1", ... up to the largest
            label.
        name: Name for reports.
        split: Name of the split.
        note: One line for the user.
        ordered: Whether the order carries information.

    Raises:
        DataError: As in `ImageSet`; or all images are nearly black because their
            values are not in 0 to 255 but, for example, 0 and 1.
    """
    images = images if mapped.is_mapped(images) else np.asarray(images)
    with named(name, split):
        if images.ndim == 3 and images.shape[-1] not in COLORS:
            images = images[..., None]
        pixels.check_shape(images.shape)
        images = pixels.as_uint8(images)
    if labels is None:
        labels, class_names = np.zeros(len(images), np.int32), UNLABELED
    labels = np.asarray(labels)
    if class_names is None:
        integers = labels.size and np.issubdtype(labels.dtype, np.integer)
        count = int(labels.max()) + 1 if integers else 1
        class_names = tuple(str(n) for n in range(min(max(count, 1), MAX_CLASSES)))
    return ImageSet(images, labels, class_names, name, split, note, ordered)


def check_split(
    split: str, splits: tuple[str, ...], where: str, remedy: str = ""
) -> None:
    """Raises a DataError that names the available splits, if `split` is not one."""
    if split not in splits:
        raise DataError(
            f"{where} has no split {split!r}; it has {', '.join(splits)}. {remedy}"
        )


@contextlib.contextmanager
def named(name: str, split: str) -> Iterator[None]:
    """Turns a ValueError into a DataError that starts with the name of the set."""
    try:
        yield
    except ValueError as error:
        raise DataError(f"{name} ({split}): {error}") from None


def _read_only(array: np.ndarray, dtype: type) -> np.ndarray:
    if isinstance(array, mapped.MappedRows):
        return array
    kept = isinstance(array, np.memmap) and array.dtype == dtype
    view: np.ndarray = (array if kept else np.asarray(array, dtype)).view()
    view.flags.writeable = False
    return view
