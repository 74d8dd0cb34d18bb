"""Steps are lowered and compiled on JAX; tests/tpu/test_compiling.py runs these tests.

The compiler is XLA's for CPUs, on which the program also runs.
"""

import json

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import ganzoo
from experiments import mnist_gan
from experiments.harness.model import Step
from ganzoo import backend, distribute, layers
from ganzoo.gans import train_function
from tests.gans import tiny
from tpu import compiling, topologies
from tpu.refusals import RefusedError

distribute.virtual_cpus(4)  # before JAX's first operation

ROWS = 8
IMAGES = np.random.default_rng(0).uniform(-1, 1, (ROWS, *tiny.IMAGE)).astype("float32")
HERE = "tests/tpu/on_jax.py"


class Planted(ganzoo.GAN):
    """A GAN whose losses go through a function."""

    planted = staticmethod(lambda logits: logits)

    def generator_losses(self, fake_logits, real_logits):
        return super().generator_losses(type(self).planted(fake_logits), real_logits)


def tiny_step(planted=lambda logits: logits) -> Step:
    networks = {"norm": layers.BatchNormalization, "dropout": layers.Dropout}
    kind = type("Planted", (Planted,), {"planted": staticmethod(planted)})
    gan = tiny.build_gan(kind=kind, networks=networks, ema_half_life=30.0)
    return Step(gan, keras.KerasTensor((ROWS, *tiny.IMAGE)), ROWS)


@pytest.mark.parametrize("count", [1, 2])
def test_the_compiled_program_is_the_step_of_fit(count):
    """On several devices, too: each has a share of the batch."""
    step = tiny_step()
    program = compiling.lowered(step, jax.devices()[:count])
    figures, text = compiling.compiled(program)
    assert figures["flops"] > 1000
    assert set(figures["memory"]) == set(compiling._MEMORY)
    assert figures["memory"]["alias"] > 1000  # the new state takes the old one's place
    assert ("all-reduce" in text) == (count > 1)

    executable = program.compile()
    variables = train_function.variables_of(step.model)
    values = [keras.ops.convert_to_numpy(variable) for variable in variables]
    (state, batch), _ = executable.input_shardings
    logs, found = executable(
        [jax.device_put(*pair) for pair in zip(values, state, strict=True)],
        jax.device_put(IMAGES, batch),
    )
    history = step.model.fit(IMAGES, batch_size=ROWS, shuffle=False, verbose=0).history
    assert int(step.model.step) == 1
    for variable, value in zip(variables, found, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(variable), value, atol=1e-6
        )
    for name, value in logs.items():
        np.testing.assert_allclose(value, history[name][0], atol=1e-6)


def test_the_same_step_has_the_same_fingerprint():
    def fingerprint(*planted):
        program = compiling.lowered(tiny_step(*planted), jax.devices()[:1])
        return compiling.compiled(program)[0]["fingerprint"]

    first = fingerprint()
    assert fingerprint() == first
    assert fingerprint(lambda logits: 2 * logits) != first


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        (lambda x: x + np.asarray(x).sum(), "TracerArrayConversionError"),
        (lambda x: x + jnp.unique(x).sum(), "ConcretizationTypeError"),
        (lambda x: x + jnp.mean(x[x > 0]), "NonConcreteBooleanIndexError"),
    ],
)
def test_a_planted_operation_is_refused_with_its_line(planted, name):
    with pytest.raises(RefusedError) as refused:
        compiling.lowered(tiny_step(planted), jax.devices()[:1])
    refusal = refused.value.refusal
    assert refusal.stage == "tracing"
    assert refusal.message.startswith(f"{name}: ")
    line = planted.__code__.co_firstlineno
    assert refusal.source == f"{HERE}:{line} in <lambda>"


def test_a_step_sees_the_devices_that_it_is_compiled_for():
    """Layers compute on a TPU otherwise than on the CPU that traces."""
    kinds = []
    step = tiny_step(lambda logits: kinds.append(backend.device_kind()) or logits)

    class Device:
        platform, id = "tpu", 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jax.sharding, "Mesh", mesh_of_cpus)
        compiling.lowered(step, [Device()])
    assert set(kinds) == {"TPU"}


def mesh_of_cpus(devices, names, *, mesh=jax.sharding.Mesh):
    return mesh(np.array(jax.devices()[: len(devices)]), names)


def answer_to(tmp_path, **request) -> dict:
    asked = {"arguments": [], "topology": "v5e:2x2", "folder": str(tmp_path)} | request
    path = tmp_path / "request.json"
    path.write_text(json.dumps(asked))
    compiling.main(str(path))
    return json.loads((tmp_path / "answer.json").read_text())


def test_a_request_is_answered_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "described", lambda topology: jax.devices()[:1])
    monkeypatch.setattr(compiling.metadata, "version", lambda package: "1")
    small = ["--batch-size", "4"]
    answer = answer_to(tmp_path, experiment="experiments.mnist_gan", arguments=small)
    assert (answer["batch"], answer["images"]) == (4, 4)
    assert answer["precision"] == "float32"
    assert answer["tools"] == "keras 1, jax 1, libtpu 1"
    assert answer["compiled"]["seconds"] > 0
    assert "ENTRY" in (tmp_path / "step.hlo").read_text()


def test_what_cannot_be_meant_is_refused_before_anything_is_built(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(
        type(mnist_gan.PAPER), "train_step", lambda *rest: pytest.fail("it was built")
    )
    answer = answer_to(tmp_path, experiment="nosuch")
    assert answer["error"].startswith("There is no module 'nosuch'; the experiments")
    arguments = ["--batch-size", "6"]
    answer = answer_to(
        tmp_path, experiment="experiments.mnist_gan", arguments=arguments
    )
    assert "batch_size=6 (global) cannot be shared equally" in answer["error"]
    assert ["experiments.mnist_gan"] in answer_to(tmp_path, experiment=None)[
        "experiments"
    ]


def test_the_topologies_are_those_of_the_compiler(monkeypatch):
    asked = {}

    class Description:
        devices = ()

    def described(**options):
        asked.update(options)
        return Description

    monkeypatch.setattr(compiling.descriptions, "get_topology_desc", described)
    assert compiling.described(topologies.topology("v5e:1x1")) == ()
    assert asked == {
        "platform": "tpu",
        "topology_name": "v5e:1x1",
        "chips_per_host_bounds": [1, 1, 1],
    }
