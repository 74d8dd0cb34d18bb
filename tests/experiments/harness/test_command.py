import dataclasses
import signal

import pytest
import tensorflow as tf

from experiments import harness
from ganzoo import data
from ganzoo.callbacks import DivergedError, Interrupted
from ganzoo.runs import RunError


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    output: str = "runs/x"
    dataset: str = "digits"


def paper(run) -> harness.Paper:
    """A paper of one command."""
    one = harness.Command(config=Config, function=run)
    return harness.Paper(name="x", description="It does it.", commands={"": one})


def end_of(run, monkeypatch, capsys, *arguments) -> tuple[int, str]:
    """Runs a command; returns its exit status and what it says on the errors."""
    monkeypatch.setattr("sys.argv", ["x", *arguments])
    with pytest.raises(SystemExit) as stop:
        harness.main(paper(run))
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        data.DataError("said so"),
        RunError("said so"),
        DivergedError("said so"),
        FloatingPointError("said so"),
        RuntimeError("said so"),
        PermissionError("said so"),
    ],
)
def test_an_error_is_one_line_and_status_1(error, monkeypatch, capsys):
    def run(config):
        raise error

    assert end_of(run, monkeypatch, capsys) == (1, "\nerror: said so\n")


@pytest.mark.parametrize(
    "error",
    [tf.errors.InternalError(None, None, "x"), ZeroDivisionError(), TypeError()],
)
def test_a_mistake_of_the_program_keeps_its_traceback(error, monkeypatch):
    def run(config):
        raise error

    monkeypatch.setattr("sys.argv", ["x"])
    with pytest.raises(type(error)):
        harness.main(paper(run))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_asked_to_stop_ends_with_128_plus_the_signal(
    number, monkeypatch, capsys
):
    def run(config):
        raise Interrupted(number, step=12)

    status, said = end_of(run, monkeypatch, capsys)
    assert status == 128 + number
    assert said.strip().startswith(f"Stopped by {number.name} after step 12;")
    assert len(said.strip().splitlines()) == 1


def test_ctrl_c_outside_the_training_has_no_traceback(monkeypatch, capsys):
    def run(config):
        raise KeyboardInterrupt

    status, said = end_of(run, monkeypatch, capsys)
    assert status == 130
    assert len(said.strip().splitlines()) == 1


def test_a_finished_run_just_returns(monkeypatch):
    seen = []
    monkeypatch.setattr("sys.argv", ["x", "--epochs", "3", "--no-deterministic"])
    harness.main(paper(seen.append))
    assert seen == [Config(epochs=3, deterministic=False)]


def test_an_unknown_field_is_an_error(monkeypatch, capsys):
    status, said = end_of(
        lambda config: None, monkeypatch, capsys, "--epoch-count", "3"
    )
    assert status == 2
    assert "--epoch-count" in said
