"""Bad command lines: each ends with one clear line, which names what is wrong."""

import os
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from experiments import harness, mnist_gan
from ganzoo.cli import main as ganzoo_main
from ganzoo.zoo.sampling import Sampler

ROOT = Path(__file__).parents[2]
HUGE = "99999999999999999999"
BOX = "7:0.1,0.1,0.4,0.4"
# Module, words, and what the line says.
BAD = [
    ("ganzoo", "", r"Expected one of \{.*list.*\}"),
    ("ganzoo", "smaple mnist_dcgan", "smaple, mnist_dcgan. Did you mean sample"),
    ("ganzoo", "shwo mnist_dcgan", "Did you mean show"),
    ("ganzoo", "juggle", "There are draw, evaluate, .*fetch, .*prepare, .*show, train"),
    ("ganzoo", "train ./nosuch", "'./nosuch' is not a folder"),
    ("ganzoo", "train digits --from nosuch", "There is no 'nosuch': give a generator"),
    ("ganzoo", "train digits --size 65", "size=65 must be 16 to 128 in steps of 16"),
    ("ganzoo", "train digits --hour 2", "Did you mean --hours"),
    ("ganzoo", "--bogus", "Unrecognized options: --bogus"),
    ("ganzoo", "list everything", "Unrecognized options: everything"),
    ("ganzoo", "show", "Missing from ganzoo show: .*A generator of"),
    ("ganzoo", "show mnist_dcgna", "no 'mnist_dcgna' .* Did you mean mnist_dcgan"),
    ("ganzoo", "show MNIST_DCGAN", "Did you mean mnist_dcgan"),
    ("ganzoo", "show mnist_dcgan twice", "Unrecognized options: twice"),
    ("ganzoo", "sample nosuch", "There is no 'nosuch': give a generator of the zoo"),
    ("ganzoo", "sample mnist_dcgan --cuont 3", "--cuont, 3. Did you mean --count?"),
    ("ganzoo", "sample mnist_dcgan --count three", "--count: .* 'three'"),
    ("ganzoo", "sample mnist_dcgan --count", "Missing value for argument '--count'"),
    ("ganzoo", "sample mnist_dcgan --count 0", "count=0 must be at least 1"),
    ("ganzoo", "sample mnist_dcgan --count -5", "count=-5 must be at least 1"),
    ("ganzoo", f"sample mnist_dcgan --count {HUGE}", "pixels, .*; choose fewer images"),
    ("ganzoo", "sample mnist_dcgan --scale 0", "scale=0 must be a whole number"),
    ("ganzoo", "sample mnist_dcgan --scale 100000", "a scale of at most 41"),
    ("ganzoo", "sample mnist_dcgan --scale 1.5", "--scale: .* '1.5'"),
    ("ganzoo", "sample mnist_dcgan --columns 0", "columns=0 must be at least 1"),
    ("ganzoo", f"sample mnist_dcgan --seed {2**70}", f"seed={2**70} must be"),
    ("ganzoo", "sample mnist_dcgan --output a.jpg", "a.jpg must end in .png"),
    ("ganzoo", "sample empty", "The folder empty has no generator.keras"),
    ("ganzoo", "sample mnist_dcgan --num-classes 3", "leave out --num-classes"),
    (
        "ganzoo",
        "sample mnist_dcgan --output a.npz --scale 2",
        "out for an .npz",
    ),
    ("ganzoo", "sample mnist_dcgan --output a.npz --columns 2", "columns=2 is for a"),
    ("ganzoo", f"sample mnist_dcgan --output a/ --count {HUGE}", "1 to 1,000,000"),
    ("ganzoo", "sample mnist_dcgan --classes cat", "takes no classes"),
    ("ganzoo", "sample mnist_m_conditional --classes 11", "no class '11' among the 10"),
    ("ganzoo", "sample mnist_dcgan --truncation 0", r"truncation=0\.0 must be"),
    ("ganzoo", "film nosuch", "There is no 'nosuch': give a generator of the zoo"),
    (
        "ganzoo",
        "film mnist_dcgan --output a.avi",
        "must end in .gif, .webp, .mp4",
    ),
    ("ganzoo", "film mnist_dcgan --seconds 0", r"seconds=0\.0 must be above 0"),
    (
        "ganzoo",
        "film mnist_dcgan --fps 99",
        r"fps=99\.0 must be above 0",
    ),
    ("ganzoo", "film mnist_dcgan --rows 0", "count=0 must be at least 1"),
    ("ganzoo", "film mnist_dcgan --training", "--training takes a run folder"),
    ("ganzoo", "film empty --training", "empty has 0 of the grids samples/epoch"),
    ("ganzoo", "film mnist_m_refiner", "no noise to walk through"),
    ("ganzoo", "export mnist_dcgan", "--output"),
    ("ganzoo", "export nosuch --output a", "There is no 'nosuch': give a generator"),
    ("ganzoo", "export mnist_dcgan --output a --formats onx", "'onx'; .*mean onnx"),
    ("ganzoo", "interpolate mnist_dcgan --steps 1", "steps=1 must be at least 2"),
    ("ganzoo", "interpolate mnist_dcgan --rows 0", "count=0 must be at least 1"),
    ("ganzoo", "interpolate mnist_dcgan --path circle", "'circle' .* 'spherical'"),
    ("ganzoo", f"interpolate mnist_dcgan --steps {HUGE}", "choose fewer images"),
    ("ganzoo", "interpolate mnist_m_refiner", "it has no noise to interpolate"),
    ("ganzoo", "draw multi_digit_mnist", 'pass --box "7:0.1,0.1,0.4,0.4"'),
    ("ganzoo", "draw multi_digit_mnist --box 7", "7"),
    ("ganzoo", "draw multi_digit_mnist --box 7:a,b,c,d", "a,b,c,d"),
    ("ganzoo", "draw multi_digit_mnist --box 77:0.1,0.1,0.4,0.4", "77"),
    (
        "ganzoo",
        f"draw mnist_dcgan --box {BOX}",
        "'mnist_dcgan' does not generate objects",
    ),
    ("ganzoo", f"draw multi_digit_mnist --box {BOX} --count 0", "count=0 must be at"),
    ("ganzoo", "evaluate mnist_dcgan", "--against"),
    ("ganzoo", "evaluate mnist_dcgna --against digits", "Did you mean mnist_dcgan"),
    ("ganzoo", "evaluate mnist_dcgan --against ./nosuch", "nosuch"),
    (
        "ganzoo",
        "evaluate mnist_dcgan --against digits --count 5",
        "count=5 must be 100 to",
    ),
    ("ganzoo", f"evaluate mnist_dcgan --against digits --count {HUGE}", "to 1,000,000"),
    ("ganzoo", "evaluate absent.keras --against digits", "no file absent.keras"),
    ("ganzoo", "evaluate text.keras --against digits", "text.keras cannot be loaded"),
    ("ganzoo", "evaluate empty --against digits", "empty"),
    ("ganzoo", "evaluate --against digits", "nothing: give one or more"),
    (
        "ganzoo",
        "evaluate mnist_dcgan --against digits --extractor fdi",
        "no file fdi, .* Did you mean fid",
    ),
    (
        "ganzoo",
        "evaluate mnist_dcgan mnist_gan --against digits --output a.xlsx",
        "a.xlsx must end in .json, .csv, .png, .txt",
    ),
    (
        "ganzoo",
        "evaluate mnist_dcgan --against digits --extractor fid --weights a.pth",
        "There is no file a.pth, given as weights",
    ),
    ("ganzoo", "fetch fid", "no 'fid' to fetch; there is fid-inception"),
    ("ganzoo", "prepare", "--output|Missing"),
    ("ganzoo", "prepare ./nosuch --output a.npz", "nosuch"),
    ("ganzoo", "prepare ./nosuch --output a.jpg", "a.jpg must end in .npz, or be a"),
    ("ganzoo", "prepare nosuch.zip --output a.npz", "There is no file 'nosuch.zip'"),
    ("ganzoo", "prepare empty --output a.npz --size 65", "size=65x65 .*16, 32, 48, 6"),
    ("ganzoo", "prepare empty --output a.npz", "empty holds no images"),
    ("ganzoo", "prepare digits --output text.keras/", "text.keras/ exists"),
    ("ganzoo", "prepare digits --output a.npz --fit cut", "'cut'"),
    ("ganzoo", "prepare digits --output a.npz --background 300", "background=300"),
    ("ganzoo", "explore absent.keras", "no file absent.keras|needs Gradio"),
    ("ganzoo", "explore --port 99999", "port=99999 must be 0 to 65535|needs Gradio"),
    ("mnist_gan", "--epoch 3", "--epoch, 3. Did you mean --epochs?"),
    ("mnist_gan", f"--epochs {HUGE}", f"epochs={HUGE} must be at most 1,000,000,000"),
    ("mnist_gan", "--epochs 0", "epochs=0 must be at least 1"),
    ("mnist_gan", "--epochs many", "--epochs: .* 'many'"),
    ("mnist_gan", "--latent-dim 10000000000", "latent_dim=10000000000 .* most 16,384"),
    ("mnist_gan", "--batch-size -1", "batch_size=-1 must be at least 1"),
    ("mnist_gan", f"--batch-size {HUGE}", f"batch_size={HUGE} must be at most 1,000,0"),
    ("mnist_gan", "--beta-1 nan", "beta_1=nan must be a number"),
    (
        "mnist_gan",
        "--generator-learning-rate inf",
        "rate=inf must be above 0 and finite",
    ),
    ("mnist_gan", "--penalty gradient_penlty", "Did you mean gradient_penalty"),
    ("mnist_gan", "--seed -1", "seed=-1 must be from 0 to"),
    ("mnist_gan", f"--seed {2**70}", f"seed={2**70} must be"),
    ("mnist_gan", "--precision float8", "precision='float8' must be one of"),
    ("mnist_gan", "--strategy cup", "Unknown strategy 'cup'.* Did you mean cpu"),
    ("mnist_gan", "--on-nan rolback", "on_nan='rolback' .* Did you mean rollback"),
    ("mnist_gan", "--dataset nosuch", "nosuch"),
    ("mnist_gan", "--dataset digit", "Did you mean digits"),
    ("mnist_gan", "--dataset mnits", "Did you mean mnist"),
    ("mnist_gan", "--dataset ./nosuch", "'./nosuch' is not a folder"),
    ("mnist_gan", "--output gs://bucket/run", "gs://bucket/run"),
    ("mnist_gan", "stray", "Unrecognized options: stray"),
    ("cifar10_gan", "dcgn", "Did you mean dcgan"),
    ("cifar10_gan", "--architecture dcagn", "'dcagn' .* Did you mean dcgan"),
    ("cifar10_gan", "compare --systems dcgn", "no 'dcgn'.* Did you mean dcgan"),
    ("gan_variants", "", "Expected one of|Missing"),
    ("gan_variants", "vanila", "Did you mean vanilla"),
    ("gan_variants", "vanilla --loss non_saturatng", "Did you mean non_saturating"),
    ("gan_variants", "infogan --categories 1", "categories=1 must be at least 2"),
    ("gan_variants", "ring --dataset rng", "Did you mean ring"),
    ("gan_variants", "compare --bed stakced", "'stakced' .* Did you mean stacked"),
    ("svhn_training_images", "dcgann", "Did you mean dcgan"),
    ("svhn_training_images", "dcgan --digit 11", "digit=11"),
    ("svhn_training_images", f"draw --count {HUGE}", f"count={HUGE} must be at most"),
    ("multi_digit_mnist", "ourss", "Did you mean ours"),
    ("multi_digit_mnist", "--placement lef", "placement='lef' must be one of"),
    ("mnist_classifier", "--epochs 0", "epochs=0 must be at least 1"),
    ("cifar10_classifier", "--learning-rate 0", "learning_rate=0.0 must be above 0"),
    ("overview", "--run runs", "Unrecognized options: --run, runs"),
    ("publish", "--run nosuch", "run=nosuch has no report.md"),
    ("publish", "--zoo a --kind mnist_gna", "'mnist_gna' .* Did you mean mnist_gan"),
    ("tpu.preflight", "", "Name one experiment"),
    ("tpu.preflight", "experiments.mnist_gan --topology v99:1x1", "v99"),
    ("tpu.preflight", "experiments.mnist_gna", "Did you mean experiments.mnist_gan"),
    ("tpu.preflight", "--topolgy v5e:1x1", "Did you mean --topology"),
    ("tpu.preflight", "--all -- --epochs 2", "leave out -- --epochs 2"),
]


def module_of(name: str) -> str:
    return name if name == "ganzoo" or "." in name else f"experiments.{name}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with an empty folder, and a file that is no model."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.keras").write_text("hello")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    return tmp_path


def check(status, out: str, error: str, message) -> None:
    lines = [line for line in error.splitlines() if line.strip()]
    assert status not in (None, 0)
    assert "Traceback" not in out + error
    assert len(lines) == 1, error
    assert lines[0].startswith("error: "), error
    assert re.search(message, lines[0]), lines[0]
    assert len(lines[0]) < 700


def test_there_are_over_sixty():
    assert len(BAD) > 60
    assert len({case[:2] for case in BAD}) == len(BAD)


@pytest.mark.parametrize(("name", "words", "message"), BAD)
def test_a_bad_command_line_is_one_clear_line(
    folder, capfd, monkeypatch, name, words, message
):
    before = sorted(folder.rglob("*"))
    monkeypatch.setattr(sys, "argv", [name, *words.split()])
    capfd.readouterr()
    with warnings.catch_warnings(), pytest.raises(SystemExit) as end:  # noqa: PT012
        warnings.simplefilter("ignore", RuntimeWarning)  # it was imported before
        with mock.patch.dict(os.environ):  # tpu.preflight sets variables
            runpy.run_module(module_of(name), run_name="__main__")
    check(end.value.code, *capfd.readouterr(), message)
    assert sorted(folder.rglob("*")) == before  # nothing was begun


def test_memory_that_does_not_suffice_is_one_line(folder, capfd, monkeypatch):
    def hungry(self, inputs, batch_size=None):
        if len(inputs[0]) == 2:
            np.empty(2**50)
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    monkeypatch.setattr(Sampler, "draw", hungry)
    for count in ("2", "3"):
        words = ["ganzoo", "sample", "mnist_dcgan", "--count", count]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            ganzoo_main()
        check(end.value.code, *capfd.readouterr(), "out of memory; give smaller numb")


@pytest.mark.parametrize(
    "error", [MemoryError(), OverflowError("Python int too large")]
)
def test_an_experiment_without_memory_is_one_line(capfd, monkeypatch, error):
    def hungry(config):
        raise error

    one = harness.Command(config=mnist_gan.Config, function=hungry)
    paper = harness.Paper(name="mnist_gan", description="", commands={"": one})
    with pytest.raises(SystemExit) as end:
        harness.main(paper, [])
    check(end.value.code, *capfd.readouterr(), "out of memory|a number is too large")


def in_a_process(folder, *words: str, shell: str = "") -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    environment["PYTHONPATH"] = str(ROOT)
    command = " ".join([sys.executable, "-m", *words, shell])
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("ganzoo", "shwo mnist_dcgan", "Did you mean show"),
        ("ganzoo", "sample mnist_dcgan --scale 100000", "a scale of at most 41"),
        ("mnist_gan", f"--epochs {HUGE}", f"epochs={HUGE} must be at most"),
        (
            "tpu.preflight",
            "experiments.mnist_gna",
            "Did you mean experiments.mnist_gan",
        ),
    ],
)
def test_so_it_is_in_a_process_of_its_own(folder, name, words, message):
    ended = in_a_process(folder, module_of(name), words)
    check(ended.returncode, ended.stdout, ended.stderr, message)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ganzoo", "mnist_gan"])
def test_whoever_reads_no_further_is_told_nothing(folder, name):
    words = "show mnist_dcgan" if name == "ganzoo" else "--help"
    ended = in_a_process(folder, module_of(name), words, shell="| true")
    assert ended.stderr == ""
    assert ended.stdout == ""
    assert ended.returncode == 141 or name == "mnist_gan"  # tyro prints its help itself
