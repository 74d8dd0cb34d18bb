"""A folder that is held on to: locked, and followed where it is moved."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ganzoo.runs.errors import RunError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes from the folder; ends with the process, however that ends.

    Raises:
        RunError: Another process has it.
    """
    with open(folder / ".lock", "w") as file:
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"Another process is training in {folder}; wait for it, or give each "
                "its own --output, several workers too."
            ) from None
        except OSError:  # a file system without locks
            pass
        yield


class Place:
    """A folder that this process has opened, by the name that it has now.

    A path alone would be made anew, and half of the run would lie there.

    Attributes:
        first: The path by which it was opened.
    """

    def __init__(self, path: Path):
        """Opens a folder."""
        self.first = self._path = path
        self._opened = os.open(path, os.O_RDONLY) if os.name == "posix" else None

    @property
    def path(self) -> Path:
        """The folder's path.

        Raises:
            RunError: It has none any more.
        """
        if self._opened is None or self._is(self._path):
            return self._path
        found = _name(self._opened)
        if found is None or not self._is(found):
            raise RunError(
                f"{self.first} is gone: it was deleted, or moved where this process "
                "cannot find it, while it was trained in. Nothing was written "
                "elsewhere: what was saved is where the folder went. The same command "
                "goes on, given that place as --output."
            )
        self._path = found
        return found

    @property
    def moved(self) -> bool:
        """Whether the folder is elsewhere than it was."""
        return self.path != self.first

    def close(self) -> None:
        """Lets it go."""
        if self._opened is not None:
            os.close(self._opened)

    def _is(self, path: Path) -> bool:
        try:
            return os.path.samestat(os.stat(path), os.fstat(self._opened))
        except OSError:
            return False


def _name(opened: int) -> Path | None:
    """Returns the path of an open folder, where the system tells."""
    with contextlib.suppress(OSError):
        if hasattr(fcntl, "F_GETPATH"):  # macOS
            told = fcntl.fcntl(opened, fcntl.F_GETPATH, bytes(1024))
            return Path(os.fsdecode(told.rstrip(b"\0")))
        return Path(os.readlink(f"/proc/self/fd/{opened}"))
    return None
