"""The picture files in a folder, and what else is in it, by reason."""

import collections
import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterable, Iterator

from ganzoo.data import pictures
from ganzoo.data.images import DataError

HIDDEN = "hidden or the system's"
NO_PICTURE = "no picture that can be read"
NO_FILE = "no regular file"
NOWHERE = "a link to nothing"
ROUND = "a link to a folder around it"
_FOLDER = "a folder"
# What systems put beside a user's files; all else that begins with a dot is hidden.
_SYSTEM = {
    "__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin", "lost+found",
    "system volume information", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
    "desktop.ini", "icon\r", "__pycache__",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A file, or a folder with all that is in it, that is not read.

    Attributes:
        path: Where it is, relative to the folder that was looked through.
        reason: Why.
    """

    path: pathlib.PurePath
    reason: str


@dataclasses.dataclass(frozen=True)
class Found:
    """What is in a folder and its sub-folders, links to folders followed.

    Attributes:
        root: The folder.
        files: Picture files, relative to it, in the order of their names.
        left_out: All else.
    """

    root: pathlib.Path
    files: tuple[pathlib.PurePath, ...]
    left_out: tuple[LeftOut, ...]


def find(root: pathlib.Path | str) -> Found:
    """Looks through a folder and its sub-folders for pictures.

    A file is one by its suffix, and without a suffix by its first bytes.

    Raises:
        DataError: A folder that cannot be listed.
    """
    root = pathlib.Path(root)
    files, left_out = [], []
    waiting = [(root, ())]  # folders, each with the identities of those around it
    while waiting:
        folder, around = waiting.pop()
        here = (*around, _identity(folder))
        for entry in _entries(folder):
            path = folder / entry.name
            reason = _reason(entry, here)
            if reason == _FOLDER:
                waiting.append((path, here))
            elif reason is None:
                files.append(path.relative_to(root))
            else:
                left_out.append(LeftOut(path.relative_to(root), reason))
    files.sort(key=lambda path: path.parts)
    return Found(root, tuple(files), tuple(left_out))


def subfolders(path: pathlib.Path) -> tuple[str, ...]:
    """Returns the names of the folders in a folder that are not hidden, sorted.

    Raises:
        DataError: It cannot be listed.
    """
    if not path.is_dir():
        return ()
    folders = (entry.name for entry in _entries(path) if _kind(entry) == stat.S_IFDIR)
    return tuple(sorted(name for name in folders if not is_hidden(name)))


def is_hidden(name: str) -> bool:
    """Whether a name is hidden, or one of the files that systems leave behind."""
    return name.startswith(".") or name.lower() in _SYSTEM


def in_words(used: int, left_out: Iterable[LeftOut], more: Iterable[str] = ()) -> str:
    """Says how many files were used, and how many were left out, by reason.

    Args:
        used: Number of files.
        left_out: The others.
        more: What else is to be said, each in a few words.
    """
    reasons = collections.defaultdict(list)
    for item in left_out:
        reasons[item.reason].append(item.path)
    count = sum(map(len, reasons.values()))
    said = [f"{used:,} file{'s' if used != 1 else ''} used", f"{count:,} left out"]
    if reasons:
        most_first = sorted(reasons.items(), key=lambda item: -len(item[1]))
        said[-1] += f" ({', '.join(_counted(*item) for item in most_first)})"
    return "; ".join([", ".join(said), *more])


def _counted(reason: str, paths: list[pathlib.PurePath]) -> str:
    kinds = sorted({path.suffix.lower() for path in paths} - {""})
    if reason != NO_PICTURE or not kinds:
        return f"{len(paths):,} {reason}"
    return (
        f"{len(paths):,} {reason}: {' '.join([*kinds[:5], *['...'][: len(kinds[5:])]])}"
    )


def _reason(entry: os.DirEntry, here: tuple) -> str | None:
    """Why an entry is not read; None of a picture."""
    if is_hidden(entry.name):
        return HIDDEN
    kind = _kind(entry)
    if kind == stat.S_IFDIR:
        return ROUND if _identity(entry) in here else _FOLDER
    if kind != stat.S_IFREG:
        return NOWHERE if kind is None else NO_FILE
    suffix = pathlib.PurePath(entry.name).suffix.lower()
    if suffix in pictures.suffixes():
        return None
    sure = not suffix and entry.stat().st_size and pictures.looks_like_one(entry.path)
    return None if sure else NO_PICTURE


def _kind(entry: os.DirEntry) -> int | None:
    """The kind of what an entry is, or links to; None where that is nothing."""
    try:
        return stat.S_IFMT(entry.stat().st_mode)
    except OSError:  # a link to nothing, or to itself
        return None


def _identity(folder) -> tuple[int, int]:
    # Not that of a directory's entry: on Windows it has no number.
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _entries(folder: pathlib.Path) -> Iterator[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror}.") from error
