"""A run folder is of a run, and of the same settings."""

from pathlib import Path

from ganzoo.runs import checkpoints
from ganzoo.runs.errors import COPY, RunError


def refuse_strangers(folder: Path) -> None:
    """Refuses a folder that is there and holds something else than a run.

    Raises:
        RunError: It does, or its config.json is gone.
    """
    if not folder.exists() or (folder / "config.json").exists():
        return
    if (folder / "manifest.json").exists() or checkpoints.of(folder):
        raise RunError(
            f"{folder / 'config.json'} is missing, which has the run's settings. "
            f"{COPY}, or choose another --output."
        )
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else ["a file"]
    if not all(name.startswith(".") for name in names):
        raise RunError(
            f"{folder} exists and is not a run folder; choose another --output."
        )


def refuse_changes(
    folder: Path, before: dict, now: dict, movable: frozenset[str]
) -> None:
    """Refuses other settings than those that a run was started with.

    Args:
        folder: The run folder.
        before: The settings that it has.
        now: The settings that are asked for.
        movable: Names of those that may change.

    Raises:
        RunError: With the name, the old and the new value of each that differs.
    """
    changes = [
        f"  {key}: {_shown(before, key)} -> {_shown(now, key)}"
        for key in sorted((before.keys() | now.keys()) - movable)
        if _shown(before, key) != _shown(now, key)
    ]
    if changes:
        raise RunError(
            f"{folder} holds a run with other settings:\n"
            + "\n".join(changes)
            + "\nGive the old settings to resume it, or another --output."
        )


def _shown(config: dict, key: str) -> str:
    return repr(config[key]) if key in config else "(absent)"
