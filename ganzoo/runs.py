"""A run folder: the unit of state of a training.

config.json     what was asked for; a changed one is refused
manifest.json   what it ran on: versions, devices, git commit, data fingerprint
steps.csv       one row a step        history.csv   one row an epoch
samples/        image grids           tensorboard/  event files
checkpoints/    everything that resuming needs
report.md       the result, with its figures
"""

import contextlib
import csv
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import tensorflow as tf

from ganzoo import distribute


class RunError(ValueError):
    """A run folder that cannot be used as asked."""


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
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class Run:
    """A run folder, new or to be resumed."""

    def __init__(
        self,
        path: str | os.PathLike,
        config: dict,
        *,
        fingerprint: str,
        movable: Iterable[str] = ("output", "data_dir"),
    ):
        """Creates the folder, or opens it if it is one of the same run.

        Args:
            path: The folder.
            config: The experiment's settings, of JSON types.
            fingerprint: Of the training data: a run does not resume on other data.
            movable: Settings that say where things are, which may change.

        Raises:
            RunError: The folder holds a run of other settings or other data, or
                something that is no run.
        """
        self.path = Path(path)
        self.config = json.loads(json.dumps(config))
        self._refuse_strangers()
        self._refuse_changes(set(movable), fingerprint)
        self._clear_leftovers()
        write_json(self.path / "config.json", self.config)
        self._write_manifest(fingerprint)

    def _refuse_strangers(self) -> None:
        if not self.path.exists() or (self.path / "config.json").exists():
            return
        if not self.path.is_dir() or any(
            not name.name.startswith(".") for name in self.path.iterdir()
        ):
            raise RunError(
                f"{self.path} exists and is not a run folder; choose another --output."
            )

    def _refuse_changes(self, movable: set[str], fingerprint: str) -> None:
        if not (self.path / "config.json").exists():
            return
        before = read_json(self.path / "config.json")
        changes = [
            f"  {key}: {before.get(key, '(absent)')!r} -> "
            f"{self.config.get(key, '(absent)')!r}"
            for key in sorted((before.keys() | self.config.keys()) - movable)
            if before.get(key) != self.config.get(key)
        ]
        if changes:
            raise RunError(
                f"{self.path} holds a run with other settings:\n"
                + "\n".join(changes)
                + "\nGive the old settings to resume it, or another --output."
            )
        manifest = self.path / "manifest.json"
        if manifest.exists() and read_json(manifest)["data"] != fingerprint:
            raise RunError(
                f"{self.path} was trained on other data (fingerprint "
                f"{read_json(manifest)['data'][:12]}..., now {fingerprint[:12]}...). "
                "Restore the data, or choose another --output."
            )

    def _clear_leftovers(self) -> None:
        for leftover in self.path.rglob(".writing-*"):
            leftover.unlink()

    def _write_manifest(self, fingerprint: str) -> None:
        path = self.path / "manifest.json"
        now = _environment()
        if not path.exists():
            write_json(path, {"data": fingerprint, "starts": [now]})
            return
        manifest = read_json(path)
        manifest["starts"].append(now)
        write_json(path, manifest)

    # -------------------------------------------------------------------- checkpoints

    def save(self, game) -> Path:
        """Writes a checkpoint of a game, and removes all but the newest two.

        Raises:
            FloatingPointError: A weight is not finite; the checkpoints stay.
        """
        broken = [
            weight.path
            for weight in game.weights
            if "float" in weight.dtype
            and not bool(tf.reduce_all(tf.math.is_finite(weight.value)))
        ]
        if broken:
            raise FloatingPointError(
                f"Weights are not finite after step {int(game.step)} "
                f"({', '.join(broken[:3])}); no checkpoint was written."
            )
        path = self.path / "checkpoints" / f"step_{int(game.step):08d}.weights.h5"
        with atomic(path) as temporary:
            game.save_weights(temporary)
        for old in self.checkpoints()[:-2]:
            old.unlink()
        return path

    def checkpoints(self) -> list[Path]:
        """Returns the checkpoints, oldest first."""
        return sorted((self.path / "checkpoints").glob("step_*.weights.h5"))

    def restore(self, game) -> int:
        """Loads the newest readable checkpoint, if any; returns the game's step.

        The logs are cut back to that step: what came after it will come again.
        """
        for path in reversed(self.checkpoints()):
            try:
                game.load_weights(path)
                break
            except (OSError, KeyError) as error:
                print(f"{path} cannot be read ({error}); trying an older one.")
        step = int(game.step)
        for name in ("steps.csv", "history.csv"):
            rows = [row for row in self.rows(name) if row["step"] <= step]
            self.write_rows(name, rows)
        return step

    # --------------------------------------------------------------------------- logs

    def append_rows(self, name: str, rows: list[dict]) -> None:
        """Appends rows of numbers to a CSV file of the folder."""
        if not rows:
            return
        path = self.path / name
        new = not path.exists() or not path.stat().st_size
        with open(path, "a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(rows[0])
            writer.writerows([[_number(v) for v in row.values()] for row in rows])

    def write_rows(self, name: str, rows: list[dict]) -> None:
        """Writes a CSV file of the folder anew."""
        if not rows:
            (self.path / name).unlink(missing_ok=True)
            return
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with atomic(self.path / name) as temporary, open(temporary, "w") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([[_number(row.get(c)) for c in columns] for row in rows])

    def rows(self, name: str) -> list[dict[str, float]]:
        """Reads a CSV file of the folder; absent values are left out.

        A last line that was cut off, by a kill, is left out too.
        """
        path = self.path / name
        if not path.exists():
            return []
        lines = path.read_text().splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        return [
            {key: float(value) for key, value in row.items() if value not in ("", None)}
            for row in csv.DictReader(lines)
        ]


def fit(
    game,
    batches: Callable[[int], tf.data.Dataset],
    *,
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
) -> None:
    """Trains a game by `fit()` up to `epochs`, from the step it is at.

    A run that was stopped within an epoch first finishes that one.

    Args:
        game: A compiled game.
        batches: From a step to the batches from there on.
        epochs: Epochs in all.
        steps_per_epoch: Train steps of an epoch.
        callbacks: Keras callbacks.
    """
    while (step := int(game.step)) < epochs * steps_per_epoch:
        epoch, offset = divmod(step, steps_per_epoch)
        game.fit(
            batches(step),
            initial_epoch=epoch,
            epochs=epoch + 1 if offset else epochs,
            steps_per_epoch=steps_per_epoch - offset,
            callbacks=callbacks,
            verbose=0,
        )


def write_json(path: str | os.PathLike, value: dict) -> None:
    """Writes JSON for people to read, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, default=_plain) + "\n")


def read_json(path: str | os.PathLike) -> dict:
    """Reads a JSON file."""
    return json.loads(Path(path).read_text())


def _number(value) -> str:
    # Nine digits give a float32 back to the bit, seventeen a float64.
    if value is None:
        return ""
    if isinstance(value, np.float32):
        return f"{value:.9g}"
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else list(value)


def _environment() -> dict:
    packages = ("tensorflow", "keras", "numpy", "tensorflow-datasets", "ganzoo")
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", *_command()]),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "devices": distribute.available_devices(),
        "cpu_cores": os.cpu_count(),
        "versions": {name: _version(name) for name in packages},
        "git_commit": _git_commit(),
    }


def _command() -> list[str]:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return (["-m", spec.name] if spec else [sys.argv[0]]) + sys.argv[1:]


def _version(package: str) -> str | None:
    if package == "tensorflow":  # its distribution has a name for each build
        return tf.__version__
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    if shutil.which("git") is None:
        return None
    here = Path(__file__).parent
    asked = subprocess.run(
        ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None
