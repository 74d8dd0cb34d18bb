"""Reads picture files of one size into one array."""

import concurrent.futures
import pathlib
from collections.abc import Sequence

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
    return pixels, _said(pictures_read, background)


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
            "networks, for example to 32x32 for experiments.cifar10_gan: with Pillow, "
            "PIL.ImageOps.fit(image, (32, 32)) crops and resizes one."
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


def _said(found: list[Picture], background: int) -> list[str]:
    gray = sum(one.pixels.shape[-1] == 1 for one in found)
    frames = [one.frames - 1 for one in found if one.frames > 1]
    see_through = sum(one.transparent for one in found)
    level = {0: "black", WHITE: "white"}.get(background, f"gray value {background}")
    said = {
        f"{gray:,} gray among RGB made RGB": 0 < gray < len(found),
        f"{see_through:,} with transparency laid on {level}": see_through,
        f"{sum(frames):,} further frames of {len(frames):,} not used": frames,
    }
    return [words for words, there in said.items() if there]
