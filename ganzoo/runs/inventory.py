"""What a run folder holds besides checkpoints and logs, as a checkpoint knows it."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from ganzoo.files import DamagedError, read_json, sha256

# What the training leaves: pictures, which are as they were written for ever, event
# files, which grow, and measures, which are written anew now and then.
_PICTURES, _EVENTS, _MEASURES = "samples/", "tensorboard/", "*.json"
_SHOWN = (_PICTURES, _EVENTS)
_RATES = "rollbacks.json"  # the learning rates follow from it
_ASIDE = "damaged_"
_OTHERS = {"config.json", "manifest.json"}  # a run looks at them by itself


class Inventory:
    """Keeps account of what a training writes to its folder.

    What a report of an earlier end has left there is not the training's: it is written
    anew with the next report.
    """

    def __init__(self):
        """Starts with nothing."""
        self._others = {}
        self._sums = {}

    def restored(self, folder: Path, known: dict) -> None:
        """Begins from what a checkpoint knew; what else there is, is somebody else's.

        Args:
            folder: The run folder.
            known: What `take` had returned.
        """
        self._others = {
            name: _state(path) for name, path in _files(folder) if name not in known
        }

    def take(self, folder: Path) -> dict[str, str | None]:
        """Returns all files that the training wrote; of pictures with the SHA-256."""
        found = {}
        for name, path in _files(folder):
            state = _state(path)
            if self._others.get(name) == state:
                continue
            found[name] = None
            if name.startswith(_PICTURES):
                if self._sums.get(name, (None,))[0] != state:
                    self._sums[name] = (state, sha256(path))
                found[name] = self._sums[name][1]
        return found


def needed(folder: Path, known: dict, ended: bool) -> list[str]:
    """Says what is gone of that without which a run cannot go on, a clause each.

    Args:
        folder: The run folder.
        known: What the checkpoint knows of.
        ended: Whether nothing is left to train that would write measures anew.
    """
    return [
        f"{folder / name} {what}"
        for name, what in _gone(folder, known)
        if name == _RATES or (ended and not name.startswith(_SHOWN))
    ]


def gone(folder: Path, known: dict) -> list[str]:
    """Sets aside what else is damaged; returns a line for each kind of file gone.

    Args:
        folder: The run folder.
        known: What the checkpoint knows of.
    """
    kinds = {}
    for name, what in _gone(folder, known):
        place = name.rpartition("/")[0]
        kinds.setdefault((place, what), []).append(name)
        path = folder / name
        if path.exists():
            path.replace(path.with_name(_ASIDE + path.name))
    return [
        f"{folder / names[0]} {what}"
        + (f", and {len(names) - 1} more" if names[1:] else "")
        + (": the run goes on without." if place else ": it is written anew.")
        for (place, what), names in kinds.items()
    ]


def _gone(folder: Path, known: dict) -> Iterator[tuple[str, str]]:
    """Yields the files that are missing or damaged, and which of the two."""
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
                yield name, "is damaged (no JSON)"


def _files(folder: Path) -> list[tuple[str, Path]]:
    paths = itertools.chain(
        folder.glob(f"{_PICTURES}**/*"),
        folder.glob(f"{_EVENTS}*"),
        folder.glob(_MEASURES),
    )
    return [
        (path.relative_to(folder).as_posix(), path)
        for path in sorted(paths)
        if path.is_file()
        and not path.name.startswith((".", _ASIDE))
        and path.name not in _OTHERS
    ]


def _state(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size
