"""Files that are whole or absent: JSON, and CSV tables of numbers, which may grow."""

import contextlib
import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np


@contextlib.contextmanager
def atomic(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path, which becomes `path` if nothing fails.

    Whoever kills the process meets the old file or the new one, never half of one. The
    temporary name keeps the suffixes, by which libraries tell formats.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".writing-{os.getpid()}-{path.name}")
    try:
        yield temporary
        with open(temporary, "r+b") as written:  # Windows syncs writable files only
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def clear_leftovers(folder: str | os.PathLike) -> None:
    """Removes what a killed process was writing, figures included."""
    for pattern in (".writing-*", ".*.tmp"):
        for leftover in Path(folder).rglob(pattern):
            leftover.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, value: dict) -> None:
    """Writes JSON for people to read, atomically."""
    with atomic(path) as temporary:
        text = json.dumps(value, indent=2, default=_plain)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike) -> dict:
    """Reads a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def append_rows(path: str | os.PathLike, rows: list[dict]) -> None:
    """Appends rows of numbers, of the same columns, to a CSV file."""
    if not rows:
        return
    path = Path(path)
    new = not path.exists() or not path.stat().st_size
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(rows[0])
        writer.writerows([[_text(value) for value in row.values()] for row in rows])


def write_rows(path: str | os.PathLike, rows: list[dict]) -> None:
    """Writes a CSV file anew, atomically; without rows there is no file."""
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
        writer.writerows([[_text(row.get(name)) for name in columns] for row in rows])


def read_rows(path: str | os.PathLike) -> list[dict[str, float]]:
    """Reads a CSV file of numbers; absent values are left out, as is a torn last line.

    Whole numbers are `int`, so that reading and writing changes nothing.
    """
    path = Path(path)
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    return [
        {key: _value(text) for key, text in row.items() if text not in ("", None)}
        for row in csv.DictReader(lines)
    ]


def _text(value) -> str:
    # Nine digits give a float32 back to the bit, seventeen a float64.
    if value is None:
        return ""
    if isinstance(value, np.float32):
        return f"{value:.9g}"
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def _value(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdigit() else float(text)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else list(value)
