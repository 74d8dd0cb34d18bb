import dataclasses
import signal
from typing import Annotated

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from experiments import harness
from experiments.harness import data as loading
from experiments.harness import run as running
from experiments.harness import validation
from ganzoo import data
from ganzoo.callbacks import Diverged, Interrupted
from ganzoo.runs import RunError


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    output: str = "runs/x"
    dataset: str = "digits"


def paper(run) -> harness.Paper:
    """A paper of one command."""
    one = harness.Command(config=Config, carry_out=run)
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
        Diverged("said so"),
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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", -1),
        ("seed", -1),
        ("seed", 2**32),
        ("precision", "float16"),
    ],
)
def test_a_value_that_nothing_could_start_with_is_named(field, value):
    with pytest.raises(ValueError, match=f"{field}={value!r} must be"):
        Config(**{field: value}).check()
    Config().check()


def test_a_bucket_is_refused_with_what_takes_one():
    with pytest.raises(ValueError, match=r"gs://b/x is a bucket.*tpu/job.sh"):
        Config(output="gs://b/x").check()


@dataclasses.dataclass(frozen=True)
class Bounded(Config):
    """Fields of every kind; `epochs` is declared again, plainly."""

    epochs: int = 3
    rate: validation.Positive = 1.0
    half_life: validation.Positive | None = None
    dropout: validation.Fraction = 0.0
    count: validation.Number = 0
    word: Annotated[str, validation.OneOf(("one", "two"))] = "one"


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("rate", (0, -1, float("nan"), float("inf")), "above 0, and finite"),
        ("half_life", (0.0, float("inf")), "above 0, and finite"),
        ("dropout", (1.0, -0.1), r"in \[0, 1\)"),
        ("count", (-1,), "at least 0"),
        ("epochs", (0,), "at least 1"),
        ("word", ("three",), "one of one, two"),
    ],
)
def test_a_fields_type_says_what_it_may_be(field, values, said):
    Bounded().check()
    for value in values:
        with pytest.raises(ValueError, match=rf"^{field}=.* must be {said}\.$"):
            Bounded(**{field: value}).check()


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", "test")


def test_the_first_images_are_a_set_of_their_own(digits):
    part = loading.first(digits, 10)
    np.testing.assert_array_equal(part.images, digits.images[:10])
    np.testing.assert_array_equal(part.labels, digits.labels[:10])
    assert part.name == "digits, first 10"
    assert part.fingerprint != digits.fingerprint
    assert loading.first(digits, len(digits)) is digits


@pytest.mark.parametrize("count", [0, -1, 297])
def test_more_images_than_there_are_is_refused(digits, count):
    with pytest.raises(ValueError, match=f"train_images={count} must be 1 to 296"):
        loading.first(digits, count)


def test_of_a_set_class_by_class_some_of_each_are_taken():
    labels = np.arange(40) // 20
    images = np.full((40, 4, 4), 100, np.uint8)
    part = loading.first(data.image_set(images, labels, name="pets"), 6)
    assert part.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert part.name == "pets, 6 of all classes"


def test_a_folder_says_once_how_many_files_were_used(tmp_path, capsys):
    (tmp_path / "cat").mkdir()
    for number in range(10):
        Image.new("L", (28, 28), 100 + number).save(tmp_path / f"cat/{number}.png")
    (tmp_path / "cat/notes.txt").write_text("x")
    config = Config(dataset=str(tmp_path))
    for split, count in (("train", 9), ("test", 1)):
        images = loading.image_set(config, split, (28, 28, 1), hold_out=True)
        assert len(images) == count
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "10 files used, 1 left out (1 no picture that can be read: .txt)." in said


def test_the_precision_is_given_back():
    with pytest.raises(KeyError), running.precision("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_starting_seeds_everything(monkeypatch):
    asked = []
    enable = "enable_op_determinism"
    monkeypatch.setattr(tf.config.experimental, enable, lambda: asked.append(1))
    draws = []
    for config in (Config(seed=3, deterministic=False), Config(seed=3)):
        running.start(config)
        draws.append((np.random.rand(), float(keras.random.uniform(()))))
    assert draws[0] == draws[1]
    assert asked == [1]
