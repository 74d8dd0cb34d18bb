"""What commands say of wrong words, and how they end."""

import io
import os
import sys

import pytest
import tensorflow as tf
import tyro

from ganzoo import commands

NAMES = ("mnist_dcgan", "cifar10_dcgan", "Stacked")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("mnist_dcgna", " Did you mean mnist_dcgan?"),
        ("cifar_dcgan", " Did you mean cifar10_dcgan?"),
        ("stakced", " Did you mean Stacked?"),
        ("house", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_near_words_are_asked_for(word, said):
    assert commands.meant(word, NAMES) == said


def train(steps: int = 3, loss: str = "minimax") -> int:
    return steps


def show(name: tyro.conf.Positional[str]) -> str:
    return name


def parse(*words: str):
    return commands.parsed(
        lambda: tyro.extras.subcommand_cli_from_dict(
            {"train": train, "show": show}, prog="zoo", args=words
        ),
        ("train", "show"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "Unrecognized options: trian. Did you mean train?"),
        (["house"], "Unrecognized options: house. There are show, train."),
        (["train", "--stesp", "3"], "--stesp, 3. Did you mean --steps?"),
        (["train", "--steps", "few"], "Error parsing --steps: invalid literal"),
        (["train", "--steps"], "Missing value for argument '--steps'"),
        (["show"], "Missing from zoo show: STR"),
        ([], "Expected one of {train, show}"),
    ],
)
def test_wrong_words_are_one_line(capsys, words, said):
    with pytest.raises(SystemExit) as end:
        parse(*words)
    out, error = capsys.readouterr()
    assert end.value.code == 2
    assert out == ""
    assert error.startswith("error: ")
    assert said in error
    assert error.endswith(" --help says what there is.\n")
    assert error.count("\n") == 1


def test_right_words_are_read_and_help_is_help(capsys):
    assert parse("train", "--steps", "5") == 5
    with pytest.raises(SystemExit) as end:
        parse("--help")
    assert not end.value.code
    assert "train" in capsys.readouterr().out


def test_what_is_no_box_is_a_line_too():
    assert commands.one_line("zoo: error: no such word") == (
        "zoo: error: no such word. --help says what there is."
    )
    assert commands.one_line("") == "wrong words. --help says what there is."


def ended(capsys, error: BaseException) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end, commands.ends(ValueError, OSError):
        raise error
    return end.value.code, capsys.readouterr().err


def test_errors_for_whoever_gave_the_command_are_their_message(capsys):
    assert ended(capsys, ValueError("a=1 is wrong.")) == (1, "error: a=1 is wrong.\n")
    assert ended(capsys, KeyboardInterrupt()) == (130, "\nStopped.\n")
    with pytest.raises(KeyError), commands.ends(ValueError):  # a mistake of ours
        raise KeyError("a")


def test_memory_that_does_not_suffice_is_said(capsys):
    exhausted = tf.errors.ResourceExhaustedError(None, None, "OOM")
    wrapped = ValueError("cannot be loaded")
    wrapped.__cause__ = MemoryError()
    jax_error = type("JaxRuntimeError", (RuntimeError,), {})
    of_jax = jax_error("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes.")
    for error in (MemoryError("8 TB"), exhausted, wrapped, of_jax):
        code, said = ended(capsys, error)
        assert code == 1
        assert said.startswith("error: out of memory; give smaller")
    with pytest.raises(jax_error), commands.ends(ValueError):
        raise jax_error("INTERNAL: something else")
    code, said = ended(capsys, OverflowError("int too large to convert."))
    assert said == "error: a number is too large: int too large to convert.\n"


def test_a_closed_pipe_is_a_quiet_end(monkeypatch, capfd):
    read, write = os.pipe()
    os.close(read)
    with io.TextIOWrapper(io.FileIO(write, "w")) as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as end, commands.ends():
            print("nobody reads this")
        monkeypatch.undo()
        assert end.value.code == 141
        pipe.flush()  # as Python does at its end: it fails no more
    assert capfd.readouterr().err == ""
