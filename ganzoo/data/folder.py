"""A folder of class sub-folders with image files."""

import concurrent.futures
import pathlib

import numpy as np

from ganzoo.data.images import DataError, ImageSet, check_split, image_set

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
# Pillow's modes that are uint8 grey or RGB as they are, and bilevel, which is grey too.
_MODES = {"L": "L", "1": "L", "RGB": "RGB"}


def read(path: pathlib.Path | str, split: str = "train") -> ImageSet:
    """Reads a folder: one sub-folder a class, with image files of one size and mode.

    The sub-folders' sorted names are the classes, the images come class by class,
    sorted by name. If `train` and `test` are the folders that hold the class folders,
    they are the splits, and the classes are those of `train`; otherwise all images are
    the split "train".
    Hidden files, and files that are no images by their suffix, are passed over.

    Args:
        path: the folder.
        split: "train" or "test".

    Raises:
        DataError: no class folders, an empty one, an image that cannot be read, images
            of mixed sizes or modes, or no such split.
    """
    path = pathlib.Path(path)
    splits = tuple(name for name in ("train", "test") if _subfolders(path / name))
    if splits:
        check_split(split, splits, f"The folder {path}")
        top = path / split
        classes = _subfolders(path / splits[0])
    else:
        remedy = "For more, put the class folders into sub-folders train and test."
        check_split(split, ("train",), f"The folder {path}", remedy)
        top, classes = path, _subfolders(path)
    if not classes:
        raise DataError(
            f"The folder {path} holds no class sub-folders. Put the images into one "
            "sub-folder a class (a single one will do for images without classes), or "
            "give another name if you did not mean this folder."
        )
    unknown = sorted(set(_subfolders(top)) - set(classes))
    if unknown:
        raise DataError(f"{top / unknown[0]} is no class of {path / splits[0]}.")
    files = [_files(top / name) for name in classes]
    labels = np.repeat(np.arange(len(classes)), [len(group) for group in files])
    found = _read([file for group in files for file in group])
    return image_set(found, labels, classes, name=path.resolve().name, split=split)


def has_test(path: pathlib.Path | str) -> bool:
    """Whether a folder has a split "test"; see `read`."""
    return bool(_subfolders(pathlib.Path(path) / "test"))


def images(path: pathlib.Path | str) -> np.ndarray:
    """Reads all images of a folder and of its sub-folders, whatever these stand for.

    Hidden files, and files that are no images by their suffix, are passed over.

    Returns:
        uint8 [N, H, W, C], sorted by their paths.

    Raises:
        DataError: no images, one that cannot be read, or mixed sizes or modes.
    """
    path = pathlib.Path(path)
    files = [
        file
        for file in sorted(path.rglob("*"))
        if _is_image(file) and not _hidden(file.relative_to(path))
    ]
    if not files:
        raise DataError(
            f"The folder {path} holds no images ({', '.join(SUFFIXES)}), nor do its "
            "sub-folders."
        )
    return _read(files)


def _subfolders(path: pathlib.Path) -> tuple[str, ...]:
    if not path.is_dir():
        return ()
    folders = (entry.name for entry in path.iterdir() if entry.is_dir())
    return tuple(sorted(name for name in folders if not name.startswith(".")))


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    files = [
        file
        for file in (sorted(path.iterdir()) if path.is_dir() else ())
        if _is_image(file)
    ]
    if not files:
        raise DataError(
            f"The class folder {path} holds no images ({', '.join(SUFFIXES)}). Remove "
            "it, or put images into it."
        )
    return files


def _hidden(path: pathlib.Path) -> bool:
    return any(name.startswith(".") for name in path.parts)


def _is_image(file: pathlib.Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".")


def _read(files: list[pathlib.Path]) -> np.ndarray:
    """Files of one size and mode as uint8 [N, H, W, C]."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(_image, files))
    _check_alike(files, found)
    return np.stack(found)


def _image(path: pathlib.Path) -> np.ndarray:
    """One file as uint8 [H, W, C]."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            mode = image.mode
            pixels = np.array(image.convert(_MODES.get(mode, mode)))
    except Exception as error:  # a damaged file can make Pillow raise nearly anything
        raise DataError(f"{path} cannot be read as an image: {error}") from error
    if mode not in _MODES:
        raise DataError(
            f"{path} has the mode {mode!r}, but 8-bit grey ('L') or 'RGB' is needed. "
            "Convert it, in Pillow with Image.open(path).convert('RGB')."
        )
    return pixels.reshape(*pixels.shape[:2], -1)


def _check_alike(files: list[pathlib.Path], images: list[np.ndarray]) -> None:
    first = images[0].shape
    for file, image in zip(files, images, strict=True):
        if image.shape[:2] != first[:2]:
            raise DataError(
                "The images must be of one size, but "
                f"{files[0]} is {first[0]}x{first[1]} and "
                f"{file} is {image.shape[0]}x{image.shape[1]} (height x width)."
            )
        if image.shape != first:
            raise DataError(
                "The images must be all grey or all RGB, but "
                f"{files[0]} has {first[2]} channel(s) and {file} has {image.shape[2]}."
            )
