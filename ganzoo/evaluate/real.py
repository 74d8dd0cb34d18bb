"""The real images that others are compared with."""

from pathlib import Path

from ganzoo import data
from ganzoo.data import fitting, picture_files, sources

_CHOICES = "a ZIP file of pictures, or a data set as data.load reads it"


def check(against: str, data_dir: str | None) -> None:
    """Refuses a data set that does not exist, without reading images."""
    path = Path(against).expanduser()
    if not _is_prepared(path):
        data.check(against, data_dir)
    elif not path.exists():
        raise data.DataError(f"There is no file {against!r}. It must be {_CHOICES}.")


def load(
    against: str, data_dir: str | None, shape: tuple[int, ...]
) -> tuple[data.ImageSet, data.ImageSet | None]:
    """Returns the training images, and the test images if there are any.

    A ZIP file, and a folder without class folders, are prepared as `ganzoo train` does:
    pictures of other sizes are cropped and resized to that of the images compared.

    Args:
        against: A ZIP file or a folder of pictures, or as in `data.load`.
        data_dir: Folder of data sets; see `data.load`.
        shape: (height, width, channels) of the images that are compared with them.
    """
    path = Path(against).expanduser()
    if not _is_prepared(path):
        return data.load(against, "train", data_dir), _test(against, data_dir)
    sides = range(fitting.STEP, fitting.LARGEST + 1, fitting.STEP)
    size = (shape[0], shape[1]) if {*shape[:2]} <= {*sides} else None
    train = data.prepare(against, size)
    test = None
    if data.has_test(against):
        test = data.prepare(against, size, split="test", channels=train.shape[-1])
    return train, test


def _is_prepared(path: Path) -> bool:
    """Returns whether a source has to be prepared, because `data.load` refuses it."""
    if sources.is_zip(path) and not path.is_dir():
        return True
    flat = path.is_dir() and not picture_files.subfolders(path)
    return flat and bool(picture_files.find(path).files)


def _test(against: str, data_dir: str | None) -> data.ImageSet | None:
    if data.is_own(against):
        there = data.has_test(against)
        return data.load(against, "test", data_dir) if there else None
    try:
        return data.load(against, "test", data_dir)
    except data.DataError:  # not every TFDS set has test images
        return None
