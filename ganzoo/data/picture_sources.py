"""Where pictures to be prepared come from: folders, ZIP files, and whole sets."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ganzoo.data import archives, folder, pictures, sources
from ganzoo.data.fitting import Fitting
from ganzoo.data.images import ImageSet
from ganzoo.data.picture_files import LeftOut
from ganzoo.data.pictures import Shown


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """Pictures of one split that can be read one by one.

    Attributes:
        where: What they are, for the note, such as "The folder photos (train)".
        items: What `read` takes, in the order of the images: paths or row numbers.
        labels: int [N], the class of each.
        key: Lines that identify their content.
        read: Reads one, for a largest side in pixels or None.
    """

    name: str
    where: str
    items: list[Any]
    labels: np.ndarray
    class_names: tuple[str, ...]
    left_out: list[LeftOut]
    key: Iterable[str]
    read: Callable[[Any, int | None], Shown]
    unit: str = "file"
    ordered: bool = True


def opened(
    source: str, split: str, data_dir: str | None, how: Fitting
) -> Source | ImageSet:
    """Returns the pictures of a source, or a set that has the right form already."""
    path = pathlib.Path(source).expanduser()
    if sources.is_zip(path) and not path.is_dir():
        archive = archives.Archive(path)
        groups, left_out = folder.grouped_or_flat(archive.root, split, archive)
        read = _reading(archive.content)
        where = f"The archive {path} ({split})"
        return _listed(path.stem, where, groups, left_out, archive.stamp, path, read)
    if path.is_dir() and sources.is_own(source):
        sources.check_name(source, data_dir)
        groups, left_out = folder.grouped_or_flat(path, split)
        where, name = f"The folder {path} ({split})", path.resolve().name
        return _listed(name, where, groups, left_out, _stamp, path, _reading(None))
    images = sources.load(source, split, data_dir)
    same_size = how.size in (None, images.shape[:2])
    channels = images.shape[-1]
    if same_size and channels == (how.channels or min(channels, 3)):
        return images
    return _rows(images)


def _listed(
    name: str,
    where: str,
    groups: dict[str, list[pathlib.Path]],
    left_out: list[LeftOut],
    stamp: Callable[[pathlib.Path], str],
    root: pathlib.Path,
    read: Callable[[Any, int | None], Shown],
) -> Source:
    items = [(group, file) for group, files in groups.items() for file in files]
    key = (f"{group}\0{file.relative_to(root)}\0{stamp(file)}" for group, file in items)
    return Source(
        name,
        where,
        [file for _, file in items],
        np.repeat(np.arange(len(groups)), [len(files) for files in groups.values()]),
        tuple(groups),
        left_out,
        key,
        read,
    )


def _reading(
    content: Callable[[pathlib.Path], Any] | None,
) -> Callable[[Any, int | None], Shown]:
    def read(path: pathlib.Path, needed: int | None) -> Shown:
        return pictures.shown(path, content and content(path), needed=needed)

    return read


def _stamp(path: pathlib.Path) -> str:
    status = os.stat(path)
    return f"{status.st_size} {status.st_mtime_ns}"


def _rows(images: ImageSet) -> Source:
    """Returns the images of a set as pictures."""
    from PIL import Image

    def read(row: int, needed: int | None) -> Shown:
        pixels = np.ascontiguousarray(images.images[row])
        if pixels.shape[-1] == 1:
            pixels = pixels[..., 0]
        return Shown(Image.fromarray(pixels), images.shape[:2])

    return Source(
        images.name,
        f"{images.name} ({images.split})",
        list(range(len(images))),
        images.labels,
        images.class_names,
        [],
        (images.fingerprint, *images.class_names),
        read,
        "image",
        images.ordered,
    )
