"""A run folder as a whole: what it refuses, saves, restores and writes down."""

import json

import keras
import numpy as np
import pytest

from ganzoo.files import read_rows
from ganzoo.runs import Run, RunError
from ganzoo.runs import folder as folder_module


@pytest.fixture
def open_again(folder, settings):
    """Returns a function that opens the run folder once more."""

    def again(fingerprint: str = "abc", **changes) -> Run:
        return Run(folder.path, settings | changes, fingerprint=fingerprint)

    return again


def names(folder: Run) -> list[str]:
    return [path.name for path in folder.checkpoints()]


# ------------------------------------------------------------------- what is refused


def test_changed_settings_are_refused_with_key_old_and_new(folder, open_again):
    with pytest.raises(RunError) as caught:
        open_again(epochs=3, rate=None, added="x")
    lines = str(caught.value).splitlines()
    assert lines[1:-1] == [
        "  added: (absent) -> 'x'",
        "  epochs: 2 -> 3",
        "  rate: 0.5 -> None",
    ]
    assert "another --output" in lines[-1]
    assert json.loads((folder.path / "config.json").read_text())["epochs"] == 2


def test_places_may_change_and_tuples_are_lists(folder, open_again):
    again = open_again(output="there", data_dir="/data", sizes=[1, 2])
    assert json.loads((again.path / "config.json").read_text())["data_dir"] == "/data"


def test_other_data_is_refused(folder, open_again):
    with pytest.raises(RunError, match=r"other data \(fingerprint abc..., now abd"):
        open_again(fingerprint="abd")


def test_a_strange_folder_is_refused_and_left_as_it_is(tmp_path, settings):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path, settings, fingerprint="abc")
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(RunError, match="not a run folder"):
        Run(tmp_path / "holiday.jpg", settings, fingerprint="abc")


def test_a_bucket_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"gs://bucket/x is a bucket.*tpu/job.sh"):
        Run("gs://bucket/x", {}, fingerprint="data")
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_and_one_of_hidden_files_are_taken(tmp_path, settings):
    (tmp_path / ".writing-7-config.json").touch()  # killed at the very first file
    Run(tmp_path, settings, fingerprint="abc")
    assert (tmp_path / "config.json").exists()


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_config_that_is_no_runs_is_refused_by_name(tmp_path, content, settings):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"config\.json is not"):
        Run(tmp_path, settings, fingerprint="abc")


def test_the_manifest_knows_every_start(folder, open_again):
    folder.record_start(0)
    open_again().record_start(7)
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert manifest["data"] == "abc"
    assert [start["step"] for start in manifest["starts"]] == [0, 7]
    assert manifest["starts"][0]["versions"]["keras"] == keras.__version__


# ---------------------------------------------------------------------- checkpoints


def test_the_newest_checkpoint_is_restored_and_two_are_kept(folder, toy, open_again):
    gan = toy(0, 0.0)
    for step in (5, 10, 15):
        folder.save(gan.set(step, step / 10))
    assert names(folder) == ["step_00000010.weights.h5", "step_00000015.weights.h5"]
    other = toy(0, 9.0)
    assert open_again().restore(other) == 15
    assert other.values() == {1.5}


def test_a_new_folder_restores_nothing(folder, toy):
    gan = toy(0, 0.25)
    assert folder.restore(gan) == 0
    assert gan.values() == {0.25}


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit of a weight, of which HDF5 notices nothing."""
    place = content.index(np.float32(1.0).tobytes() * 2)
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damage", [truncated, flipped, lambda _: b"", lambda _: b"no HDF5 at all"]
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(folder, damage, capsys, toy):
    gan = toy(0, 0.0)
    folder.save(gan.set(5, 0.5))
    newest = folder.save(gan.set(10, 1.0))
    newest.write_bytes(damage(newest.read_bytes()))
    other = toy(0, 9.0)
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


def test_half_loaded_weights_are_never_trained_on(folder, toy):
    gan = toy(0, 0.0)
    folder.save(gan.set(5, 0.5))
    remove_some_weights(folder.save(gan.set(10, 1.0)))
    other = toy(0, 9.0)
    assert folder.restore(other) == 5
    assert other.values() == {0.5}  # a full load overwrites what the failed one left

    remove_some_weights(folder.checkpoints()[0])
    with pytest.raises(RunError, match="No checkpoint can be read") as caught:
        folder.restore(toy(0, 9.0))
    assert "step_00000005" in str(caught.value)
    assert "delete" in str(caught.value)
    assert names(folder) == ["step_00000005.weights.h5"]  # nothing is thrown away


def test_weights_that_are_not_finite_are_not_saved(folder, toy):
    gan = toy(0, 0.0)
    folder.save(gan.set(5, 0.5))
    gan.set(6, 1.0)
    gan.last.weights[0].assign(np.full((3, 2), np.inf))
    with pytest.raises(FloatingPointError, match=r"after step 6 .*kernel"):
        folder.save(gan)
    assert names(folder) == ["step_00000005.weights.h5"]


def test_a_kill_while_saving_leaves_the_checkpoints_as_they_were(
    folder, monkeypatch, toy, open_again
):
    gan = toy(0, 0.0)
    folder.save(gan.set(5, 0.5))

    def killed(file):
        file.write(b"half")
        raise SystemExit

    monkeypatch.setattr(gan, "save_weights", killed)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *a, **k: None)  # no clean-up
    with pytest.raises(SystemExit):
        folder.save(gan.set(6, 1.0))
    monkeypatch.undo()
    inside = folder.path / "checkpoints"
    assert len(list(inside.iterdir())) == 2
    assert open_again().restore(toy(0, 0.0)) == 5
    assert len(list(inside.iterdir())) == 1


# ----------------------------------------------------------------------------- logs


def test_restoring_cuts_the_logs_back_and_mends_a_torn_line(folder, toy):
    folder.append_rows("steps.csv", [{"step": n, "loss": n / 8} for n in range(1, 7)])
    folder.append_rows("history.csv", [{"step": 2}, {"step": 4}, {"step": 6}])
    folder.save(toy(4, 1.0))
    with open(folder.path / "steps.csv", "a") as file:
        file.write("7,0.8")
    assert folder.restore(toy(0, 0.0)) == 4
    folder.append_rows("steps.csv", [{"step": 5, "loss": 0.625}])
    rows = folder.rows("steps.csv")
    assert rows == [{"step": n, "loss": n / 8} for n in range(1, 6)]
    assert folder.rows("history.csv") == [{"step": 2}, {"step": 4}]


def test_without_a_checkpoint_the_logs_start_anew(folder, toy):
    folder.append_rows("steps.csv", [{"step": 1}])
    folder.restore(toy(0, 0.0))
    assert not (folder.path / "steps.csv").exists()


def test_rows_in_memory_are_on_disk_with_every_checkpoint(folder, toy):
    path = folder.path / "steps.csv"
    folder.buffer_row("steps.csv", {"step": 1})
    assert not path.exists()
    folder.save(toy(1, 1.0))
    assert path.read_text() == "step\n1\n"
    folder.buffer_row("steps.csv", {"step": 2})
    assert folder.rows("steps.csv") == [{"step": 1}, {"step": 2}]
    for step in range(3, 200):
        folder.buffer_row("steps.csv", {"step": step})
    assert len(path.read_text().splitlines()) > 100


def test_rows_in_memory_are_gone_with_what_is_restored(folder, toy):
    folder.append_rows("steps.csv", [{"step": 1}])
    folder.save(toy(1, 1.0))
    folder.buffer_row("steps.csv", {"step": 2})
    assert folder.restore(toy(0, 0.0)) == 1
    assert folder.rows("steps.csv") == [{"step": 1}]


def test_the_logs_are_on_the_disk_before_a_checkpoint_knows_of_them(
    folder, toy, monkeypatch
):
    order = []
    save = folder_module.checkpoints.save
    monkeypatch.setattr(folder_module, "sync", lambda path: order.append(path.name))
    monkeypatch.setattr(
        folder_module.checkpoints,
        "save",
        lambda *arguments: order.append("checkpoint") or save(*arguments),
    )
    for name in ("steps.csv", "history.csv"):
        folder.buffer_row(name, {"step": 1})
    folder.save(toy(1, 1.0))
    # The folder last: it has the names of the new files.
    assert order == ["steps.csv", "history.csv", folder.path.name, "checkpoint"]


def test_checkpoints_that_were_there_are_missed_in_the_first_epoch_too(
    folder, toy, open_again
):
    folder.save(toy(3, 1.0)).unlink()
    with pytest.raises(RunError, match="no longer has a checkpoint"):
        open_again().restore(toy(0, 0.0))


def test_a_manifest_of_another_content_is_told(folder, open_again):
    path = folder.path / "manifest.json"
    path.write_text(path.read_text().replace("abc", "abd"))
    with pytest.raises(RunError, match=r"manifest\.json is damaged"):
        open_again()


def test_the_epochs_in_memory_are_those_on_disk(folder):
    """What callbacks read in every epoch is not parsed again, and not rewritten."""
    rows = [{"step": n, "epoch": n, "loss": np.float32(0.1 * n)} for n in (1, 2, 3)]
    folder.append_rows("history.csv", rows[:1])
    inode = (folder.path / "history.csv").stat().st_ino
    for count, row in enumerate(rows[1:], start=2):
        folder.rows("history.csv")
        folder.append_rows("history.csv", [row])
        assert folder.rows("history.csv") == read_rows(folder.path / "history.csv")
        assert len(folder.rows("history.csv")) == count
    assert (folder.path / "history.csv").stat().st_ino == inode
    folder.rows("history.csv").clear()  # a caller's list is its own
    assert len(folder.rows("history.csv")) == 3
    folder.write_rows("history.csv", rows[:2])
    assert folder.rows("history.csv") == read_rows(folder.path / "history.csv")
