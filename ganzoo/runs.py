"""A run folder: the unit of state of a training.

config.json     what was asked for; a changed one is refused
manifest.json   what it ran on: versions, devices, git commit, data fingerprint
steps.csv       one row a step        history.csv   one row an epoch
health.json     alarms by epoch       rollbacks.json  if any
samples/        image grids           tensorboard/  event files
checkpoints/    everything that resuming needs
report.md       the result, with its figures
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tensorflow as tf

from ganzoo import environment
from ganzoo.files import (
    append_rows,
    atomic,
    clear_leftovers,
    read_json,
    read_rows,
    write_json,
    write_rows,
)

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

# Settings that no step depends on unless something goes wrong: they may always change,
# and run folders from before they were there lack them.
_POLICIES = frozenset({"on_nan"})
_ROWS_HELD = 50  # rows that wait in memory before they are written


class RunError(ValueError):
    """A run folder that cannot be used as asked."""


def local(path: str | os.PathLike) -> Path:
    """Returns the path of a folder on this machine.

    Raises:
        RunError: It is one of a bucket, such as gs://..., which is no folder to Python.
    """
    if "://" in str(path):
        raise RunError(
            f"{path} is a bucket, not a folder of this machine. `tpu/job.sh EXPERIMENT "
            "--output gs://...` keeps a run in a folder and copies it to the bucket."
        )
    return Path(path)


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
            movable: Settings that may change, e.g. those that say where things are.

        Raises:
            RunError: The folder holds a run of other settings or other data, or
                something that is no run; or it is a bucket.
        """
        self.path = local(path)
        self.config = json.loads(json.dumps(config))
        self._held = {}
        self._refuse_strangers()
        self._refuse_changes(_POLICIES.union(movable), fingerprint)
        write_json(self.path / "config.json", self.config)
        if not (self.path / "manifest.json").exists():
            start = {"data": fingerprint, "starts": []}
            write_json(self.path / "manifest.json", start)

    def _refuse_strangers(self) -> None:
        if not self.path.exists() or (self.path / "config.json").exists():
            return
        if not self.path.is_dir() or any(
            not name.name.startswith(".") for name in self.path.iterdir()
        ):
            raise RunError(
                f"{self.path} exists and is not a run folder; choose another --output."
            )

    def _refuse_changes(self, movable: frozenset[str], fingerprint: str) -> None:
        if not (self.path / "config.json").exists():
            return
        before = self._read_dict("config.json")
        changes = [
            f"  {key}: {_shown(before, key)} -> {_shown(self.config, key)}"
            for key in sorted((before.keys() | self.config.keys()) - movable)
            if _shown(before, key) != _shown(self.config, key)
        ]
        if changes:
            raise RunError(
                f"{self.path} holds a run with other settings:\n"
                + "\n".join(changes)
                + "\nGive the old settings to resume it, or another --output."
            )
        if not (self.path / "manifest.json").exists():
            return
        data = str(self._read_dict("manifest.json").get("data"))
        if data != fingerprint:
            raise RunError(
                f"{self.path} was trained on other data (fingerprint {data[:12]}..., "
                f"now {fingerprint[:12]}...). Restore the data, or choose another "
                "--output."
            )

    def _read_dict(self, name: str) -> dict:
        path = self.path / name
        try:
            value = read_json(path)
        except ValueError as error:
            raise RunError(
                f"{path} is not JSON ({error}); choose another --output."
            ) from error
        if not isinstance(value, dict):
            raise RunError(f"{path} is not a run's; choose another --output.")
        return value

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes from training in this folder meanwhile.

        The lock is the operating system's: it ends with the process, however that ends.

        Raises:
            RunError: Another process is at it.
        """
        with open(self.path / ".lock", "w") as file:
            try:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"Another process is training in {self.path}; wait for it, or give "
                    "each its own --output."
                ) from None
            except OSError:  # a file system without locks
                pass
            yield

    def asked(self) -> None:
        """Notes in the manifest the command by which the run is as long as it is."""
        manifest = self._read_dict("manifest.json")
        command = environment.command()
        write_json(self.path / "manifest.json", manifest | {"command": command})

    def started(self, step: int) -> None:
        """Notes in the manifest that training starts now, at that step, on what."""
        path = self.path / "manifest.json"
        manifest = self._read_dict(path.name)
        manifest["starts"].append({"step": step} | environment.describe())
        write_json(path, manifest)

    # -------------------------------------------------------------------- checkpoints

    def save(self, game) -> Path:
        """Writes a checkpoint of a game, and removes all but the newest two.

        The rows that are still in memory are written first: a checkpoint never knows of
        steps that the logs do not.

        Raises:
            FloatingPointError: A weight is not finite; the checkpoints stay as they
                are.
        """
        self.flush()
        if broken := broken_weights(game):
            raise FloatingPointError(
                f"Weights are NaN or infinite after step {int(game.step)} "
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

        What a killed process left half-written is removed, and the logs are cut back to
        that step: what came after it will come again. Damaged checkpoints are renamed
        where an older one could be read.

        Raises:
            RunError: There are checkpoints, and none can be read.
        """
        clear_leftovers(self.path)
        self._load_newest(game)
        step = int(game.step)
        for name in ("steps.csv", "history.csv"):
            rows = [row for row in self.rows(name) if row["step"] <= step]
            self.write_rows(name, rows)
        return step

    def _load_newest(self, game) -> None:
        damaged = {}
        for path in reversed(self.checkpoints()):
            try:
                game.load_weights(path)
                break
            except Exception as error:  # damaged HDF5 makes h5py raise nearly anything
                reason = (str(error).splitlines() or [""])[0]
                damaged[path] = f"{path}: {type(error).__name__}: {reason}"
        # A failed load leaves part of its weights behind; only a full one may follow.
        if damaged and len(damaged) == len(self.checkpoints()):
            raise RunError(
                "No checkpoint can be read:\n  "
                + "\n  ".join(damaged.values())
                + f"\nPut a good copy in place, or delete {self.path / 'checkpoints'} "
                "to start anew."
            )
        for path, reason in damaged.items():
            print(f"Set aside, for an older one is good: {reason}", file=sys.stderr)
            path.rename(path.with_name(f"damaged_{path.name}"))

    # --------------------------------------------------------------------------- logs

    def hold_row(self, name: str, row: dict) -> None:
        """Keeps a row for a CSV file in memory, for a while; see `flush`."""
        rows = self._held.setdefault(name, [])
        rows.append(row)
        if len(rows) >= _ROWS_HELD:
            self.flush()

    def flush(self) -> None:
        """Writes the rows in memory; `save` and `rows` do so by themselves."""
        while self._held:
            self.append_rows(*self._held.popitem())

    def append_rows(self, name: str, rows: list[dict]) -> None:
        """Appends rows of numbers to a CSV file of the folder."""
        append_rows(self.path / name, rows)

    def write_rows(self, name: str, rows: list[dict]) -> None:
        """Writes a CSV file of the folder anew."""
        write_rows(self.path / name, rows)

    def rows(self, name: str) -> list[dict[str, float]]:
        """Reads a CSV file of the folder; absent values are left out.

        A last line that was cut off, by a kill, is left out too.
        """
        self.flush()
        return read_rows(self.path / name)


def fit(
    game,
    batches: Callable[[int], tf.data.Dataset],
    *,
    epochs: int,
    steps_per_epoch: int,
    callbacks: list,
) -> None:
    """Trains a game by `fit()` up to `epochs`, from the step it is at.

    A run that was stopped within an epoch first finishes that one. The callbacks'
    `on_train_end` is called after an exception, too.

    Args:
        game: A compiled game.
        batches: From a step to the batches from there on.
        epochs: Epochs in all.
        steps_per_epoch: Train steps of an epoch.
        callbacks: Keras callbacks.
    """
    while (step := int(game.step)) < epochs * steps_per_epoch:
        epoch, offset = divmod(step, steps_per_epoch)
        try:
            game.fit(
                batches(step),
                initial_epoch=epoch,
                epochs=epoch + 1 if offset else epochs,
                steps_per_epoch=steps_per_epoch - offset,
                callbacks=callbacks,
                verbose=0,
            )
        except BaseException:
            for callback in callbacks:
                callback.on_train_end()
            raise
        if game.stop_training or int(game.step) == step:
            break


def broken_weights(game) -> list[str]:
    """Returns the names of a game's weights that hold a NaN or an infinity."""
    return [
        weight.path
        for weight in game.weights
        if "float" in weight.dtype
        and not bool(tf.reduce_all(tf.math.is_finite(weight.value)))
    ]


def _shown(config: dict, key: str) -> str:
    return repr(config[key]) if key in config else "(absent)"
