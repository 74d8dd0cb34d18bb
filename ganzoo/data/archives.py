"""Pictures in a ZIP file, read in place: nothing is unpacked to disk."""

import io
import pathlib
import stat
import zipfile
from collections.abc import Iterable

from ganzoo.data import picture_files, pictures
from ganzoo.data.folder import SPLITS
from ganzoo.data.images import DataError
from ganzoo.data.picture_files import Found, LeftOut

OUTSIDE = "with paths that lead out of the archive"
ENCRYPTED = "encrypted"
LINKS = "links to other files"
LARGE = "above 256 MiB"
_MOST_BYTES = 2**28  # of one picture file; an archive can promise far more than it has
_ENCRYPTED = 1  # the bit of an entry's flags


class Archive:
    """A ZIP file as a tree of folders, whose paths start with that of the file.

    Folders that hold nothing but one folder are passed over, as those that packing a
    folder leaves around its content; `root` is the first one that holds more.
    Encrypted entries, links, and entries with absolute paths or paths that lead out of
    the archive are left out.
    """

    def __init__(self, path: pathlib.Path | str):
        """Opens a file; a DataError if it is absent or not a ZIP file."""
        self.path = pathlib.Path(path)
        if not self.path.is_file():
            raise DataError(f"There is no file {str(path)!r}.")
        try:
            self._zip = zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise DataError(f"{path} cannot be read as a ZIP file: {error}") from error
        self._entries: dict[pathlib.PurePosixPath, zipfile.ZipInfo] = {}
        self._left_out: list[LeftOut] = []
        self._folders: dict[pathlib.Path, set[str]] = {self.path: set()}
        for info in self._zip.NameToInfo.values():
            self._add(info)
        self.root = self._inner(self.path)

    def subfolders(self, path: pathlib.Path) -> tuple[str, ...]:
        """Returns the sorted names of the sub-folders that are not hidden."""
        return tuple(sorted(self._folders.get(path, ())))

    def find(self, root: pathlib.Path) -> Found:
        """Returns the pictures in a folder, and what is left out."""
        inner = self._inside(root)
        files = self._within(inner, self._entries)
        left_out = [
            LeftOut(item.path.relative_to(inner), item.reason)
            if item.path.is_relative_to(inner)
            else item
            for item in self._left_out
        ]
        files.sort(key=lambda path: path.parts)
        return Found(root, tuple(files), tuple(left_out))

    def content(self, path: pathlib.Path) -> io.BytesIO:
        """Reads a file; a DataError if it is damaged."""
        try:
            return io.BytesIO(self._zip.read(self._info(path)))
        except Exception as error:  # of zipfile, zlib, lzma ...: many kinds
            raise DataError(f"{path} cannot be unpacked: {error}") from error

    def stamp(self, path: pathlib.Path) -> str:
        """Returns the size and the checksum of a file's content, as the ZIP has it."""
        info = self._info(path)
        return f"{info.file_size} {info.CRC:08x}"

    def _info(self, path: pathlib.Path) -> zipfile.ZipInfo:
        return self._entries[self._inside(path)]

    def _inside(self, path: pathlib.Path) -> pathlib.PurePosixPath:
        return pathlib.PurePosixPath(path.relative_to(self.path).as_posix())

    def _add(self, info: zipfile.ZipInfo) -> None:
        # Windows' packers may write backslashes and drives.
        path = pathlib.PurePosixPath(info.filename.replace("\\", "/"))
        first = path.parts[0] if path.parts else ""
        if path.is_absolute() or ".." in path.parts or first.endswith(":"):
            self._left_out.append(LeftOut(pathlib.PurePosixPath(path.name), OUTSIDE))
            return
        folders = path.parts if info.is_dir() else path.parts[:-1]
        shown = not any(map(picture_files.is_hidden, path.parts))
        if shown:
            above = self.path
            for name in folders:
                self._folders[above].add(name)
                above = above / name
                self._folders.setdefault(above, set())
        if info.is_dir():
            return
        reason = self._reason(info, path) if shown else picture_files.HIDDEN
        if reason is None:
            self._entries[path] = info
        else:
            self._left_out.append(LeftOut(path, reason))

    def _reason(self, info: zipfile.ZipInfo, path: pathlib.PurePosixPath) -> str | None:
        """Returns why an entry is not read; None for a picture."""
        if stat.S_ISLNK(info.external_attr >> 16):
            return LINKS
        if info.flag_bits & _ENCRYPTED:
            return ENCRYPTED
        suffix = path.suffix.lower()
        if suffix and suffix not in pictures.suffixes():
            return picture_files.NO_PICTURE
        if info.file_size > _MOST_BYTES:
            return LARGE
        if suffix or (info.file_size and self._looks_like_one(info)):
            return None
        return picture_files.NO_PICTURE

    def _looks_like_one(self, info: zipfile.ZipInfo) -> bool:
        try:
            return pictures.looks_like_one(io.BytesIO(self._zip.read(info)))
        except Exception:  # damaged, which `content` reports
            return True

    def _inner(self, folder: pathlib.Path) -> pathlib.Path:
        while self._entries and len(names := self._folders[folder]) == 1:
            (name,) = names
            inner = self._inside(folder / name)
            everything = len(self._within(inner, self._entries)) == len(self._entries)
            if name.lower() in SPLITS or not everything:
                break
            folder = folder / name
        return folder

    def _within(
        self, folder: pathlib.PurePath, paths: Iterable[pathlib.PurePosixPath]
    ) -> list[pathlib.PurePosixPath]:
        """Returns the paths that are in a folder, relative to it."""
        return [
            path.relative_to(folder) for path in paths if path.is_relative_to(folder)
        ]
