"""Checks that a folder holds a run with the same settings."""

from pathlib import Path

from ganzoo.runs import checkpoints
from ganzoo.runs.errors import COPY, RunError


def refuse_strangers(folder: Path) -> None:
    """Refuses an existing folder that is not a run folder."""
    if not folder.exists() or (folder / "config.json").exists():
        return
    if (folder / "manifest.json").exists() or checkpoints.of(folder):
        raise RunError(
            f"{folder / 'config.json'}, which holds the run's settings, is missing. "
            f"{COPY}, or choose another --output."
        )
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else ["a file"]
    # Another worker may have written the settings in between.
    strange = (name for name in names if not name.startswith("."))
    if any(name != "config.json" for name in strange):
        raise RunError(
            f"{folder} exists and is not a run folder; choose another --output."
        )


def refuse_changes(
    folder: Path, before: dict, now: dict, movable: frozenset[str]
) -> None:
    """Refuses settings that differ from those that a run was started with.

    The message lists names, old and new values; `movable` settings may change.
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
