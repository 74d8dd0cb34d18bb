"""What a run resumes from: its newest good checkpoint, and all that goes with it."""

import contextlib
import sys
from pathlib import Path

from ganzoo.files import DamagedError, each_row
from ganzoo.runs import checkpoints, inventory, logs, workers
from ganzoo.runs.errors import COPY, RunError

LOGS = ("steps.csv", "history.csv")


def load_newest(model, folder: Path) -> tuple[Path | None, dict | None]:
    """Loads the newest readable checkpoint; renames damaged ones that are newer.

    Args:
        model: The model.
        folder: The run folder.

    Returns:
        The checkpoint and its facts; None where there is none, or it has none.

    Raises:
        RunError: There are checkpoints, and none can be read.
    """
    damaged = {}
    for path in workers.in_common(model.distribute_strategy, checkpoints.of(folder)):
        try:
            facts = checkpoints.load(model, path)
        except Exception as error:  # damaged HDF5 makes h5py raise nearly anything
            reason = (str(error).splitlines() or [""])[0]
            if not isinstance(error, DamagedError):  # which names it
                reason = f"{path}: {type(error).__name__}: {reason}"
            damaged[path] = reason
            continue
        for other, reason in damaged.items():
            print(f"Set aside, for an older one is good: {reason}", file=sys.stderr)
            other.replace(other.with_name(f"damaged_{other.name}"))
        return path, facts
    # A failed load leaves part of its weights behind; only a full one may follow.
    if damaged:
        raise RunError(
            "No checkpoint can be read:\n  "
            + "\n  ".join(damaged.values())
            + f"\n{COPY}, or delete {folder} to start anew."
        )
    return None, None


def epochs(folder: Path) -> int:
    """Returns how many epochs the history tells of, as far as it can be read.

    Each but the last has had a checkpoint, also by versions that did not note it.
    """
    rows = []
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
    """Returns the rows of both logs up to a checkpoint with which all is well.

    Args:
        path: The checkpoint.
        facts: What it knows; None of an earlier version's.
        folder: The run folder.
        steps: Of the whole training, if that is known.
        epoch_steps: Train steps of an epoch, if that is known.

    Raises:
        RunError: A log is not whole, or what is needed is damaged or missing; with what
            can be done about it.
    """
    rows, faults = _looked_at(path, facts, folder, steps, epoch_steps)
    if not faults:
        return rows
    remedy = "choose another --output to train anew"
    for older in [one for one in checkpoints.of(folder) if one < path][-1:]:
        with contextlib.suppress(DamagedError):
            before = checkpoints.read_facts(older)
            if not _looked_at(older, before, folder, steps, epoch_steps)[1]:
                step = checkpoints.step(older)
                remedy = f"delete {path}: the steps after {step} are then trained anew"
    raise RunError(
        f"{'; '.join(faults)}. {COPY} (of step {checkpoints.step(path)}), or {remedy}."
    )


def _looked_at(
    path: Path,
    facts: dict | None,
    folder: Path,
    steps: int | None,
    epoch_steps: int | None,
) -> tuple[dict[str, list[dict]], list[str]]:
    """Returns the rows of the logs, and what is wrong with a checkpoint's company."""
    known, step = facts or {"logs": {}, "files": {}}, checkpoints.step(path)
    rows, faults = {}, []
    for name in LOGS:
        rows[name], fault = logs.check(
            folder / name, step, known["logs"].get(name), epoch_steps
        )
        faults += [fault] if fault else []
    ended = steps is not None and step >= steps
    return rows, faults + inventory.needed(folder, known["files"], ended)
