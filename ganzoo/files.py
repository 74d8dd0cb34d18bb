"""Files that are complete or absent: JSON, and growing CSV tables of numbers."""

import contextlib
import csv
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_WRITING = re.compile(r"\.writing-(\d+)-(?:([0-9a-f]{8})-)?|\..*\.(\d+)\.tmp$")
_STALE = 3600.0  # seconds after which no process is still writing a file
_SEAL, _KIND = "checksum", "sha256:"
CACHE = "GANZOO_CACHE"  # the variable that names the cache folder


class DiskFullError(OSError):
    """There is no room to write a file; the old file is untouched."""

    def __init__(self, path: str | os.PathLike, number: int = errno.ENOSPC):
        """Names the file and the system's error: a full disk, quota or limit."""
        super().__init__(number, os.strerror(number), str(path))

    def __str__(self) -> str:
        """Returns what could not be written, and what to do."""
        return (
            f"{self.strerror}: {self.filename} could not be written{self._left()}. "
            "Nothing that was saved is lost: make room, and the same command resumes "
            "from there."
        )

    def _left(self) -> str:
        """Returns a note on the free space, if that is the limit."""
        if self.errno == errno.ENOSPC:
            with contextlib.suppress(OSError):
                free = shutil.disk_usage(Path(self.filename).parent).free
                return f" ({free:,} bytes are free there)"
        return ""


class DamagedError(ValueError):
    """A file differs from what was written to it."""


@contextlib.contextmanager
def full_disk_named(path: str | os.PathLike) -> Iterator[None]:
    """Turns the system's errors for a full disk into `DiskFullError` with the path."""
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if error.errno is not None and error.errno in _FULL:
            raise DiskFullError(path, error.errno) from error
        raise


@contextlib.contextmanager
def atomic(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path, which becomes `path` if nothing fails.

    If the process or the machine is killed, the old file or the new one remains, never
    half of one. The temporary name keeps the suffixes, by which libraries tell formats.

    Raises:
        DiskFullError: There is no room; the old file is still there.
    """
    path = Path(path)
    temporary = path.with_name(f".writing-{os.getpid()}-{_machine()}-{path.name}")
    try:
        with full_disk_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            sync(temporary)
            os.replace(temporary, path)
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def cache_folder(chosen: str | os.PathLike | None = None) -> Path:
    """Returns the folder of what can be made or fetched again.

    It is `chosen`, or that of the environment variable GANZOO_CACHE, then `ganzoo` in
    XDG_CACHE_HOME, or ~/.cache/ganzoo.
    """
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(chosen or os.environ.get(CACHE) or Path(base, "ganzoo")).expanduser()


def check_new_folder(path: str | os.PathLike) -> None:
    """Refuses an output folder that has files, which would be mixed with the new ones.

    Raises:
        ValueError: It has files, or is a file.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        what = "has files already" if path.is_dir() else "is a file"
        raise ValueError(f"{path} {what}; give the name of a new folder as --output.")


def sync(path: str | os.PathLike) -> None:
    """Waits until a file, or the names in a folder, would survive a power cut."""
    if not Path(path).is_dir():
        with open(path, "r+b") as written:  # Windows syncs writable files only
            os.fsync(written.fileno())
    elif os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        except OSError as error:  # some network file systems cannot
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(folder)


def clear_leftovers(folder: str | os.PathLike) -> None:
    """Removes unfinished files of killed processes, but none that is being written."""
    for path in Path(folder).rglob(".*"):
        match = _WRITING.match(path.name)
        if match and not _being_written(path, int(match[1] or match[3]), match[2]):
            path.unlink(missing_ok=True)


def _being_written(path: Path, process: int, machine: str | None) -> bool:
    """Returns whether the process that named a file may still be writing it."""
    if machine is None:  # named by an earlier version
        return False
    if machine == _machine() and os.name == "posix":
        return process != os.getpid() and _alive(process)
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime < _STALE
    return False


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's process
        return True
    return True


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"


def write_json(path: str | os.PathLike, value: dict, *, sealed: bool = False) -> None:
    """Writes human-readable JSON, atomically.

    Sealed, it has a checksum as the last entry, which `read_json` verifies and removes:
    for data that is needed later and cannot be computed again.
    """
    if sealed:
        plain = json.loads(json.dumps(value, default=_plain))
        value = plain | {_SEAL: _checksum(plain)}
    with atomic(path) as temporary:
        text = json.dumps(value, indent=2, default=_plain)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike) -> dict:
    """Reads a JSON file; a DamagedError if it was sealed and has changed since."""
    value = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(value, dict) or not value:
        return value
    # A seal with one wrong bit is still recognized by its name or its kind.
    name, seal = list(value.items())[-1]
    if name != _SEAL and not (isinstance(seal, str) and seal.startswith(_KIND)):
        return value
    del value[name]
    if name != _SEAL or seal != _checksum(value):
        raise DamagedError(
            f"{path} is damaged: its checksum does not match. Put a good copy in "
            f'place, or, if you changed it yourself, delete its "{_SEAL}".'
        )
    return value


def kept_json(path: str | os.PathLike) -> dict:
    """Reads a file of `write_json`; returns {} if it is absent or damaged.

    A damaged file is renamed, with a line on standard error: use this for data that can
    be computed again.
    """
    path = Path(path)
    try:
        return read_json(path) if path.exists() else {}
    except ValueError:
        aside = path.with_name(f"damaged_{path.name}")
        path.replace(aside)
        print(f"{path} is damaged; renamed it to {aside.name}.", file=sys.stderr)
        return {}


def _checksum(value: dict) -> str:
    return _KIND + hashlib.sha256(json.dumps(value).encode()).hexdigest()


def sha256(path: str | os.PathLike) -> str:
    """Returns a file's SHA-256, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append_rows(path: str | os.PathLike, rows: list[dict]) -> list[dict]:
    """Appends rows of numbers to a CSV file, all or none; returns them in its order.

    A row may lack some columns of the file; for new columns the file is rewritten.
    """
    if not rows:
        return []
    path = Path(path)
    before = path.stat().st_size if path.exists() else 0
    columns = _columns(path) if before else []
    every = list(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
    rows = [{name: row[name] for name in every if name in row} for row in rows]
    if before and every != columns:
        write_rows(path, read_rows(path) + rows)
        return rows
    try:
        with (
            full_disk_named(path),
            open(path, "a", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            if not before:
                writer.writerow(every)
            writer.writerows([[text(row.get(name)) for name in every] for row in rows])
    except OSError:
        with contextlib.suppress(OSError):
            os.truncate(path, before)
        raise
    return rows


def _columns(path: Path) -> list[str]:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().rstrip("\n").split(",")


def write_rows(path: str | os.PathLike, rows: list[dict]) -> None:
    """Writes a new CSV file, atomically; without rows, deletes it."""
    if not rows:
        Path(path).unlink(missing_ok=True)
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with (
        atomic(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[text(row.get(name)) for name in columns] for row in rows])


def read_rows(path: str | os.PathLike) -> list[dict[str, float]]:
    """Reads a CSV file of numbers without absent values and an incomplete last line.

    Whole numbers are `int`, so that reading and writing changes nothing. A line that is
    not a row of numbers raises a DamagedError.
    """
    return list(each_row(path))


def each_row(path: str | os.PathLike) -> Iterator[dict[str, float]]:
    """Yields the rows of `read_rows`, up to the first damaged line."""
    path = Path(path)
    if not path.exists():
        return
    # An undecodable byte becomes a character that is not part of a number.
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    columns = lines[0].rstrip("\r").split(",")
    # The last element is empty, or a line that was not written to its end.
    for number, line in enumerate(lines[1:-1], start=2):
        cells = line.rstrip("\r").split(",")
        try:
            pairs = zip(columns, cells, strict=True)
            row = {key: _value(cell) for key, cell in pairs if cell}
        except ValueError:
            raise DamagedError(
                f"line {number} of {path} is not a row of {len(columns)} numbers: "
                f"{line[:60]!r}"
            ) from None
        yield row


def text(value: float | np.number | None) -> str:
    """Returns a number as written to a CSV file; "" for None."""
    # Nine digits restore a float32 exactly, seventeen a float64.
    if value is None:
        return ""
    if isinstance(value, np.float32):
        return f"{value:.9g}"
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def read_back(row: dict) -> dict[str, float]:
    """Returns a row as `read_rows` would return it after it was written."""
    cells = {name: text(value) for name, value in row.items()}
    return {name: _value(cell) for name, cell in cells.items() if cell}


def _value(cell: str) -> int | float:
    return int(cell) if cell.removeprefix("-").isdigit() else float(cell)


def _plain(value: Any) -> Any:
    """Converts NumPy numbers and sequences for `json.dumps`."""
    return value.item() if isinstance(value, np.generic) else list(value)
