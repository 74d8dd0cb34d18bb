"""precision=auto, and what is said of bfloat16 on a device without units for it."""

import dataclasses

import keras
import pytest

from experiments import mnist_gan
from experiments.classifiers import cifar10
from experiments.harness import Command, discover, precisions
from experiments.harness.model import precision
from ganzoo import distribute, runs

COMMANDS = {
    f"{paper.name} {name}": command.load()
    for paper in discover.papers()
    for name, command in paper.commands.items()
} | {"cifar10_classifier": Command(config=cifar10.Config, function=cifar10.run)}
TRAINED = {
    name: command
    for name, command in COMMANDS.items()
    if "precision" in {field.name for field in dataclasses.fields(command.config)}
}


@pytest.fixture
def units(monkeypatch):
    """Returns a function that gives the CPU units for bfloat16, or takes them."""

    def have(unit: str | None) -> None:
        monkeypatch.setattr("ganzoo.distribute.hardware.cpu_unit", lambda: unit)

    return have


class ResolvedError(Exception):
    pass


@pytest.mark.parametrize("name", TRAINED)
def test_every_experiment_resolves_its_precision_before_it_begins(
    name, monkeypatch, tmp_path
):
    def resolve_in(config):
        raise ResolvedError(config.precision)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(precisions, "resolve_in", resolve_in)
    command = TRAINED[name]
    with pytest.raises(ResolvedError, match="auto"):
        command.run(command.config(precision="auto"))
    assert not list(tmp_path.iterdir())


def test_experiments_that_train_have_the_setting():
    assert COMMANDS.keys() - TRAINED.keys() == {"svhn_training_images draw"}


@pytest.mark.parametrize(
    ("asked", "unit", "name", "said"),
    [
        ("auto", "AMX", "mixed_bfloat16", "precision=auto: mixed_bfloat16\n"),
        ("auto", None, "float32", "precision=auto: float32\n"),
        ("float32", "AMX", "float32", ""),
        ("float32", None, "float32", ""),
        ("mixed_bfloat16", "AMX", "mixed_bfloat16", ""),
        (
            "mixed_bfloat16",
            None,
            "mixed_bfloat16",
            "precision=mixed_bfloat16: this CPU has no fast units for bfloat16; "
            "float32 trains 1.0 to 4.8 times as fast and rounds less. precision=auto "
            "chooses the faster of the two.\n",
        ),
    ],
)
def test_a_precision_is_resolved_and_reported(units, capsys, asked, unit, name, said):
    units(unit)
    config = precisions.resolve_in(mnist_gan.Config(precision=asked))
    assert config == mnist_gan.Config(precision=name)
    assert capsys.readouterr().err == said
    with precision(asked):  # of a model that is built by hand
        assert keras.config.dtype_policy().name == name


def test_other_devices_than_the_cpu_are_asked(units, monkeypatch, capsys):
    units(None)
    assert precisions.resolve("auto", "tpu") == "mixed_bfloat16"
    monkeypatch.setattr(distribute.devices, "device_kind", lambda name: "GPU")
    monkeypatch.setattr(distribute, "device_kind", lambda name: "GPU")
    monkeypatch.setattr(distribute, "multiplies_bfloat16", lambda name: False)
    assert precisions.resolve("auto", "gpu") == "float32"
    precisions.resolve_in(mnist_gan.Config(precision="mixed_bfloat16", strategy="gpu"))
    assert capsys.readouterr().err == (
        "precision=mixed_bfloat16: this GPU has no fast units for bfloat16; float32 "
        "rounds less. precision=auto chooses the faster of the two.\n"
    )


def test_workers_are_not_left_to_choose_each_its_own():
    with pytest.raises(
        ValueError, match="precision='auto' may resolve differently on each"
    ):
        precisions.resolve("auto", "multi_worker")
    assert precisions.resolve("float32", "multi_worker") == "float32"


def test_a_run_keeps_the_precision_that_it_began_with(units, tmp_path):
    def begun(asked: str) -> runs.Run:
        config = precisions.resolve_in(mnist_gan.Config(precision=asked))
        return runs.Run(tmp_path / "run", dataclasses.asdict(config), fingerprint="x")

    units("AMX")
    assert begun("auto").config["precision"] == "mixed_bfloat16"
    begun("auto")
    begun("mixed_bfloat16")
    units(None)  # another machine
    begun("mixed_bfloat16")
    with pytest.raises(runs.RunError, match="precision: 'mixed_bfloat16' -> 'float32'"):
        begun("auto")
