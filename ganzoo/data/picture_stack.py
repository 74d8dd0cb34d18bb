"""Reads picture files of one size into one array."""

import collections
import concurrent.futures
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from ganzoo.data import pictures
from ganzoo.data.images import DataError
from ganzoo.data.pictures import WHITE, Picture

_NAMED = 3  # unreadable files that an error names, in addition to the first


def read(
    files: Sequence[pathlib.Path], background: int = WHITE
) -> tuple[np.ndarray, list[str]]:
    """Reads pictures of one size into one array.

    Returns:
        uint8 [N, H, W, C], and remarks on changes made to the pictures.
    """
    found, failed = {}, {}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        tried = pool.map(lambda file: _tried(file, background), files)
        try:
            for file, result in zip(files, tried, strict=True):
                if isinstance(result, DataError):
                    failed[file] = result
                else:
                    found[file] = result
                    _check_size(*next(iter(found.items())), file, result)
        except DataError:
            pool.shutdown(cancel_futures=True)
            raise
    if failed:
        raise _unreadable(failed)
    pictures_read = list(found.values())
    pixels = _alike([one.pixels for one in pictures_read])
    changes: collections.Counter[str] = collections.Counter()
    for one in pictures_read:
        changes.update(changes_of(one))
    return pixels, remarks(changes, len(pixels), background)


def _tried(file: pathlib.Path, background: int) -> Picture | DataError:
    try:
        return pictures.picture(file, background=background)
    except DataError as error:
        return error


def _check_size(
    first_file: pathlib.Path, first: Picture, file: pathlib.Path, picture: Picture
) -> None:
    a, b = first.pixels.shape[:2], picture.pixels.shape[:2]
    if a != b:
        raise DataError(
            f"All images must be of one size, but {first_file} is {a[0]}x{a[1]} and "
            f"{file} is {b[0]}x{b[1]} (height x width). Resize them all to that of the "
            "networks, for example to 32x32 for experiments.cifar10_gan: python -m "
            "ganzoo prepare FOLDER --size 32 --output prepared.npz."
        )


def _unreadable(failed: dict[pathlib.Path, DataError]) -> DataError:
    """Makes one error for all files, so that they can be fixed in one go."""
    files = list(failed)
    said = str(failed[files[0]]).rstrip(".") + "."
    if len(files) > 1:
        named = ", ".join(map(str, files[1 : 1 + _NAMED]))
        rest = ", ..." if len(files) > 1 + _NAMED else ""
        said += f" Nor can {len(files) - 1:,} more: {named}{rest}."
    return DataError(f"{said} Repair, replace or remove the unreadable files.")


def _alike(images: list[np.ndarray]) -> np.ndarray:
    """Stacks images, converting gray ones to RGB if some are RGB."""
    if len({image.shape[-1] for image in images}) > 1:
        shape = (*images[0].shape[:2], 3)
        images = [np.broadcast_to(image, shape) for image in images]
    return np.stack(images)


def remarks(changes: Mapping[str, int], count: int, background: int) -> list[str]:
    """Describes changes made to `count` pictures, each counted under its name."""
    level = {0: "black", WHITE: "white"}.get(background, f"gray value {background}")
    words = {
        "gray": "gray among RGB made RGB",
        "transparent": f"with transparency laid on {level}",
        "frames": f"further frames of {changes.get('animated', 0):,} not used",
    }
    some = {name: changes.get(name, 0) for name in words}
    if some["gray"] == count:
        some["gray"] = 0
    return [f"{some[name]:,} {said}" for name, said in words.items() if some[name]]


def changes_of(picture: Picture) -> dict[str, int]:
    """Returns what `remarks` counts, for one picture."""
    return {
        "gray": int(picture.pixels.shape[-1] == 1),
        "transparent": int(picture.transparent),
        "animated": int(picture.frames > 1),
        "frames": picture.frames - 1,
    }
