import io
import re
import types

import numpy as np
import pytest

from ganzoo.callbacks import Progress, Throughput, logs
from ganzoo.files import read_rows

NAMES = ["discriminator_loss", "generator_loss", "real_probability", "fake_probability"]


def test_steps_csv_has_a_row_a_step_and_history_their_means(finished):
    run, gan = finished
    steps, epochs = run.rows("steps.csv"), run.rows("history.csv")
    assert [(row["step"], row["epoch"]) for row in steps] == [
        (1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2),
    ]  # fmt: skip
    assert set(steps[0]) == {"step", "epoch", *NAMES}
    assert [(row["step"], row["epoch"]) for row in epochs] == [(3, 1), (6, 2)]
    for epoch in epochs:
        for name in NAMES:
            values = [row[name] for row in steps if row["epoch"] == epoch["epoch"]]
            assert epoch[name] == np.mean(values)
    # Keras's own trackers say the same of the last epoch.
    for tracker in gan.metrics:
        assert epochs[-1][tracker.name] == pytest.approx(float(tracker.result()), 1e-6)


def test_throughput_of_a_real_run_is_plausible(finished):
    for row in finished[0].rows("history.csv"):
        assert row["images_per_second"] > 0
        assert 0 <= row["data_wait"] < 1
        # 24 images an epoch, of which compilation takes the first batch of the first.
        assert row["seconds"] >= 16 / row["images_per_second"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes only when told."""
    clock = types.SimpleNamespace(now=1000.0)
    clock.perf_counter = lambda: clock.now
    monkeypatch.setattr(logs, "time", clock)
    return clock


def timed_epoch(callback, model, clock, seconds, data_seconds=0.0, steps=1) -> dict:
    """Plays an epoch of train steps of those lengths, a callback taking 10 s each."""
    values = {}
    callback.set_model(model)
    callback.on_epoch_begin(0)
    for length in seconds:
        callback.on_train_batch_begin(0)
        clock.now += length
        model.data_seconds += data_seconds
        model.step += steps
        callback.on_train_batch_end(0)
        clock.now += 10
    callback.on_epoch_end(0, values)
    return values


def test_throughput_counts_neither_compilation_nor_other_callbacks(clock, stub):
    callback, model = Throughput(images_per_step=8), stub()
    values = timed_epoch(callback, model, clock, [100, 1, 3], data_seconds=0.5)
    assert values == {"seconds": 134, "images_per_second": 4, "data_wait": 0.25}
    values = timed_epoch(callback, model, clock, [2, 2])
    assert values == {"seconds": 24, "images_per_second": 4, "data_wait": 0}


def test_an_epoch_of_compilation_only_has_no_throughput(clock, stub):
    assert timed_epoch(Throughput(8), stub(), clock, [5]) == {"seconds": 15}


def test_several_steps_an_execution_are_counted_and_their_wait_is_unknown(clock, stub):
    model = stub()
    model.steps_per_execution = 4
    values = timed_epoch(Throughput(8), model, clock, [100, 2], steps=4)
    assert values == {"seconds": 122, "images_per_second": 16}


# ------------------------------------------------------------------------- progress


def progress_of(model, clock, epochs=(0, 1), **values) -> None:
    """Plays a run of 2 epochs of 3 steps, 5 s each."""
    callback = Progress(total_steps=6, epochs=2)
    callback.set_model(model)
    values = {"discriminator_loss": 1.25, "generator_loss": 0.75, **values}
    for epoch in epochs:  # a resumed epoch is a fit() of its own
        callback.on_train_begin()
        while model.step < 3 * (epoch + 1):
            model.step += 1
            clock.now += 5
            callback.on_train_batch_end(0, values)
        callback.on_epoch_end(epoch, values)
        callback.on_train_end()


def test_without_a_terminal_there_is_one_line_an_epoch(clock, stub, capsys):
    progress_of(stub(step=1), clock, real_probability=0.5, images_per_second=431.4)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines() == [
        "epoch 1/2: D loss 1.250, G loss 0.750, D(real) 0.500, 431 images/s, "
        "0:00:15 left",
        "epoch 2/2: D loss 1.250, G loss 0.750, D(real) 0.500, 431 images/s",
    ]


def test_a_critic_and_measures_have_their_own_words(clock, stub, capsys):
    measures = {"frechet_distance": 12.345, "confident_share": 0.5, "class_3": 0.1}
    progress_of(stub(step=3), clock, epochs=[1], fake_score=-1.5, **measures)
    line = capsys.readouterr().out.strip()
    assert line == (
        "epoch 2/2: D loss 1.250, G loss 0.750, D(fake) -1.500, Fréchet 12.35, "
        "confident 50.0%"
    )


def test_on_a_terminal_there_is_a_bar_from_the_step_that_the_run_is_at(
    clock, stub, capsys, monkeypatch
):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    progress_of(stub(step=1), clock)
    drawn = terminal.getvalue()
    assert re.search(r"17%.* 1/6 ", drawn)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_time_limit_says_how_long_it_still_takes(stub, capsys):
    limit = types.SimpleNamespace(seconds_left=90.0)
    progress = Progress(6, 1_000_000, limit)
    progress.set_model(stub(step=3))
    progress.on_epoch_end(4, {"generator_loss": 0.5})
    assert capsys.readouterr().out == "epoch 5: G loss 0.500, 0:01:30 left\n"


def test_a_run_that_fails_before_its_first_step_ends_without_a_bar():
    Progress(6, 2).on_train_end()


def test_a_row_that_waits_in_memory_is_written_at_the_end(tmp_path, train, at):
    def fail(gan):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        train(tmp_path, last=[at(2, fail)])
    assert [row["step"] for row in read_rows(tmp_path / "steps.csv")] == [1, 2]
