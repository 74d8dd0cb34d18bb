import contextlib
import dataclasses
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from experiments import harness, mnist_gan
from experiments.harness import command as commands
from experiments.harness import validation
from experiments.harness.run import shrink
from experiments.mnist_gan import Config, run, train
from experiments.mnist_gan.config import SMOKE
from ganzoo import data
from ganzoo.callbacks import DivergedError
from ganzoo.files import read_json, read_rows
from ganzoo.runs import RunError

ROOT = Path(__file__).parents[3]
NOISE = ("oneDNN", "absl", "I0000", "W0000", "TF-TRT", "Traceback")


# ------------------------------------------------- the real thing, in its own process

# A run that is even smaller than a smoke run.
FEWER = "--batch-size 8 --train-images 16 --measure-samples 20"


def command(output: Path, *arguments: str) -> list[str]:
    module = [sys.executable, "-m", "experiments.mnist_gan"]
    return [*module, "--dataset", "digits", "--output", str(output), *arguments]


class Process:
    """The experiment with the real networks, 3 epochs of 5 steps, saved every step."""

    def __init__(self, output: Path):
        settings = "--epochs 3 --batch-size 16 --train-images 80 --measure-samples 0"
        self.output = output
        self.process = subprocess.Popen(
            command(output, *settings.split(), "--checkpoint-minutes", "1e-9"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, step: int) -> "Process":
        """Returns when that step, or a later one, is saved."""
        deadline = time.monotonic() + 500
        while self.newest() < step:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        return self

    def newest(self) -> int:
        names = [path.name for path in self.output.glob("checkpoints/step_*.h5")]
        return max((int(name[5:13]) for name in names), default=0)

    def end(self, number: int | None = None) -> tuple[int, str, str]:
        """Returns exit status, output and errors, after a signal if one is given."""
        if number is not None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=500)
        return self.process.returncode, out, err


def last_weights(output: Path) -> dict[str, np.ndarray]:
    """Returns all that the last checkpoint holds, by name."""
    found = {}

    def note(name, node) -> None:
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]

    with h5py.File(output / "checkpoints" / "step_00000015.weights.h5") as file:
        file.visititems(note)
    return found


def losses(output: Path) -> list[dict]:
    return [
        {k: v for k, v in row.items() if re.search("step|epoch|loss|probability", k)}
        for row in read_rows(output / "history.csv")
    ]


@pytest.mark.slow
def test_killed_terminated_and_interrupted_a_run_ends_with_the_same_bits(tmp_path):
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    status, out, err = Process(whole).end()
    assert status == 0, err
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "epoch 1/3",
        "epoch 2/3",
        "epoch 3/3",
        "report",
    ]
    assert err == ""  # nothing of TensorFlow's start-up noise, either

    moment = random.uniform(0, 0.2)  # after the step, so within the next one
    killed = Process(torn).wait_for(random.randint(1, 3))
    time.sleep(moment)
    assert killed.end(signal.SIGKILL)[0] == -signal.SIGKILL
    for number in (signal.SIGTERM, signal.SIGINT):
        stopped = Process(torn)
        status, out, err = stopped.wait_for(stopped.newest() + 1).end(number)
        assert status == 128 + number, err
        said = re.fullmatch(
            rf"\nStopped by {number.name} after step (\d+); all is saved, and the same "
            r"command resumes from there\.\n",
            err,
        )
        assert said, err
        steps = [row["step"] for row in read_rows(torn / "steps.csv")]
        assert steps == list(range(1, int(said[1]) + 1))
        assert stopped.newest() == steps[-1]
    status, out, err = Process(torn).end()
    assert status == 0
    assert err == ""

    expected, found = last_weights(whole), last_weights(torn)
    assert len(expected) > 40
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, name)
    assert (torn / "steps.csv").read_bytes() == (whole / "steps.csv").read_bytes()
    assert losses(torn) == losses(whole)
    for name in ("epoch_0001.png", "epoch_0003.png", "fresh_0003.png"):
        pictures = [(path / "samples" / name).read_bytes() for path in (torn, whole)]
        assert pictures[0] == pictures[1]
    starts = read_json(torn / "manifest.json")["starts"]
    assert len(starts) == 4
    assert starts[0]["step"] == 0


def test_a_smoke_run_goes_all_the_way(tmp_path):
    done = subprocess.run(
        command(tmp_path / "run", "--smoke", *FEWER.split()),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    assert not any(word in done.stderr for word in NOISE), done.stderr
    text = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    for name in re.findall(r"\(figures/(\w+)\.png\)", text):
        assert (tmp_path / "run" / "figures" / f"{name}.png").exists()
    assert "real test images" in text
    assert "nan" not in text.replace("on_nan", "")  # the setting of that name
    rows = read_rows(tmp_path / "run" / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(row["frechet_distance"] > 0 for row in rows)
    assert read_json(tmp_path / "run" / "measures.json")["count"] == 296
    assert read_json(tmp_path / "run" / "manifest.json")["starts"][0]["command"] == (
        f"python -m experiments.mnist_gan --dataset digits --output {tmp_path}/run "
        f"--smoke {FEWER}"
    )


# ------------------------------------------------------ in this process, tiny networks


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Returns settings of a run in the test's folder; its networks are tiny."""
    layers = keras.layers

    def generator(latent_dim, negative_slope):
        return keras.Sequential(
            [
                keras.Input((latent_dim,)),
                layers.Dense(784, activation="tanh"),
                layers.Reshape((28, 28, 1)),
            ]
        )

    def discriminator(negative_slope, dropout):
        return keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)]
        )

    monkeypatch.setattr(train.networks, "mnist_generator", generator)
    monkeypatch.setattr(train.networks, "mnist_discriminator", discriminator)
    settings = {
        "output": str(tmp_path / "run"),
        "dataset": "digits",
        "epochs": 2,
        "batch_size": 16,
        "train_images": 48,
        "latent_dim": 4,
        "measure_samples": 0,
        # For good, and for the whole process, if it were on.
        "deterministic": False,
    }
    return lambda **changes: Config(**settings | changes)


def test_from_a_notebook_a_run_returns_its_folder_and_goes_on(
    tiny, capsys, without_graphs
):
    folder = run(tiny(measure_samples=40))
    rows = folder.rows("history.csv")
    assert [row["step"] for row in rows] == [3, 6]
    assert all("frechet_distance" in row for row in rows)
    capsys.readouterr()
    # Again: nothing is trained, only the report is written anew.
    (folder.path / "report.md").unlink()
    again = run(tiny(measure_samples=40))
    assert again.rows("history.csv") == rows
    assert (folder.path / "report.md").exists()
    assert len(read_json(folder.path / "manifest.json")["starts"]) == 1
    resumed, reported = capsys.readouterr().out.splitlines()
    assert resumed == f"{folder.path} resumes after step 6 of 6."
    assert reported.startswith("report: ")
    with pytest.raises(RunError, match=r"beta_1: 0\.5 -> 0\.9"):
        run(tiny(measure_samples=40, beta_1=0.9))


def test_every_knob_arrives(tiny, without_graphs):
    settings = {
        "loss": "wasserstein",
        "penalty": "gradient_penalty",
        "update": "alternating",
        "discriminator_steps": 3,
        "ema_half_life": 100.0,
        "precision": "mixed_bfloat16",
        "generator_learning_rate": 0.25,
        "discriminator_learning_rate": 0.125,
        "beta_1": 0.75,
    }
    gan = mnist_gan.EXPERIMENT.build_model(tiny(**settings))
    assert gan.adversarial_loss.name == "wasserstein"
    assert gan.penalty is not None
    assert (gan.update, gan.discriminator_steps) == ("alternating", 3)
    assert gan.ema_half_life == 100
    assert gan.generator.layers[0].compute_dtype == "bfloat16"
    assert float(gan.generator_optimizer.learning_rate) == 0.25
    assert float(gan.discriminator_optimizer.learning_rate) == 0.125
    assert gan.generator_optimizer.beta_1 == gan.discriminator_optimizer.beta_1 == 0.75
    folder = run(tiny(**settings, epochs=1))
    assert "penalty" in folder.rows("steps.csv")[0]
    assert "mean score" in (folder.path / "report.md").read_text(encoding="utf-8")


def test_several_steps_an_execution_make_the_same_epochs(tiny):
    rows = run(tiny(steps_per_execution=3)).rows("history.csv")
    assert [row["step"] for row in rows] == [3, 6]
    assert "data_wait" not in rows[-1]
    assert rows[-1]["images_per_second"] > 0


def test_a_divergence_is_told_with_its_step(tiny, monkeypatch):
    monkeypatch.setattr(validation, "LARGEST", 1e39)  # of fields that are refused
    with pytest.raises(DivergedError, match=r"at step \d; .*A smaller learning rate"):
        run(tiny(generator_learning_rate=1e38, discriminator_learning_rate=1e38))


@pytest.fixture
def color_set(tmp_path):
    path = tmp_path / "color.npz"
    np.savez(path, images=np.zeros((8, 28, 28, 3), np.uint8))
    return str(path)


@pytest.fixture
def two_classes(tmp_path):
    path = tmp_path / "two.npz"
    images = np.zeros((64, 28, 28, 1), np.uint8)
    images[::2] = 255
    np.savez(path, images=images, labels=np.arange(64) % 2)
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "cross"}, "Unknown loss 'cross'. Use one of minimax, non_saturating"),
        ({"penalty": "r3"}, "'r3'"),
        ({"update": "both"}, "update='both' must be one of alternating, simultaneous"),
        ({"dataset": "no_such_set"}, "no_such_set"),
        ({"dataset": "./nowhere"}, "'./nowhere' is not a folder"),
        ({"precision": "float16"}, "must be one of float32, mixed_bfloat16"),
        ({"strategy": "gpu"}, "There is no GPU:0 here (found: "),
        ({"strategy": "fast"}, "Unknown strategy 'fast'; accepted are auto, cpu, gpu"),
        ({"steps_per_execution": 2}, "must divide the 3 steps of an epoch"),
        ({"steps_per_execution": 0}, "steps_per_execution=0 must be at least 1"),
        (
            {"train_images": 2000},
            "train_images=2000 must be from 1 to 1501, the number of images in digits",
        ),
        ({"batch_size": 49}, "only 48 images, fewer than the 49"),
        ({"discriminator_steps": 4}, "(batch_size 16 x discriminator_steps 4)"),
        ({"epochs": 0}, "epochs=0 must be at least 1"),
        ({"measure_samples": 1}, "measure_samples=1 must be at least 2"),
        ({"measure_samples": -5}, "measure_samples=-5 must be at least 2"),
        ({"sample_count": 0}, "sample_count=0 must be at least 1"),
        ({"checkpoint_minutes": 0}, "checkpoint_minutes=0 must be above 0"),
        ({"generator_learning_rate": -1.0}, "generator_learning_rate=-1.0 must be abo"),
        ({"ema_half_life": 0.0}, "ema_half_life=0.0 must be above 0"),
        ({"dropout": 1.5}, "dropout=1.5 must be in [0, 1)"),
        ({"seed": -1}, "seed=-1 must be from 0 to"),
    ],
)
def test_bad_input_is_one_clear_line_and_leaves_no_folder(
    tiny, changes, message, monkeypatch, capsys
):
    config = tiny(**changes)
    monkeypatch.setattr(commands.tyro, "cli", lambda *a, **k: config)
    with pytest.raises(SystemExit) as stop:
        harness.main(mnist_gan.PAPER, [])
    assert stop.value.code == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert message in said
    assert len(said.splitlines()) == 1
    assert not Path(config.output).exists()


def test_images_that_the_networks_cannot_draw_are_refused(tiny, color_set):
    with pytest.raises(data.DataError, match=r"\(28, 28, 3\); the networks of this"):
        run(tiny(dataset=color_set))


def test_measures_need_the_ten_digits_and_training_does_not(tiny, two_classes):
    config = tiny(dataset=two_classes, epochs=1)
    with pytest.raises(data.DataError, match=r"2 classes; .* measure_samples=0"):
        run(dataclasses.replace(config, measure_samples=20))
    # It has no test split, either.
    assert (run(config).path / "report.md").exists()


def test_a_strange_folder_is_refused(tiny, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").touch()
    with pytest.raises(RunError, match="is not a run folder; choose another --output"):
        run(tiny())


def test_other_data_under_the_same_name_are_refused(tiny, tmp_path):
    path = tmp_path / "set.npz"
    for value in (0, 255):
        images = np.full((48, 28, 28, 1), value, np.uint8)
        np.savez(path, images=images)
        expected = pytest.raises(RunError, match="trained on other data")
        with expected if value else contextlib.nullcontext():
            run(tiny(dataset=str(path), epochs=1))


def test_smoke_settings_fit_a_small_set_and_have_a_folder_of_their_own():
    config = shrink(Config(dataset="digits", smoke=True), SMOKE)
    assert config.output == "runs/mnist_gan_smoke"
    named = shrink(Config(output="x", smoke=True), SMOKE)
    assert named.output == "x"
    config = dataclasses.replace(config, train_images=5000)
    assert len(train.load(config).train) == 1501


def test_help_shows_every_knob_with_its_default(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mnist_gan", "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        harness.main(mnist_gan.PAPER)
    assert stop.value.code == 0
    shown = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    for field in dataclasses.fields(Config):
        found = re.search(rf"--{field.name.replace('_', '-')}\b.*", shown)
        assert found, field.name
        if not isinstance(field.default, bool):
            assert f"(default: {field.default})" in shown[found.start() :], field.name
    assert "Adam's first decay rate" in shown


def test_nothing_of_the_start_up_is_shown_but_what_was_asked_for(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import ganzoo, os; os.write(2, b'asked for')"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.stderr == "asked for"
