"""Writes generated images: as one grid, as single files, or as an .npz file."""

import io
import math
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from ganzoo import plots
from ganzoo.files import atomic, check_new_folder
from ganzoo.zoo.conditionings import Classes
from ganzoo.zoo.sampling import Sampler

_PER_CLASS, _MOST_ROWS = 8, 16  # images of a class, and classes, in a grid by default
_PLAIN = 64  # images in a grid by default, otherwise


def default_count(sampler: Sampler) -> int:
    """Returns the number of images that make a good grid: eight of each class, or 64.

    Of very many classes there are 64 images in total.
    """
    chosen = getattr(sampler.conditioning, "chosen", ())
    return _PER_CLASS * len(chosen) if 1 < len(chosen) <= _MOST_ROWS else _PLAIN


def grid(
    sampler: Sampler, count: int, seed: int = 0, columns: int | None = None
) -> np.ndarray:
    """Generates one picture of images, in which each class begins a row.

    Args:
        sampler: The generator.
        count: Number of images.
        seed: Seed of the noise.
        columns: Number of images per row; by default the grid is about square, and of
            few classes each has one row.

    Returns:
        uint8 `[height, width, channels]`, as of `plots.tile`.
    """
    inputs = sampler.inputs(count, seed)
    images = sampler.draw(inputs)
    if isinstance(sampler.conditioning, Classes):
        images, columns = _in_rows(images, np.asarray(inputs[1]), columns)
    return plots.tile(images, columns=columns)


def write_npz(
    path: str | os.PathLike, sampler: Sampler, count: int, seed: int = 0
) -> None:
    """Writes images as `ganzoo.data.load` reads them, never holding all of them.

    The arrays are `images`, uint8 `[count, height, width, channels]`, and of a
    generator of classes `labels` and `class_names`.
    """
    inputs = sampler.inputs(count, seed)
    shape = (count, *sampler.image_shape)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with (
        atomic(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
    ):
        with file.open("images.npy", "w", force_zip64=True) as images:
            np.lib.format.write_array_header_1_0(images, header)
            for batch in _watched(sampler.stream(inputs), count):
                images.write(batch.tobytes())
        if isinstance(sampler.conditioning, Classes):
            arrays = {
                "labels": np.asarray(inputs[1]),
                "class_names": np.array(sampler.conditioning.names),
            }
            for name, array in arrays.items():
                content = io.BytesIO()
                np.save(content, array)
                file.writestr(f"{name}.npy", content.getvalue())


def write_folder(
    path: str | os.PathLike, sampler: Sampler, count: int, seed: int = 0, scale: int = 1
) -> None:
    """Writes each image as a PNG file, 00000.png, ..., never holding all of them.

    Images of classes are in sub-folders with the classes' names. So `ganzoo.data.load`
    reads the folder as a data set.

    Args:
        path: A new or empty folder.
        sampler: The generator.
        count: Number of images.
        seed: Seed of the noise.
        scale: Size of a pixel.

    Raises:
        ValueError: The folder has files already.
    """
    check_new_folder(path)
    inputs = sampler.inputs(count, seed)
    folders = [Path(path)] * count
    if isinstance(sampler.conditioning, Classes):
        names = folder_names(sampler.conditioning.names)
        folders = [Path(path) / names[label] for label in np.asarray(inputs[1])]
    for folder in set(folders):
        folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for batch in _watched(sampler.stream(inputs), count):
        for image in batch:
            file = folders[number] / f"{number:05d}.png"
            file.write_bytes(plots.png(image, scale))
            number += 1


def folder_names(names: Sequence[str]) -> list[str]:
    """Returns names of folders for classes, unique and allowed on every system."""
    plain = [re.sub(r"[^\w\-. ]", "_", name).strip(" .") for name in names]
    lower = [name.lower() for name in plain]
    return [
        name if name and lower.count(name.lower()) == 1 else f"{number}_{name}"
        for number, name in enumerate(plain)
    ]


def _in_rows(
    images: np.ndarray, labels: np.ndarray, columns: int | None
) -> tuple[np.ndarray, int | None]:
    """Sorts images by class, with white ones where a row is not full.

    Returns:
        The images, and the number of columns.
    """
    order = list(dict.fromkeys(labels.tolist()))
    most = int((labels == order[0]).sum())
    if len(order) == 1 or most == 1:
        return images, columns
    if columns is None:
        columns = min(most, max(_PER_CLASS, math.isqrt(len(images) - 1) + 1))
    found = []
    for label in order:
        own = images[labels == label]
        missing = -len(own) % columns
        found += [own, np.full((missing, *own.shape[1:]), 255, np.uint8)]
    return np.concatenate(found), columns


def _watched(batches: Iterator[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yields the batches, with a progress bar on a terminal."""
    with tqdm(total=count, unit="image", leave=False, disable=None) as bar:
        for batch in batches:
            yield batch
            bar.update(len(batch))
