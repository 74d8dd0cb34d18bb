"""A folder that is locked, and followed when it is moved."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganzoo.runs.errors import RunError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder, or raises a RunError; the lock ends with the process."""
    with open(folder / ".lock", "w") as file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"Another process is training in {folder}; wait for it, or give each "
                "process, including each of several workers, its own --output."
            ) from None
        except OSError:  # a file system without locks
            pass
        yield


class Place:
    """A folder that this process has opened as `first`, with its current path.

    With only a path, a moved folder would be created again, with half of the run in it.
    """

    def __init__(self, path: Path):
        """Opens a folder."""
        self.first = self._path = path
        self._opened = os.open(path, os.O_RDONLY) if os.name == "posix" else None

    @property
    def path(self) -> Path:
        """The folder's path; if it was deleted, a RunError."""
        if self._opened is None or self._is(self._path):
            return self._path
        found = _name(self._opened)
        if found is None or not self._is(found):
            raise RunError(
                f"{self.first} is gone: it was deleted, or moved where this process "
                "cannot find it, during training. Nothing was written elsewhere: the "
                "saved files moved with the folder. To resume, give the same command "
                "with its new path as --output."
            )
        self._path = found
        return found

    @property
    def moved(self) -> bool:
        """Whether the folder was moved."""
        return self.path != self.first

    def close(self) -> None:
        """Closes the folder."""
        if self._opened is not None:
            os.close(self._opened)

    def _is(self, path: Path) -> bool:
        if self._opened is None:
            return False
        try:
            return os.path.samestat(os.stat(path), os.fstat(self._opened))
        except OSError:
            return False


def _name(opened: int) -> Path | None:
    """Returns the path of an open folder, if the system provides it."""
    with contextlib.suppress(OSError):
        if hasattr(fcntl, "F_GETPATH"):  # macOS
            found = fcntl.fcntl(opened, fcntl.F_GETPATH, bytes(1024))
            return Path(os.fsdecode(found.rstrip(b"\0")))
        return Path(os.readlink(f"/proc/self/fd/{opened}"))
    return None
