"""Prepared sets in a folder on disk, so that they are read at once the next time.

Each set has a folder of its own, named after what it was made from. It holds
`images.npy`, `labels.npy` and, written last, `info.json`: without that, and wherever
the fingerprint differs from the one written down, the set is prepared again.
"""

import contextlib
import hashlib
import io
import os
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import numpy as np

from ganzoo import files
from ganzoo.data.images import DataError, ImageSet, image_set
from ganzoo.data.mapped import IN_MEMORY

_IMAGES, _LABELS, _INFO = "images.npy", "labels.npy", "info.json"
_CHUNK = 2**24  # bytes


def folder_of(cache: str | os.PathLike | None, key: Iterable[str]) -> pathlib.Path:
    """Returns the folder of the set that is made from what `key` lists.

    Args:
        cache: Folder of all prepared sets; by default that of the environment variable
            GANZOO_CACHE, then `ganzoo` in XDG_CACHE_HOME, or ~/.cache/ganzoo.
        key: Everything that the set depends on.
    """
    digest = hashlib.sha256()
    for part in key:
        digest.update(f"{part}\n".encode(errors="surrogateescape"))
    return files.cache_folder(cache) / "prepared" / digest.hexdigest()[:32]


def load(
    folder: pathlib.Path, note: Callable[[int, dict[str, Any]], str], **texts: Any
) -> ImageSet | None:
    """Returns a set; None if it is absent or damaged.

    Every byte is compared with the set's fingerprint. Large images are not kept in
    memory, but mapped into it.

    Args:
        folder: Folder of the set.
        note: Makes the set's note of the number of images and what was noted.
        texts: Other attributes of the set, such as its name and split.
    """
    try:
        info = files.read_json(folder / _INFO)
        names = tuple(info["class_names"])
        large = (folder / _IMAGES).stat().st_size > IN_MEMORY
        images = np.load(folder / _IMAGES, mmap_mode="r" if large else None)
        labels = np.load(folder / _LABELS)
        said = note(len(images), info["noted"])
        found = ImageSet(images, labels, names, note=said, **texts)
        if found.fingerprint != info["fingerprint"]:
            raise ValueError("the images are not those that were written")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        said = f"{folder} is damaged ({error}); it is prepared again."
        print(said.replace("\n", " "), file=sys.stderr)
        return None
    return found


def store(
    folder: pathlib.Path,
    labels: np.ndarray,
    class_names: tuple[str, ...],
    noted: dict[str, Any],
    *,
    of: str,
    **texts: Any,
) -> None:
    """Completes a set whose images are there, see `writing`.

    Args:
        folder: Folder of the set.
        labels: int [N].
        class_names: Names of the classes.
        noted: What `load` is to note, for JSON.
        of: The source and the settings: an earlier state of the same is removed.
        texts: Other attributes of the set.

    Raises:
        DataError: As `image_set`.
    """
    try:
        images = np.load(folder / _IMAGES, mmap_mode="r")
        found = image_set(images, labels, class_names, **texts)
        with files.atomic(folder / _LABELS) as temporary:
            np.save(temporary, found.labels)
        info = {
            "of": of,
            "class_names": list(class_names),
            "noted": noted,
            "fingerprint": found.fingerprint,
        }
        files.write_json(folder / _INFO, info, sealed=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for other in folder.parent.glob(f"*/{_INFO}"):
        with contextlib.suppress(OSError, ValueError):
            if other.parent != folder and files.read_json(other).get("of") == of:
                shutil.rmtree(other.parent)


@contextlib.contextmanager
def writing(folder: pathlib.Path) -> Iterator["ImageFile"]:
    """Yields a file for the images of a set, which is kept if nothing fails.

    Raises:
        DataError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.clear_leftovers(folder.parent)
        (folder / _INFO).unlink(missing_ok=True)
        with (
            files.atomic(folder / _IMAGES) as temporary,
            open(temporary, "w+b") as file,
        ):
            images = ImageFile(file)
            yield images
            images.finish()
    except PermissionError as error:
        raise DataError(
            f"{error.filename or folder} cannot be written. Set {files.CACHE} to a "
            "folder for prepared images that can be."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # another process may write there, too
            folder.rmdir()


class ImageFile:
    """An .npy file of images, written one by one: no more than one is in memory.

    Their number, and whether all are gray, turn out in the end.
    """

    def __init__(self, file: IO[bytes]):
        """Sets a file that is open for reading and writing."""
        self._file = file
        self.shape: tuple[int, ...] | None = None
        self.count = 0

    def append(self, pixels: np.ndarray) -> None:
        """Writes an image, uint8 [H, W, C]; makes gray and RGB ones alike."""
        if self.shape is None:
            self.shape = pixels.shape
            self._file.write(self._header())
        elif pixels.shape[-1] > self.shape[-1]:
            self._widen(pixels.shape)
        pixels = np.broadcast_to(pixels, self.shape)
        self._file.write(np.ascontiguousarray(pixels).data)
        self.count += 1

    def finish(self) -> None:
        """Writes the number of images."""
        self._file.seek(0)
        self._file.write(self._header())

    def _header(self) -> bytes:
        """Returns the head of the file, whose length depends on no number of images."""
        head = io.BytesIO()
        described = {"descr": "|u1", "fortran_order": False}
        shape = (self.count, *(self.shape or ()))
        np.lib.format.write_array_header_1_0(head, described | {"shape": shape})
        return head.getvalue()

    def _widen(self, shape: tuple[int, ...]) -> None:
        """Turns the gray images so far into RGB, in place, from the last one on."""
        assert self.shape is not None
        old, start = self.shape, len(self._header())
        self.shape = shape
        size, wide = int(np.prod(old)), int(np.prod(shape))
        step = max(1, _CHUNK // wide)
        for first in reversed(range(0, self.count, step)):
            last = min(first + step, self.count)
            self._file.seek(start + first * size)
            read = self._file.read((last - first) * size)
            pixels = np.frombuffer(read, np.uint8).reshape(-1, *old)
            self._file.seek(start + first * wide)
            self._file.write(np.broadcast_to(pixels, (last - first, *shape)).tobytes())
        self._file.seek(start + self.count * wide)
