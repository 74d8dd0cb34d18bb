"""Checks that the logs of a run, CSV tables of numbers, are complete up to a step."""

import hashlib
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

from ganzoo.files import DamagedError, each_row, text


class Digest:
    """An incremental SHA-256 of rows of numbers, independent of other rows' columns."""

    def __init__(self, rows: Sequence[dict] = ()) -> None:
        """Starts with some rows."""
        self.rows = 0
        self.last = 0
        self._hash = hashlib.sha256()
        self.add(rows)

    def add(self, rows: Sequence[dict]) -> None:
        """Adds rows."""
        for row in rows:
            shown = {name: text(value) for name, value in row.items()}
            parts = (f"{name}={float(v)!r}" for name, v in shown.items() if v)
            self._hash.update((",".join(parts) + "\n").encode())
            self.rows += 1
            self.last = int(row.get("step", 0))

    def facts(self) -> dict:
        """Returns the facts that a checkpoint stores."""
        return {"rows": self.rows, "sha256": self._hash.hexdigest()}


def up_to(rows: list[dict], step: int) -> list[dict]:
    """Returns the rows up to a step."""
    return [row for row in rows if row.get("step", math.inf) <= step]


def check(
    path: Path, step: int, facts: dict | None, epoch_steps: int | None
) -> tuple[list[dict], str]:
    """Reads a log up to a checkpoint; later lines may be anything.

    Args:
        path: Path of steps.csv or history.csv.
        step: Step of the checkpoint.
        facts: The log's `Digest.facts` in the checkpoint; None for an earlier version.
        epoch_steps: Number of train steps per epoch, if known.

    Returns:
        The rows, and a clause on what is wrong with them, or "".
    """
    rows, junk = [], ""
    try:
        for row in each_row(path):
            if row.get("step", math.inf) > step:
                break
            rows.append(row)
    except DamagedError as error:
        junk = str(error)
    if facts is not None and facts in (Digest().facts(), Digest(rows).facts()):
        return rows, ""
    if step == 0:
        return [], ""
    last: int | None = step
    if path.name == "history.csv":
        last = None if epoch_steps is None else step // epoch_steps
    key = "step" if path.name == "steps.csv" else "epoch"
    found = _fault(path, rows, key, last)
    if found or facts is not None:
        found = junk or found or f"{path} was changed after it was written"
    if (found or last) and not path.exists():
        found = f"{path} is missing"
    return rows, found


def _fault(path: Path, rows: list[dict], key: str, last: int | None) -> str:
    """Describes the first gap in the rows, or that the last one is missing, or ""."""
    numbers = [int(row.get(key, 0)) for row in rows]
    pairs = list(itertools.pairwise([0, *numbers]))
    # With several steps per execution, most rows are this far apart.
    apart = sorted(after - before for before, after in pairs)
    stride = apart[len(apart) // 2] if apart and key == "step" else 1
    for before, after in pairs:
        if after == before:
            return f"{path} has {key} {after} twice"
        if after < before:
            return f"{path} has {key} {after} after {key} {before}"
        if after > before + stride:
            return f"{path} lacks {key} {before + 1}"
    broken = next((row for row in rows if row.keys() != rows[0].keys()), None)
    if key == "step" and broken:
        return f"{path} lacks some numbers of step {broken['step']}"
    end = numbers[-1] if numbers else 0
    if last is not None and end != last:
        return f"{path} ends with {key} {end}; the checkpoint is of {key} {last}"
    return ""
