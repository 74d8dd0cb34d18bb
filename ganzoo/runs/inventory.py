"""Files of a run folder other than checkpoints and logs, as checkpoints record them."""

import os
from collections.abc import Iterator
from pathlib import Path

from ganzoo.files import DamagedError, read_json, sha256

# Files that training writes: pictures, which never change, and event files, which grow.
# Metrics, in *.json, are rewritten occasionally.
_PICTURES, _EVENTS = "samples/", "tensorboard/"
_SHOWN = (_PICTURES, _EVENTS)
_RATES = "rollbacks.json"  # determines the learning rates
_ASIDE = "damaged_"
# Not metrics: the run checks the first two itself, and writes the last one again.
_OTHERS = {"config.json", "manifest.json", "generator.json"}

_State = tuple[int, int]  # time of modification and size


class Inventory:
    """Tracks the files that training writes to its folder.

    Files of an earlier report are not part of it: the next report rewrites them.
    """

    def __init__(self) -> None:
        """Starts with nothing."""
        self._others: dict[str, _State] = {}
        self._sums: dict[str, tuple[_State, str]] = {}

    def restored(self, folder: Path, known: dict) -> None:
        """Starts from the files in a checkpoint's record, a result of `take`."""
        self._others = {
            name: _state(path) for name, path in _files(folder) if name not in known
        }

    def take(self, folder: Path) -> dict[str, str | None]:
        """Returns all files that training wrote, pictures with their SHA-256."""
        found: dict[str, str | None] = {}
        for name, path in _files(folder):
            state = _state(path)
            if self._others.get(name) == state:
                continue
            found[name] = None
            if name.startswith(_PICTURES):
                if name not in self._sums or self._sums[name][0] != state:
                    self._sums[name] = (state, sha256(path))
                found[name] = self._sums[name][1]
        return found


def needed(folder: Path, known: dict, ended: bool) -> list[str]:
    """Describes missing or damaged files without which a run cannot resume.

    `known` are the files in the checkpoint's record; if training has ended, metrics are
    not written again.
    """
    return [
        f"{folder / name} {what}"
        for name, what in _gone(folder, known)
        if name == _RATES or (ended and not name.startswith(_SHOWN))
    ]


def gone(folder: Path, known: dict) -> list[str]:
    """Renames other damaged files; returns a line for each kind of lost file."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for name, what in _gone(folder, known):
        place = name.rpartition("/")[0]
        kinds.setdefault((place, what), []).append(name)
        path = folder / name
        if path.exists():
            path.replace(path.with_name(_ASIDE + path.name))
    return [
        f"{folder / names[0]} {what}"
        + (f", and {len(names) - 1} more" if names[1:] else "")
        + (": ignored; the run continues." if place else ": it is written again.")
        for (place, what), names in kinds.items()
    ]


def _gone(folder: Path, known: dict) -> Iterator[tuple[str, str]]:
    """Yields the missing and damaged files, each with a description of the problem."""
    for name, digest in known.items():
        path = folder / name
        if not path.exists():
            yield name, "is missing"
        elif digest is not None and sha256(path) != digest:
            yield name, "is damaged (another SHA-256)"
        elif digest is None and not name.startswith(_SHOWN):
            try:
                read_json(path)
            except DamagedError:
                yield name, "is damaged (another checksum)"
            except ValueError:
                yield name, "is damaged (not JSON)"


def _files(folder: Path) -> list[tuple[str, os.DirEntry]]:
    """Returns the files that training writes, sorted by their names in the folder.

    It scans directories instead of searching for patterns: a long run has thousands of
    pictures, and every checkpoint lists them.
    """
    found, places = [], [_PICTURES, _EVENTS, ""]
    while places:
        place = places.pop()
        if not (folder / place).is_dir():
            continue
        for entry in os.scandir(folder / place):
            name = f"{place}{entry.name}"
            if entry.is_dir():
                if place.startswith(_PICTURES):
                    places.append(f"{name}/")
                continue
            written = place or (name.endswith(".json") and name not in _OTHERS)
            ignored = entry.name.startswith((".", _ASIDE)) or not entry.is_file()
            if written and not ignored:
                found.append((name, entry))
    return sorted(found, key=lambda file: file[0])


def _state(path: str | os.PathLike) -> _State:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size
