import os
import shutil
import signal
import threading

import keras
import numpy as np
import pytest

from ganzoo import files, runs
from ganzoo.callbacks import Checkpoint, Interrupted

TIMES = ("seconds", "images_per_second", "data_wait")
TRIED = 5  # moments at which the run is killed


@pytest.fixture
def moments(tmp_path, monkeypatch, train):
    """A whole run, and copies of its folder as a kill at many moments leaves it."""
    folder, copies, replace = tmp_path / "run", [], os.replace
    folder.mkdir()

    def snapshot():
        copies.append(tmp_path / f"moment_{len(copies)}")
        shutil.copytree(folder, copies[-1])

    class Between(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            snapshot()

        def on_epoch_end(self, epoch, logs=None):
            snapshot()

    def replaced(*paths):
        snapshot()  # the new file is there, under its temporary name
        replace(*paths)

    monkeypatch.setattr(files.os, "replace", replaced)
    run, gan = train(folder, minutes=1e-9, last=[Between()])
    monkeypatch.setattr(files.os, "replace", replace)
    return run, gan, copies


def history(run: runs.Run) -> list[dict]:
    rows = run.rows("history.csv")
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def test_killed_at_any_moment_a_run_goes_on_to_the_same_bits(moments, train, state_of):
    run, gan, copies = moments
    assert len(copies) > 15
    chosen = np.random.default_rng().choice(len(copies), TRIED, replace=False)
    for moment in chosen:
        steps = copies[moment] / "steps.csv"
        if steps.exists():  # as if the kill had come within a line
            with open(steps, "ab") as file:
                file.write(b"7,1,0.69")
        again, resumed = train(copies[moment])
        where = f"killed at moment {moment} of {len(copies)}"
        for expected, value in zip(state_of(gan), state_of(resumed), strict=True):
            np.testing.assert_array_equal(value, expected, where)
        expected = (run.path / "steps.csv").read_bytes()
        assert (again.path / "steps.csv").read_bytes() == expected, where
        assert history(again) == history(run), where
        assert not list(again.path.rglob(".writing-*")), where


def test_it_saves_every_epoch_and_by_the_clock(tmp_path, train, monkeypatch):
    saved, save = [], runs.Run.save

    def noted(run, gan):
        saved.append(int(gan.step))
        return save(run, gan)

    monkeypatch.setattr(runs.Run, "save", noted)
    train(tmp_path / "epochs")
    assert saved == [3, 6]
    saved.clear()
    train(tmp_path / "steps", minutes=1e-9)
    assert saved == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_after_the_step_with_all_saved(
    tmp_path, train, at, number
):
    before = signal.getsignal(number)
    send = at(2, lambda gan: os.kill(os.getpid(), number))
    with pytest.raises(Interrupted) as caught:
        train(tmp_path, make=[lambda run: send])
    assert (caught.value.signal, caught.value.step) == (number, 2)
    assert str(caught.value) == (
        f"Stopped by {number.name} after step 2; all is saved, and the same command "
        "resumes from there."
    )
    assert signal.getsignal(number) is before
    assert (tmp_path / "checkpoints" / "step_00000002.weights.h5").exists()
    run, gan = train(tmp_path)
    assert [row["step"] for row in run.rows("steps.csv")] == [1, 2, 3, 4, 5, 6]
    assert int(gan.step) == 6


def test_a_signal_in_an_epochs_last_step_ends_the_run_with_its_row(tmp_path, train, at):
    send = at(3, lambda gan: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted, match="after step 3;"):
        train(tmp_path, make=[lambda run: send])
    assert [row["epoch"] for row in files.read_rows(tmp_path / "history.csv")] == [1]


def test_a_signal_during_the_measures_ends_the_run_with_its_epoch(tmp_path, train):
    class Slow(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            os.kill(os.getpid(), signal.SIGTERM)
            logs["measured"] = 0.5

    with pytest.raises(Interrupted, match="after step 3;"):
        train(tmp_path, make=[lambda run: Slow()])
    assert files.read_rows(tmp_path / "history.csv")[0]["measured"] == 0.5


def test_a_second_ctrl_c_stops_at_once(tmp_path, train, at):
    def twice(gan):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not reached")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, make=[lambda run: at(2, twice)])
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_are_given_back_after_any_end(tmp_path, train, at):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    def fail(gan):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        train(tmp_path, make=[lambda run: at(1, fail)])
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    train(tmp_path)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_signals_are_left_alone(run, stub):
    before = signal.getsignal(signal.SIGTERM)
    callback = Checkpoint(run)
    callback.set_model(stub())
    thread = threading.Thread(target=callback.on_train_begin)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
    callback.on_train_end()


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_no_time_between_checkpoints_is_refused(run, minutes):
    with pytest.raises(ValueError, match="must be above 0"):
        Checkpoint(run, minutes)
