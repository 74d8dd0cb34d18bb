"""Finds the picture files in a folder, and the other files by reason."""

import collections
import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterable, Iterator

from ganzoo.data import pictures
from ganzoo.data.images import DataError

HIDDEN = "hidden or the system's"
NO_PICTURE = "not readable as pictures"
NO_FILE = "not regular files"
NOWHERE = "broken links"
ROUND = "links to a parent folder"
DAMAGED = "damaged"
UNCLEAR = "with pixels of unknown range or kind"
TINY = "narrower than 8 pixels"
HUGE = "of above 178 million pixels"
NAMED = {DAMAGED, UNCLEAR, TINY, HUGE}  # whose files are named
_MOST_NAMED = 3
_FOLDER = "a folder"
# Files that systems add to a user's; everything else with a leading dot is hidden.
_SYSTEM = {
    "__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin", "lost+found",
    "system volume information", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
    "desktop.ini", "icon\r", "__pycache__",
}  # fmt: skip


_Identity = tuple[int, int]  # device and inode


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A file, or a folder with its content, that is not read, and why."""

    path: pathlib.PurePath
    reason: str


@dataclasses.dataclass(frozen=True)
class Found:
    """Content of a folder and its sub-folders; links to folders are followed.

    The picture files, sorted by name, and all others are relative to the folder.
    """

    root: pathlib.Path
    files: tuple[pathlib.PurePath, ...]
    left_out: tuple[LeftOut, ...]


def find(root: pathlib.Path) -> Found:
    """Searches a folder and its sub-folders for pictures.

    A file is recognized by its suffix, or by its first bytes if it has no suffix.
    """
    files: list[pathlib.Path] = []
    left_out: list[LeftOut] = []
    # Folders to search, each with the identities of its parents.
    waiting: list[tuple[pathlib.Path, tuple[_Identity, ...]]] = [(root, ())]
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
    """Returns the sorted names of the sub-folders that are not hidden."""
    if not path.is_dir():
        return ()
    folders = (entry.name for entry in _entries(path) if _kind(entry) == stat.S_IFDIR)
    return tuple(sorted(name for name in folders if not is_hidden(name)))


def is_hidden(name: str) -> bool:
    """Returns whether a name is hidden, or that of a file left by the system."""
    return name.startswith(".") or name.lower() in _SYSTEM


def in_words(
    used: int,
    left_out: Iterable[LeftOut],
    more: Iterable[str] = (),
    unit: str = "file",
) -> str:
    """Describes how many files were used, and how many left out, by reason."""
    reasons = collections.defaultdict(list)
    for item in left_out:
        reasons[item.reason].append(item.path)
    count = sum(map(len, reasons.values()))
    said = [f"{used:,} {unit}{'s' if used != 1 else ''} used", f"{count:,} left out"]
    if reasons:
        most_first = sorted(reasons.items(), key=lambda item: -len(item[1]))
        said[-1] += f" ({', '.join(_counted(*item) for item in most_first)})"
    return "; ".join([", ".join(said), *more])


def _counted(reason: str, paths: list[pathlib.PurePath]) -> str:
    kinds = sorted({path.suffix.lower() for path in paths} - {""})
    if reason in NAMED:
        names = [path.name for path in paths[:_MOST_NAMED]]
        names += ["..."] if len(paths) > _MOST_NAMED else []
        return f"{len(paths):,} {reason}: {' '.join(names)}"
    if reason != NO_PICTURE or not kinds:
        return f"{len(paths):,} {reason}"
    return (
        f"{len(paths):,} {reason}: {' '.join([*kinds[:5], *['...'][: len(kinds[5:])]])}"
    )


def _reason(entry: os.DirEntry, here: tuple[_Identity, ...]) -> str | None:
    """Returns why an entry is not read; None for a picture."""
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
    """Returns the kind of an entry, or of its link's target; None if there is none."""
    try:
        return stat.S_IFMT(entry.stat().st_mode)
    except OSError:  # a broken link, or a link to itself
        return None


def _identity(folder: pathlib.Path | os.DirEntry) -> _Identity:
    # `entry.stat()` will not do: on Windows it has no inode number.
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _entries(folder: pathlib.Path) -> Iterator[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror}.") from error
