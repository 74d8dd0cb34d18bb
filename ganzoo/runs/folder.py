"""A run folder, new or to be resumed."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.files import (
    DamagedError,
    append_rows,
    clear_leftovers,
    read_back,
    read_json,
    read_rows,
    sync,
    write_json,
    write_rows,
)
from ganzoo.runs import checkpoints, inventory, logs, provenance, resuming, settings
from ganzoo.runs.errors import COPY, RunError, local
from ganzoo.runs.place import Place, locked
from ganzoo.runs.resuming import LOGS
from ganzoo.runs.training import broken_weights

if TYPE_CHECKING:
    import keras

# Settings that affect steps only if something goes wrong: they may always change, and
# older run folders lack them.
_POLICIES = frozenset({"on_nan"})
EPOCHS = "history.csv"
_ROWS_HELD = 50  # rows that wait in memory before they are written


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
            path: Path of the folder.
            config: The experiment's settings, of JSON types.
            fingerprint: Fingerprint of the training data: a run does not resume on
                other data.
            movable: Names of settings that may change, such as paths.

        Raises:
            RunError: The folder holds a run with other settings or other data, or
                something that is not a run; or it is a bucket.
        """
        self._path = local(path)
        self._place: Place | None = None
        self.config = json.loads(json.dumps(config))
        self._held: dict[str, list[dict]] = {}
        self._saved = False
        self._digests = {name: logs.Digest() for name in LOGS}
        self._epochs: list[dict[str, float]] | None = None
        self._inventory = inventory.Inventory()
        settings.refuse_strangers(self.path)
        self._refuse_changes(_POLICIES.union(movable), fingerprint)
        write_json(self.path / "config.json", self.config)
        if not (self.path / "manifest.json").exists():
            self._note(data=fingerprint, starts=[])

    @property
    def path(self) -> Path:
        """Path of the folder; during training it follows a folder that is moved."""
        return self._path if self._place is None else self._place.path

    def _refuse_changes(self, movable: frozenset[str], fingerprint: str) -> None:
        if not (self.path / "config.json").exists():
            return
        before = self._read_dict("config.json")
        settings.refuse_changes(self.path, before, self.config, movable)
        manifest = self._manifest()
        data = fingerprint if manifest is None else str(manifest.get("data"))
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
        except DamagedError as error:
            raise RunError(str(error)) from error
        except ValueError as error:
            raise RunError(
                f"{path} is not JSON ({error}). {COPY}, or choose another --output."
            ) from error
        if not isinstance(value, dict):
            raise RunError(f"{path} is not a run's; choose another --output.")
        return value

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Locks the folder, so that no other process trains in it.

        The operating system releases the lock when the process ends, for whatever
        reason. While it is locked, `path` follows the folder if it is moved.

        Raises:
            RunError: Another process has locked it.
        """
        with locked(self._path):
            place = self._place = Place(self._path)
            try:
                yield
            finally:
                with contextlib.suppress(RunError):
                    self._path = place.path
                place.close()
                self._place = None

    @property
    def moved_from(self) -> Path | None:
        """Original path of the folder if it was moved, or None."""
        place = self._place
        return place.first if place is not None and place.moved else None

    # ----------------------------------------------------------------------- manifest

    def record_command(self) -> None:
        """Records the most recent command in manifest.json."""
        self._note(command=provenance.command())

    def record_start(self, step: int) -> None:
        """Records in manifest.json the step and environment of a start."""
        starts = (self._manifest() or {"starts": []})["starts"]
        self._note(starts=[*starts, {"step": step} | provenance.describe()])

    def _manifest(self) -> dict | None:
        """Returns the manifest; None if the run was killed before it was written."""
        path = self.path / "manifest.json"
        if not path.exists():
            if not self.checkpoints():
                return None
            raise RunError(
                f"{path}, which identifies the training data, is missing. {COPY}, "
                "or choose another --output."
            )
        manifest = self._read_dict(path.name)
        if not isinstance(manifest.get("starts"), list):
            raise RunError(
                f'{path} has no list "starts". {COPY}, or choose another --output.'
            )
        return manifest

    def _note(self, **entries: Any) -> None:
        manifest = (self._manifest() or {}) | entries
        write_json(self.path / "manifest.json", manifest, sealed=True)

    # -------------------------------------------------------------------- checkpoints

    def save(self, model: "keras.Model") -> Path:
        """Writes a checkpoint of a model, and removes all but the newest two.

        The logs are synced first, so that they contain all steps up to a checkpoint.

        Raises:
            FloatingPointError: A weight is not finite; no checkpoint changes.
            ganzoo.files.DiskFullError: There is no room; the checkpoints stay as they
                are.
        """
        self.flush()
        step = int(model.step)
        if broken := broken_weights(model):
            raise FloatingPointError(
                f"Weights are NaN or infinite after step {step} "
                f"({', '.join(broken[:3])}); no checkpoint was written."
            )
        path = checkpoints.path(self.path, step)
        files, known_logs = self._inventory.take(self.path), {}
        for name in LOGS:
            if (self.path / name).exists():
                sync(self.path / name)
            known_logs[name] = self._digest(name, step).facts()
        sync(self.path)
        checkpoints.save(model, path, {"logs": known_logs, "files": files})
        if not self._saved and not (self._manifest() or {}).get("saved"):
            self._note(saved=True)
        self._saved = True
        for old in self.checkpoints()[:-2]:
            old.unlink()
        return path

    def _digest(self, name: str, step: int) -> logs.Digest:
        digest = self._digests[name]
        if digest.last <= step:
            return digest
        return logs.Digest(logs.up_to(read_rows(self.path / name), step))

    def checkpoints(self) -> list[Path]:
        """Returns the checkpoints, oldest first."""
        return checkpoints.of(self.path)

    def restore(
        self,
        model: "keras.Model",
        *,
        steps: int | None = None,
        epoch_steps: int | None = None,
    ) -> int:
        """Loads the newest readable checkpoint, if any, and returns the model's step.

        Unfinished files of killed processes are removed, and the logs are cut back to
        that step, because later steps are trained again. Damaged checkpoints are
        renamed if an older one can be read. Several workers load the newest step that
        all of them have.

        Args:
            model: The model.
            steps: Number of train steps of the whole training; a finished run needs its
                metrics files.
            epoch_steps: Number of train steps per epoch.

        Raises:
            RunError: There are checkpoints but none can be read, checkpoints are
                missing, or files that belong to the checkpoint are damaged or missing.
        """
        clear_leftovers(self.path)
        self._held.clear()
        path, facts = resuming.load_newest(model, self.path)
        rows: dict[str, list[dict]] = {name: [] for name in LOGS}
        if path is not None:
            known = (facts or {}).get("files", {})
            rows = resuming.rows_up_to(
                path, facts, self.path, steps=steps, epoch_steps=epoch_steps
            )
            for line in inventory.gone(self.path, known):
                print(line, file=sys.stderr)
            self._inventory.restored(self.path, known)
        elif (self._manifest() or {}).get("saved") or resuming.epochs(self.path) > 1:
            raise RunError(
                f"{self.path / 'checkpoints'} no longer has a checkpoint. {COPY}, or "
                f"delete {self.path} or choose another --output to start again."
            )
        for name in LOGS:
            self.write_rows(name, rows[name])
        return int(model.step)

    # --------------------------------------------------------------------------- logs

    def buffer_row(self, name: str, row: dict) -> None:
        """Buffers a row for a CSV file in memory; see `flush`."""
        rows = self._held.setdefault(name, [])
        rows.append(row)
        if len(rows) >= _ROWS_HELD:
            self.flush()

    def flush(self) -> None:
        """Writes the buffered rows; `save` and `rows` do so automatically."""
        while self._held:
            self.append_rows(*self._held.popitem())

    def append_rows(self, name: str, rows: list[dict]) -> None:
        """Appends rows of numbers to a CSV file of the folder."""
        written = append_rows(self.path / name, rows)
        if name in self._digests:
            self._digests[name].add(written)
        if name == EPOCHS and self._epochs is not None:
            self._epochs += map(read_back, written)

    def write_rows(self, name: str, rows: list[dict]) -> None:
        """Overwrites a CSV file of the folder."""
        write_rows(self.path / name, rows)
        if name == EPOCHS:
            self._epochs = None
        if name in self._digests:
            self._digests[name] = logs.Digest(rows)

    def rows(self, name: str) -> list[dict[str, float]]:
        """Reads a CSV file of the folder without absent values.

        A last line that is incomplete, after a kill, is left out too.
        """
        self.flush()
        if name != EPOCHS:
            return read_rows(self.path / name)
        if self._epochs is None:  # kept, because callbacks ask for it in every epoch
            self._epochs = read_rows(self.path / name)
        return list(self._epochs)
