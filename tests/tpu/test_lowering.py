"""Steps are lowered, or refused by name; experiments are found. No TPU kernels here."""

import json
import textwrap

import keras
import pytest
import tensorflow as tf

from experiments import gan_variants, mnist_gan
from experiments.cifar10_gan.config import VARIANTS
from experiments.harness import Paper
from experiments.harness.model import Step
from ganzoo import layers
from tpu import lowering

IMAGE = (4, 4, 1)


@pytest.fixture
def lowered(tmp_path):
    def lower(step, replicas: int = 2) -> dict:
        path = tmp_path / "step.stablehlo"
        return lowering.lower_step(step, replicas, "CPU", path)

    return lower


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_step_becomes_a_program_of_its_state_and_a_share_of_the_batch(
    lowered, tiny_step, tmp_path, replicas
):
    """On one replica batch normalisation is the fused one."""
    step = tiny_step()
    program = lowered(step, replicas)
    assert "refused" not in program
    first, count = program["state"]
    assert first == 1
    assert count > 20
    assert (tmp_path / "step.stablehlo").stat().st_size > 1000
    # Keras numbers its optimisers, and others may have come before.
    origins = [o for name, o in program["sources"].items() if "/truediv" in name]
    assert origins
    assert all(origin is None or ":" in origin for origin in origins)


@pytest.mark.parametrize(
    ("planted", "operation", "stage"),
    [
        (
            lambda x: tf.ensure_shape(tf.py_function(abs, [x], tf.float32), x.shape),
            "EagerPyFunc",
            "lowering",
        ),
        (
            lambda x: x + tf.reduce_sum(tf.unique(tf.stop_gradient(x[:, 0]))[0]),
            "Unique",
            "static shapes",
        ),
        (
            lambda x: x + tf.reduce_mean(tf.boolean_mask(x, x > 0)),
            "Where",
            "static shapes",
        ),
    ],
)
def test_a_planted_operation_is_refused_by_its_name_and_line(
    lowered, tiny_step, planted, operation, stage
):
    refusal = lowered(tiny_step(planted))["refused"]
    assert refusal["stage"] == stage
    assert refusal["operation"].startswith(f"{operation} '")
    assert refusal["source"].startswith("tests/tpu/test_lowering.py:")


def test_convolutions_stay_convolutions(lowered, tiny_step, tmp_path):
    """Products of frequencies are for the CPU that traces, not for the TPU."""
    layer = layers.Conv2D(32, 5, padding="same")
    convolve = tf.function(layer.convolution_op)
    grid, kernel = tf.ones([128, 7, 7, 32]), tf.ones([5, 5, 32, 32])
    graph = convolve.get_concrete_function(grid, kernel).graph
    assert "Conv2D" not in {op.type for op in graph.get_operations()}

    def planted(x):
        return x + tf.reduce_mean(layer.convolution_op(grid * x[0, 0], kernel))

    assert "refused" not in lowered(tiny_step(planted))
    program = (tmp_path / "step.stablehlo").read_bytes()
    assert b"convolution" in program


def test_a_variable_that_is_no_part_of_the_game_is_refused(lowered, tiny_step):
    stray = tf.Variable(1.0, name="stray")
    refusal = lowered(tiny_step(lambda x: x * stray))["refused"]
    assert refusal["stage"] == "tracing"
    assert refusal["message"].endswith("not part of the model: stray:0")
    assert refusal["operation"].startswith("ReadVariableOp '")
    assert refusal["source"].startswith("tests/tpu/test_lowering.py:")


def test_a_step_that_raises_is_refused_with_what_it_says(lowered, tiny_step):
    def planted(x):
        raise KeyError("nothing here")

    refusal = lowered(tiny_step(planted))["refused"]
    assert refusal["message"] == "KeyError: 'nothing here'"
    assert "in planted" in refusal["source"]


def test_replicas_that_cannot_share_the_batch_are_told_what_they_can():
    spec = tf.TensorSpec([12, *IMAGE])
    assert lowering.share(spec, 4).shape == [3, *IMAGE]
    with pytest.raises(ValueError, match="take 8 or 16"):
        lowering.share(spec, 8)


def test_every_experiment_is_found_with_each_of_its_steps():
    found = lowering.every_experiment()
    assert ["experiments.mnist_gan"] in found
    variants = [words[1] for words in found if words[0] == "experiments.gan_variants"]
    assert set(variants) == set(gan_variants.PAPER.commands) - {"compare"}
    systems = [words for words in found if words[0] == "experiments.cifar10_gan"]
    assert ["experiments.cifar10_gan", "--architecture", "mlp"] in systems
    assert len(systems) == len(VARIANTS)
    modules = {words[0] for words in found}
    assert "experiments.mnist_classifier" not in modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("experiments.nothing", "There is no module 'experiments.nothing'"),
        ("nothing.at.all", "experiments.mnist_gan"),
        ("experiments.mnist_classifier", "declares no PAPER"),
    ],
)
def test_an_experiment_without_a_step_is_one_clear_line(name, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        lowering.experiment(name)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_settings_are_read_as_on_the_experiments_command_line(capsys):
    config = lowering.read_config(
        mnist_gan.PAPER, ["--loss", "hinge", "--batch-size", "64"]
    )
    assert (config.loss, config.batch_size) == ("hinge", 64)
    config = lowering.read_config(gan_variants.PAPER, ["ring", "--unrolled-steps", "2"])
    assert isinstance(config, gan_variants.Ring)
    assert config.unrolled_steps == 2
    config = lowering.read_config(mnist_gan.PAPER, ["--precision", "auto"])
    assert config.precision == "mixed_bfloat16"  # as on a TPU, whatever this machine is
    with pytest.raises(ValueError, match="beta_1=2"):
        lowering.read_config(mnist_gan.PAPER, ["--beta-1", "2"])
    with pytest.raises(SystemExit, match="2"):
        lowering.read_config(mnist_gan.PAPER, ["--nonsense", "2"])
    said = capsys.readouterr().err
    assert said.startswith("error: Unrecognized options: --nonsense, 2")
    assert said.count("\n") == 1


def test_a_command_that_only_runs_others_has_no_step():
    with pytest.raises(ValueError, match="compare has no train step"):
        gan_variants.PAPER.train_step(gan_variants.Compare())


SMALL = {"batch_size": 4, "discriminator_steps": 2}


@pytest.mark.parametrize(
    ("config", "shapes", "images"),
    [
        (mnist_gan.Config(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Vanilla(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Ring(**SMALL), [(8, 2)], 8),
        (gan_variants.Stacked(**SMALL), [(8, 28, 28, 3)], 8),
        (gan_variants.Features(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Infogan(batch_size=4), [(4, 28, 28, 1)], 4),
        (gan_variants.Discogan(batch_size=4, width=4), [(4, 28, 28, 3)] * 2, 8),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_step_of_an_experiment_is_fed_what_fit_is_fed(config, shapes, images):
    module = mnist_gan if type(config) is mnist_gan.Config else gan_variants
    step = module.PAPER.train_step(config)
    assert isinstance(step, Step)
    assert isinstance(step.model, keras.Model)
    specs = tf.nest.flatten(step.batch)
    assert [tuple(spec.shape) for spec in specs] == shapes
    assert step.images == images
    fed, _ = step.model.unpack(tf.nest.map_structure(placeholder, step.batch))
    assert tuple(fed.shape) == shapes[0]


def placeholder(spec: tf.TensorSpec) -> keras.KerasTensor:
    return keras.KerasTensor(spec.shape, spec.dtype.name)


def answer_to(tmp_path, **request) -> dict:
    wanted = {"arguments": [], "replicas": [2], "platform": "CPU"} | request
    path = tmp_path / "request.json"
    path.write_text(json.dumps(wanted | {"folder": str(tmp_path)}))
    lowering.main(str(path))
    return json.loads((tmp_path / "answer.json").read_text())


def test_a_request_is_answered_in_a_file(tmp_path, monkeypatch):
    source = """\
        import dataclasses
        from experiments import gan_variants, harness

        @dataclasses.dataclass(frozen=True)
        class Config(gan_variants.Ring):
            batch_size: int = 8

        ring = gan_variants.PAPER.commands["ring"].load()
        own = dataclasses.replace(ring, config=Config)
        PAPER = harness.Paper(name="own", description="", commands={"": own})
    """
    (tmp_path / "own_experiment.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(tmp_path)
    answer = answer_to(tmp_path, experiment="own_experiment", replicas=[1, 2])
    assert (answer["batch"], answer["images"]) == (8, 8)
    assert answer["precision"] == "float32"
    assert answer["tensorflow"] == tf.__version__
    assert set(answer["programs"]) == {"1", "2"}
    assert (tmp_path / "replicas_2.stablehlo").exists()

    for platform in ("CPU", None):  # None lowers nothing, and refuses the same
        asked = {"experiment": "own_experiment", "platform": platform}
        answer = answer_to(tmp_path, replicas=[3], **asked)
        assert "batch_size=8 (global) cannot be shared equally" in answer["error"]
    answer = answer_to(tmp_path, experiment="nosuch", platform=None)
    assert answer["error"].startswith("There is no module 'nosuch'; the experiments")


def test_a_request_for_no_platform_lowers_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(Paper, "train_step", lambda *rest: pytest.fail("it was built"))
    answer = answer_to(tmp_path, experiment="experiments.mnist_gan", platform=None)
    assert answer.keys() == {"tensorflow", "keras"}


@pytest.mark.slow
def test_every_experiment_lowers_for_one_core(tmp_path):
    """The one chip that is lent for nothing."""
    refused = {}
    for name, *arguments in lowering.every_experiment():
        answer = answer_to(tmp_path, experiment=name, arguments=arguments, replicas=[1])
        if "refused" in (program := answer["programs"]["1"]):
            refused[" ".join([name, *arguments])] = program["refused"]
    assert not refused
