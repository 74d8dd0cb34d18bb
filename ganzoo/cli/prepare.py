"""`python -m ganzoo prepare SOURCE --size 64 --output prepared.npz`."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import tyro

from ganzoo import files

if TYPE_CHECKING:
    from ganzoo.data import ImageSet

_SPLITS = ("train", "test")


def prepare(
    source: tyro.conf.Positional[str],
    output: str,
    size: tuple[int] | tuple[int, int] | None = None,
    fit: Literal["crop", "pad"] = "crop",
    background: int = 255,
    channels: Literal[1, 3, 4] | None = None,
    data_dir: str | None = None,
) -> None:
    """Make images of one size out of any pictures, and write an .npz or PNG files.

    Pictures are turned upright, converted to sRGB, laid on the background, cropped or
    padded, and resized. One line says what was used, what was left out, and why.

    Args:
        source: A folder of pictures or of class sub-folders, perhaps in folders train
            and test; a ZIP file of one; an .npz, a TFDS name, or "digits" (embedded).
        output: The .npz file to write, or a folder for PNG files in class folders.
        size: Height and width, or both: multiples of 16 from 16 to 128. By default
            pictures keep their size, which must be the same.
        fit: Cut the largest rectangle of the right shape from the middle, or keep whole
            pictures and pad them with background.
        background: Gray value, 0 to 255, behind transparent parts and at padded sides.
        channels: 1 (gray), 3 (RGB) or 4 (RGBA); by default 1 if all are gray, else 3.
        data_dir: Folder of prepared TFDS sets, or of a set's original files.
    """
    target = _checked(output, source)
    from ganzoo import data

    pair = None if size is None else (size[0], size[-1])
    sets: list[ImageSet] = []
    for split in _SPLITS[: 1 + data.has_test(source, data_dir)]:
        sets.append(
            data.prepare(
                source,
                pair,
                split=split,
                fit=fit,
                background=background,
                channels=sets[0].shape[-1] if sets else channels,
                data_dir=data_dir,
            )
        )
        if sets[-1].note:
            print(sets[-1].note, file=sys.stderr)
    if target.suffix.lower() == ".npz":
        _write_npz(target, sets)
    else:
        _write_folder(target, sets)
    height, width, depth = sets[0].shape
    counts = " + ".join(f"{len(one):,} {one.split}" for one in sets)
    print(f"{counts} images of {height}x{width}x{depth}: {output}")


def _checked(output: str, source: str) -> Path:
    """Refuses an output that is there already, or that lies in the source."""
    path = Path(output).expanduser()
    if path.suffix and path.suffix.lower() != ".npz" and not output.endswith(os.sep):
        raise ValueError(
            f"output={output} must end in .npz, or be a folder; give {output}{os.sep} "
            "if that is to be a folder."
        )
    empty = path.is_dir() and not any(path.iterdir())
    if (path.exists() and not empty) or (empty and path.suffix.lower() == ".npz"):
        raise ValueError(f"output={output} exists; give another name, or remove it.")
    within = Path(source).expanduser().resolve()
    if within.is_dir() and path.resolve().is_relative_to(within):
        raise ValueError(
            f"output={output} lies in the source, and would be read with it the next "
            "time; choose another place."
        )
    return path


def _write_npz(path: Path, sets: "list[ImageSet]") -> None:
    """Writes what `data.load` reads, uncompressed, so that it can be mapped."""
    arrays = {"class_names": np.array(sets[0].class_names)}
    for prefix, images in zip(("", "test_"), sets, strict=False):
        arrays[f"{prefix}images"] = images.images
        arrays[f"{prefix}labels"] = images.labels
    with files.atomic(path) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]


def _write_folder(path: Path, sets: "list[ImageSet]") -> None:
    """Writes PNG files in class folders, which appear all at once."""
    from PIL import Image
    from tqdm.auto import tqdm

    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    total = sum(map(len, sets))
    try:
        with (
            files.full_disk_named(path),
            tqdm(
                total=total, desc="writing", unit=" files", leave=False, disable=None
            ) as bar,
        ):
            for images in sets:
                top = temporary / images.split if len(sets) > 1 else temporary
                for file, pixels in _named(top, images):
                    file.parent.mkdir(parents=True, exist_ok=True)
                    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
                    Image.fromarray(pixels).save(file)
                    bar.update()
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                path.rmdir()  # an empty one
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _named(top: Path, images: "ImageSet") -> Iterator[tuple[Path, np.ndarray]]:
    """Yields the path of each image, numbered within its class, and its pixels."""
    for name in images.class_names:
        if Path(name).name != name or name.startswith(".") or "\\" in name:
            raise ValueError(
                f"The class {name!r} cannot be the name of a folder; write an .npz."
            )
    counts = dict.fromkeys(range(len(images.class_names)), 0)
    digits = len(str(len(images)))
    for row, label in enumerate(images.labels.tolist()):
        counts[label] += 1
        name = images.class_names[label]
        yield top / name / f"{counts[label]:0{digits}}.png", images.images[row]
