"""A run folder, new or to be resumed."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ganzoo.files import (
    DamagedError,
    append_rows,
    clear_leftovers,
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

# Settings that no step depends on unless something goes wrong: they may always change,
# and run folders from before they were there lack them.
_POLICIES = frozenset({"on_nan"})
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
            path: The folder.
            config: The experiment's settings, of JSON types.
            fingerprint: Of the training data: a run does not resume on other data.
            movable: Settings that may change, e.g. those that say where things are.

        Raises:
            RunError: The folder holds a run of other settings or other data, or
                something that is no run; or it is a bucket.
        """
        self._path, self._place = local(path), None
        self.config = json.loads(json.dumps(config))
        self._held = {}
        self._saved = False
        self._digests = {name: logs.Digest() for name in LOGS}
        self._inventory = inventory.Inventory()
        settings.refuse_strangers(self.path)
        self._refuse_changes(_POLICIES.union(movable), fingerprint)
        write_json(self.path / "config.json", self.config)
        if not (self.path / "manifest.json").exists():
            self._note(data=fingerprint, starts=[])

    @property
    def path(self) -> Path:
        """The folder; while it is trained in, wherever it is moved.

        Raises:
            RunError: It was deleted while it was trained in.
        """
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
        """Keeps other processes from training in this folder meanwhile.

        The lock is the operating system's: it ends with the process, however that ends.
        Until then the folder is followed where it is moved.

        Raises:
            RunError: Another process is at it.
        """
        with locked(self._path):
            self._place = Place(self._path)
            try:
                yield
            finally:
                with contextlib.suppress(RunError):
                    self._path = self._place.path
                self._place.close()
                self._place = None

    @property
    def moved_from(self) -> Path | None:
        """Where the folder was when it was opened, if it is elsewhere by now."""
        place = self._place
        return place.first if place is not None and place.moved else None

    # ----------------------------------------------------------------------- manifest

    def record_command(self) -> None:
        """Notes in the manifest the command by which the run is as long as it is."""
        self._note(command=provenance.command())

    def record_start(self, step: int) -> None:
        """Notes in the manifest that training starts now, at that step, on what."""
        starts = self._manifest()["starts"]
        self._note(starts=[*starts, {"step": step} | provenance.describe()])

    def _manifest(self) -> dict | None:
        """Returns the manifest; None of a run that was killed before it had one."""
        path = self.path / "manifest.json"
        if not path.exists():
            if not self.checkpoints():
                return None
            raise RunError(
                f"{path} is missing, which says what the run was trained on. {COPY}, "
                "or choose another --output."
            )
        manifest = self._read_dict(path.name)
        if not isinstance(manifest.get("starts"), list):
            raise RunError(
                f'{path} has no list "starts", which says what the run was trained on. '
                f"{COPY}, or choose another --output."
            )
        return manifest

    def _note(self, **entries) -> None:
        manifest = (self._manifest() or {}) | entries
        write_json(self.path / "manifest.json", manifest, sealed=True)

    # -------------------------------------------------------------------- checkpoints

    def save(self, model) -> Path:
        """Writes a checkpoint of a model, and removes all but the newest two.

        The logs are on the disk first: a checkpoint never knows of steps that they do
        not.

        Raises:
            FloatingPointError: A weight is not finite; the checkpoints stay as they
                are.
            ganzoo.files.DiskFullError: There is no room; the checkpoints stay as they are.
        """
        self.flush()
        step = int(model.step)
        if broken := broken_weights(model):
            raise FloatingPointError(
                f"Weights are NaN or infinite after step {step} "
                f"({', '.join(broken[:3])}); no checkpoint was written."
            )
        path = checkpoints.path(self.path, step)
        facts = {"logs": {}, "files": self._inventory.take(self.path)}
        for name in LOGS:
            if (self.path / name).exists():
                sync(self.path / name)
            facts["logs"][name] = self._digest(name, step).facts()
        sync(self.path)
        checkpoints.save(model, path, facts)
        if not self._saved and not self._manifest().get("saved"):
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
        self, model, *, steps: int | None = None, epoch_steps: int | None = None
    ) -> int:
        """Loads the newest readable checkpoint, if any; returns the model's step.

        What a killed process left half-written is removed, and the logs are cut back to
        that step: what came after it will come again. Damaged checkpoints are renamed
        where an older one could be read. Of several workers all load the newest step
        that each of them has.

        Args:
            model: The model.
            steps: Of the whole training: one that has them all needs its measures.
            epoch_steps: Train steps of an epoch.

        Raises:
            RunError: There are checkpoints, and none can be read, or there were; or
                what goes with the checkpoint is damaged or missing.
        """
        clear_leftovers(self.path)
        self._held.clear()
        path, facts = resuming.load_newest(model, self.path)
        rows = {name: [] for name in LOGS}
        if path is not None:
            known = (facts or {}).get("files", {})
            rows = resuming.rows_up_to(
                path, facts, self.path, steps=steps, epoch_steps=epoch_steps
            )
            for line in inventory.gone(self.path, known):
                print(line, file=sys.stderr)
            self._inventory.restored(self.path, known)
        elif self._manifest().get("saved") or resuming.epochs(self.path) > 1:
            raise RunError(
                f"{self.path / 'checkpoints'} has no checkpoint any more. {COPY}, or "
                f"delete {self.path} or choose another --output to start anew."
            )
        for name in LOGS:
            self.write_rows(name, rows[name])
        return int(model.step)

    # --------------------------------------------------------------------------- logs

    def buffer_row(self, name: str, row: dict) -> None:
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
        if name in self._digests:
            self._digests[name].add(rows)

    def write_rows(self, name: str, rows: list[dict]) -> None:
        """Writes a CSV file of the folder anew."""
        write_rows(self.path / name, rows)
        if name in self._digests:
            self._digests[name] = logs.Digest(rows)

    def rows(self, name: str) -> list[dict[str, float]]:
        """Reads a CSV file of the folder; absent values are left out.

        A last line that was cut off, by a kill, is left out too.
        """
        self.flush()
        return read_rows(self.path / name)
