import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from ganzoo import runs
from ganzoo.runs import Run, RunError

CONFIG = {"output": "here", "data_dir": None, "epochs": 2, "rate": 0.5, "sizes": (1, 2)}


class Toy(keras.Model):
    """A game as far as a run folder looks at one: weights, and a step among them."""

    def __init__(self, step: int, value: float):
        super().__init__()
        self.step = self.add_weight(dtype="int64", trainable=False, initializer="zeros")
        self.net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        self.last = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        self.built = True
        self.set(step, value)

    def set(self, step: int, value: float) -> "Toy":
        self.step.assign(step)
        for weight in self.net.weights + self.last.weights:
            weight.assign(np.full(weight.shape, value))
        return self

    def values(self) -> set:
        return {float(v) for w in self.weights[1:] for v in w.numpy().ravel()}


@pytest.fixture
def folder(tmp_path) -> Run:
    return Run(tmp_path / "run", CONFIG, fingerprint="abc")


def open_again(folder: Run, fingerprint: str = "abc", **changes) -> Run:
    return Run(folder.path, CONFIG | changes, fingerprint=fingerprint)


def names(folder: Run) -> list[str]:
    return [path.name for path in folder.checkpoints()]


# ------------------------------------------------------------------- what is refused


def test_changed_settings_are_refused_with_key_old_and_new(folder):
    with pytest.raises(RunError) as caught:
        open_again(folder, epochs=3, rate=None, added="x")
    lines = str(caught.value).splitlines()
    assert lines[1:-1] == [
        "  added: (absent) -> 'x'",
        "  epochs: 2 -> 3",
        "  rate: 0.5 -> None",
    ]
    assert "another --output" in lines[-1]
    assert json.loads((folder.path / "config.json").read_text())["epochs"] == 2


def test_places_may_change_and_tuples_are_lists(folder):
    again = open_again(folder, output="there", data_dir="/data", sizes=[1, 2])
    assert json.loads((again.path / "config.json").read_text())["data_dir"] == "/data"


def test_other_data_is_refused(folder):
    with pytest.raises(RunError, match=r"other data \(fingerprint abc..., now abd"):
        open_again(folder, fingerprint="abd")


def test_a_strange_folder_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path, CONFIG, fingerprint="abc")
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path / "holiday.jpg", CONFIG, fingerprint="abc")


def test_a_bucket_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(runs.RunError, match=r"gs://bucket/x is a bucket.*tpu/job.sh"):
        runs.Run("gs://bucket/x", {}, fingerprint="data")
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_and_one_of_hidden_files_are_taken(tmp_path):
    (tmp_path / ".writing-7-config.json").touch()  # killed at the very first file
    Run(tmp_path, CONFIG, fingerprint="abc")
    assert (tmp_path / "config.json").exists()


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_config_that_is_no_runs_is_refused_by_name(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"config\.json is not"):
        Run(tmp_path, CONFIG, fingerprint="abc")


def test_two_processes_cannot_train_in_one_folder(folder):
    pytest.importorskip("fcntl")
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('locked', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, folder.path / ".lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout.readline() == b"locked\n"
    with pytest.raises(RunError, match="Another process is training"), folder.alone():
        pass
    other.kill()  # the lock ends with its process
    other.communicate()
    with folder.alone():
        pass
    with folder.alone():
        pass


def test_the_manifest_knows_every_start(folder):
    folder.started(0)
    open_again(folder).started(7)
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert manifest["data"] == "abc"
    assert [start["step"] for start in manifest["starts"]] == [0, 7]
    assert manifest["starts"][0]["versions"]["keras"] == keras.__version__


# ---------------------------------------------------------------------- checkpoints


def test_the_newest_checkpoint_is_restored_and_two_are_kept(folder):
    game = Toy(0, 0.0)
    for step in (5, 10, 15):
        folder.save(game.set(step, step / 10))
    assert names(folder) == ["step_00000010.weights.h5", "step_00000015.weights.h5"]
    other = Toy(0, 9.0)
    assert open_again(folder).restore(other) == 15
    assert other.values() == {1.5}


def test_a_new_folder_restores_nothing(folder):
    game = Toy(0, 0.25)
    assert folder.restore(game) == 0
    assert game.values() == {0.25}


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit of a weight, of which HDF5 notices nothing."""
    place = content.index(np.float32(1.0).tobytes() * 2)
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damage", [truncated, flipped, lambda _: b"", lambda _: b"no HDF5 at all"]
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(folder, damage, capsys):
    game = Toy(0, 0.0)
    folder.save(game.set(5, 0.5))
    newest = folder.save(game.set(10, 1.0))
    newest.write_bytes(damage(newest.read_bytes()))
    other = Toy(0, 9.0)
    assert folder.restore(other) == 5
    assert other.values() == {0.5}
    assert "step_00000010" in capsys.readouterr().err
    # It is out of the way of those to come, but not gone.
    assert names(folder) == ["step_00000005.weights.h5"]
    assert newest.with_name(f"damaged_{newest.name}").exists()


def remove_some_weights(path) -> None:
    import h5py

    with h5py.File(path, "a") as file:
        groups = []
        file.visititems(
            lambda name, node: groups.append(name) if name.endswith("vars") else None
        )
        with_weights = [name for name in sorted(groups) if len(file[name])]
        del file[with_weights[-1]]["0"]


def test_half_loaded_weights_are_never_trained_on(folder):
    game = Toy(0, 0.0)
    folder.save(game.set(5, 0.5))
    remove_some_weights(folder.save(game.set(10, 1.0)))
    other = Toy(0, 9.0)
    assert folder.restore(other) == 5
    assert other.values() == {0.5}  # a full load overwrites what the failed one left

    remove_some_weights(folder.checkpoints()[0])
    with pytest.raises(RunError, match="No checkpoint can be read") as caught:
        folder.restore(Toy(0, 9.0))
    assert "step_00000005" in str(caught.value) and "delete" in str(caught.value)
    assert names(folder) == ["step_00000005.weights.h5"]  # nothing is thrown away


def test_weights_that_are_not_finite_are_not_saved(folder):
    game = Toy(0, 0.0)
    folder.save(game.set(5, 0.5))
    game.set(6, 1.0)
    game.last.weights[0].assign(np.full((3, 2), np.inf))
    with pytest.raises(FloatingPointError, match=r"after step 6 .*kernel"):
        folder.save(game)
    assert names(folder) == ["step_00000005.weights.h5"]


def test_a_kill_while_saving_leaves_the_checkpoints_as_they_were(folder, monkeypatch):
    game = Toy(0, 0.0)
    folder.save(game.set(5, 0.5))

    def killed(file):
        file.write(b"half")
        raise SystemExit

    monkeypatch.setattr(game, "save_weights", killed)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *a, **k: None)  # no clean-up
    with pytest.raises(SystemExit):
        folder.save(game.set(6, 1.0))
    monkeypatch.undo()
    inside = folder.path / "checkpoints"
    assert len(list(inside.iterdir())) == 2
    assert open_again(folder).restore(Toy(0, 0.0)) == 5
    assert len(list(inside.iterdir())) == 1


# ----------------------------------------------------------------------------- logs


def test_restoring_cuts_the_logs_back_and_mends_a_torn_line(folder):
    folder.append_rows("steps.csv", [{"step": n, "loss": n / 8} for n in range(1, 7)])
    folder.append_rows("history.csv", [{"step": 2}, {"step": 4}, {"step": 6}])
    folder.save(Toy(4, 1.0))
    with open(folder.path / "steps.csv", "a") as file:
        file.write("7,0.8")
    assert folder.restore(Toy(0, 0.0)) == 4
    folder.append_rows("steps.csv", [{"step": 5, "loss": 0.625}])
    rows = folder.rows("steps.csv")
    assert rows == [{"step": n, "loss": n / 8} for n in range(1, 6)]
    assert folder.rows("history.csv") == [{"step": 2}, {"step": 4}]


def test_without_a_checkpoint_the_logs_start_anew(folder):
    folder.append_rows("steps.csv", [{"step": 1}])
    folder.restore(Toy(0, 0.0))
    assert not (folder.path / "steps.csv").exists()


def test_rows_in_memory_are_on_disk_with_every_checkpoint(folder):
    path = folder.path / "steps.csv"
    folder.hold_row("steps.csv", {"step": 1})
    assert not path.exists()
    folder.save(Toy(1, 1.0))
    assert path.read_text() == "step\n1\n"
    folder.hold_row("steps.csv", {"step": 2})
    assert folder.rows("steps.csv") == [{"step": 1}, {"step": 2}]
    for step in range(3, 200):
        folder.hold_row("steps.csv", {"step": step})
    assert len(path.read_text().splitlines()) > 100


# ------------------------------------------------------------------------------ fit


class Steps:
    """A game as far as `runs.fit` looks at one."""

    def __init__(self, step: int = 0, stop: bool = False):
        self.step, self.stop_training, self.calls = step, stop, []

    def fit(self, batches, *, initial_epoch, epochs, steps_per_epoch, **_):
        self.calls.append((batches, initial_epoch, epochs, steps_per_epoch))
        self.step += (epochs - initial_epoch) * steps_per_epoch


def fit(game, **changes):
    settings = {"epochs": 4, "steps_per_epoch": 10, "callbacks": []}
    runs.fit(game, lambda step: f"from {step}", **settings | changes)
    return game.calls


def test_a_new_run_is_one_fit():
    assert fit(Steps()) == [("from 0", 0, 4, 10)]


def test_a_resumed_run_first_finishes_its_epoch():
    assert fit(Steps(13)) == [("from 13", 1, 2, 7), ("from 20", 2, 4, 10)]
    assert fit(Steps(33)) == [("from 33", 3, 4, 7)]


def test_a_finished_run_is_left_alone():
    assert fit(Steps(40)) == []


def test_a_callback_that_stops_the_training_stops_it():
    assert len(fit(Steps(13, stop=True))) == 1


def test_callbacks_end_after_an_exception_too():
    class Ends(keras.callbacks.Callback):
        ended = 0

        def on_train_end(self, logs=None):
            self.ended += 1

    class Fails(Steps):
        def fit(self, *arguments, **others):
            raise KeyboardInterrupt

    callback = Ends()
    with pytest.raises(KeyboardInterrupt):
        fit(Fails(), callbacks=[callback])
    assert callback.ended == 1
