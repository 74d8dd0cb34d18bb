"""Finds what a run resumes from: its newest good checkpoint and the files with it."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.files import DamagedError, each_row
from ganzoo.runs import checkpoints, inventory, logs, workers
from ganzoo.runs.errors import COPY, RunError

if TYPE_CHECKING:
    import keras

LOGS = ("steps.csv", "history.csv")


def load_newest(model: "keras.Model", folder: Path) -> tuple[Path | None, dict | None]:
    """Loads the newest readable checkpoint; renames damaged ones that are newer.

    Returns:
        The checkpoint and its facts; each is None if there is none.

    Raises:
        RunError: There are checkpoints, but none can be read.
    """
    damaged = {}
    strategy = getattr(model, "distribute_strategy", None)
    for path in workers.in_common(strategy, checkpoints.of(folder)):
        try:
            facts = checkpoints.load(model, path)
        except Exception as error:  # damaged HDF5 makes h5py raise nearly anything
            reason = (str(error).splitlines() or [""])[0]
            if not isinstance(error, DamagedError):  # which names the file itself
                reason = f"{path}: {type(error).__name__}: {reason}"
            damaged[path] = reason
            continue
        for other, reason in damaged.items():
            print(
                f"Damaged checkpoint renamed; resuming from an older one: {reason}",
                file=sys.stderr,
            )
            other.replace(other.with_name(f"damaged_{other.name}"))
        return path, facts
    # A failed load may have set part of the weights, so only a complete one may follow.
    if damaged:
        raise RunError(
            "No checkpoint can be read:\n  "
            + "\n  ".join(damaged.values())
            + f"\n{COPY}, or delete {folder} to start again."
        )
    return None, None


def epochs(folder: Path) -> int:
    """Returns the number of epochs in the readable part of history.csv.

    Each but the last had a checkpoint, also with versions that did not record it.
    """
    rows: list[dict[str, float]] = []
    with contextlib.suppress(DamagedError):
        rows.extend(each_row(folder / "history.csv"))
    return len(rows)


def rows_up_to(
    path: Path,
    facts: dict | None,
    folder: Path,
    *,
    steps: int | None,
    epoch_steps: int | None,
) -> dict[str, list[dict]]:
    """Returns the rows of both logs up to an intact checkpoint.

    Args:
        path: The checkpoint.
        facts: Its facts; None for an earlier version.
        folder: The run folder.
        steps: Number of train steps of the whole training, if known.
        epoch_steps: Number of train steps per epoch, if known.
    """
    rows, faults = _check_files(path, facts, folder, steps, epoch_steps)
    if not faults:
        _check_epochs(rows["history.csv"], folder, epoch_steps)
        return rows
    remedy = "choose another --output to train again"
    for older in [one for one in checkpoints.of(folder) if one < path][-1:]:
        with contextlib.suppress(DamagedError):
            before = checkpoints.read_facts(older)
            if not _check_files(older, before, folder, steps, epoch_steps)[1]:
                step = checkpoints.step(older)
                remedy = f"delete {path}: the steps after {step} are then trained again"
    raise RunError(
        f"{'; '.join(faults)}. {COPY} (of step {checkpoints.step(path)}), or {remedy}."
    )


def _check_epochs(rows: list[dict], folder: Path, epoch_steps: int | None) -> None:
    """Refuses to number epochs of another length on: pictures would be overwritten."""
    last = rows[-1] if rows and epoch_steps else {}
    if last.get("step", 0) != last.get("epoch", 0) * (epoch_steps or 0):
        raise RunError(
            f"{folder} has epochs of {last['step'] / last['epoch']:,.0f} steps, which "
            f"would now have {epoch_steps:,}: choose another --output."
        )


def _check_files(
    path: Path,
    facts: dict | None,
    folder: Path,
    steps: int | None,
    epoch_steps: int | None,
) -> tuple[dict[str, list[dict]], list[str]]:
    """Returns the rows of the logs, and what is wrong with a checkpoint's files."""
    known, step = facts or {"logs": {}, "files": {}}, checkpoints.step(path)
    rows, faults = {}, []
    for name in LOGS:
        rows[name], fault = logs.check(
            folder / name, step, known["logs"].get(name), epoch_steps
        )
        faults += [fault] if fault else []
    ended = steps is not None and step >= steps
    return rows, faults + inventory.needed(folder, known["files"], ended)
