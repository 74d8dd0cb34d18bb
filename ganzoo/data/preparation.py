"""Pictures of any kind and size made into a set of images of one size.

The result is kept on disk (see `prepared`). A set is recognized by the settings and by
the names, sizes and modification times of its files; in a ZIP file by the names, sizes
and checksums of its entries, wherever the file lies; other sets by their fingerprint.
"""

import collections
import contextlib
import dataclasses
import functools
import os
import pathlib
import warnings
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ganzoo.data import picture_files, picture_sources, picture_stack, prepared, threads
from ganzoo.data.fitting import Fitted, Fitting, TooSmallError, fitted, size_of
from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.picture_files import LeftOut
from ganzoo.data.picture_sources import Source
from ganzoo.data.pictures import WHITE

_VERSION = "1"  # of what is computed: other pixels need another number
_WITH_BAR = 200  # pictures from which there is a progress bar
# Why a picture is left out, by the cause of the error.
_REASONS = {
    "DecompressionBombError": picture_files.HUGE,
    "UnclearError": picture_files.UNCLEAR,
}


def prepare(
    source: str | os.PathLike,
    size: int | tuple[int, int] | None = None,
    *,
    split: str = "train",
    fit: str = "crop",
    background: int = WHITE,
    channels: int | None = None,
    data_dir: str | None = None,
    cache: str | os.PathLike | None = None,
    progress: bool = True,
) -> ImageSet:
    """Makes images of one size out of pictures of any format, mode, size and shape.

    Pictures are read as a viewer shows them (see `read_picture`) and resized with
    Lanczos's filter, antialiased. Those that cannot be read, or that are narrower than
    8 pixels, are left out; the set's `note` says how many and why, and what was done to
    the others. The first call takes the time; the result is kept on disk, and the same
    call returns it at once, until a file changes. Sets above 256 MiB are mapped into
    memory from there.

    Examples:
        >>> images = ganzoo.data.prepare("photos.zip", 64)

    Args:
        source: A folder of pictures (one class, "all"); a folder of class folders, with
            pictures at any depth; one of `train` and `test` folders (see
            `folder.read`); a ZIP file of any of these; or as in `load`, an .npz file,
            a TFDS name, or "digits".
        size: Height and width, or a pair of both: multiples of 16 from 16 to 128. By
            default pictures keep their size, which must be the same.
        split: "train" or "test", if the source has one (`has_test`); see `hold_out`.
        fit: "crop" cuts the largest rectangle of the right shape from the middle; "pad"
            keeps the whole picture, and adds background at its sides.
        background: Gray value behind transparent parts and at the sides.
        channels: 1 (gray), 3 (RGB), or 4 (RGBA, transparent at padded sides). By
            default 1 if all pictures are gray, else 3. For a test split give the
            channels of the training images.
        data_dir: Folder of TFDS sets, as in `load`.
        cache: Folder of prepared sets; by default that of the environment variable
            GANZOO_CACHE, then ~/.cache/ganzoo. Its content may be deleted at any time.
        progress: Show a progress bar on a terminal, from 200 pictures on.

    Raises:
        DataError: The source is missing or holds no pictures, a class has none, an
            argument is not accepted, or pictures differ in size and none is given.
    """
    how = Fitting(size_of(size), fit, background, channels)
    found = picture_sources.opened(str(source), split, data_dir, how)
    if isinstance(found, ImageSet):
        return found
    settings = (_VERSION, repr(dataclasses.astuple(how)), split)
    place = prepared.folder_of(cache, (*settings, *found.key))
    texts = {"name": found.name, "split": split, "ordered": found.ordered}
    note = functools.partial(_note, found, how)
    images = prepared.load(place, note, **texts)
    if images is None:
        of = "\n".join((str(pathlib.Path(source).resolve()), *settings))
        _build(found, how, place, progress, texts | {"of": of})
        images = prepared.load(place, note, **texts)
    if images is None:
        raise DataError(f"{place} changes while it is written. Try again.")
    return images


def _build(
    source: Source,
    how: Fitting,
    place: pathlib.Path,
    progress: bool,
    texts: dict[str, Any],
) -> None:
    """Prepares all pictures of a source and stores them in a folder."""
    changes: collections.Counter[str] = collections.Counter()
    kept: list[int] = []
    left_out: list[tuple[int, str, str]] = []
    total = len(source.items)
    bar = {"desc": "preparing", "unit": " pictures", "leave": False}
    bar["disable"] = None if progress and total > _WITH_BAR else True
    with (
        prepared.writing(place) as file,
        warnings.catch_warnings(),
        contextlib.closing(
            threads.in_order(functools.partial(_tried, source, how), source.items)
        ) as results,
    ):
        # Pillow's warnings of oddities in files that it reads all the same.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        for row, result in enumerate(tqdm(results, total=total, **bar)):
            if isinstance(result, Fitted):
                _check_size(file.shape, result, source, row)
                file.append(result.pixels)
                changes.update(result.changes)
                kept.append(row)
            else:
                left_out.append((row, *result))
        _check_some(source, kept, left_out)
    noted = {
        "changes": changes,
        "left_out": [[str(source.items[row]), why] for row, why, _ in left_out],
    }
    prepared.store(place, source.labels[kept], source.class_names, noted, **texts)


def _tried(source: Source, how: Fitting, item: Any) -> Fitted | tuple[str, str]:
    """Returns a picture, or why it is left out, in a word and in a line."""
    try:
        return fitted(source.read(item, how.size and max(how.size)), how)
    except TooSmallError as error:
        return picture_files.TINY, f"{item} has only {error}."
    except DataError as error:
        reason = _REASONS.get(type(error.__cause__).__name__, picture_files.DAMAGED)
        return reason, str(error)


def _check_size(
    shape: tuple[int, ...] | None, picture: Fitted, source: Source, row: int
) -> None:
    if shape is None or picture.pixels.shape[:2] == shape[:2]:
        return
    a, b = ("x".join(map(str, size[:2])) for size in (shape, picture.pixels.shape))
    raise DataError(
        f"{source.where}: the pictures differ in size; the first ones are {a} (height "
        f"x width), and {source.items[row]} is {b}. Give the size to make of them, "
        "such as size=64 (--size 64)."
    )


def _check_some(
    source: Source, kept: list[int], left_out: list[tuple[int, str, str]]
) -> None:
    """Refuses a source of which no picture, or none of a class, could be read."""
    used = np.bincount(source.labels[kept], minlength=len(source.class_names))
    there = np.bincount(source.labels, minlength=len(source.class_names))
    empty = np.flatnonzero((used == 0) & (there > 0))
    if not empty.size:
        return
    name = source.class_names[empty[0]]
    which = f" of the class {name}" if kept else ""
    count = int(there[empty[0]] if kept else there.sum())
    first = next(
        line
        for row, _, line in left_out
        if kept == [] or source.labels[row] == empty[0]
    )
    raise DataError(
        f"{source.where}: none of the {count:,} pictures{which} can be used. {first}"
    )


def _note(source: Source, how: Fitting, count: int, noted: dict[str, Any]) -> str:
    """Returns the line on what was used, left out, and changed."""
    changes = noted["changes"]
    left_out = [
        LeftOut(pathlib.PurePath(path), reason) for path, reason in noted["left_out"]
    ]
    said = picture_stack.remarks(changes, count, how.background)
    resized = [
        f"{changes[name]:,} {name}"
        for name in ("cropped", "padded", "enlarged")
        if changes.get(name)
    ]
    if how.size and changes.get("resized"):
        said.append(f"{changes['resized']:,} made {how.size[0]}x{how.size[1]}")
        said[-1] += f" ({', '.join(resized)})" if resized else ""
    if changes.get("enlarged", 0) > count / 2:
        said.append("most are smaller than that: choose a smaller size for sharp ones")
    left_out += source.left_out
    words = picture_files.in_words(count, left_out, said, source.unit)
    return f"{source.where}: {words}."
