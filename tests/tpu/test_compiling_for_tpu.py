"""The real thing: steps compiled by the TPU compiler, where it is installed."""

import importlib.util
import json
import re

import pytest

from tpu import preflight

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jax", "libtpu"))),
    reason="needs the extra jax-tpu",
)

# A small GAN with an operation planted in the generator's loss.
PLANTED = """\
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from experiments import gan_variants, harness


@dataclasses.dataclass(frozen=True)
class Config(gan_variants.Ring):
    batch_size: int = 8
    plant: str = "nothing"


def planted(logits, plant):
    if plant == "numpy":
        return logits + np.asarray(logits).sum()
    if plant == "unique":
        return logits + jnp.unique(logits).sum()
    if plant == "memory":  # 32 GiB
        rows = jnp.sin(logits[0, 0] * jnp.arange(2**13, dtype="float32"))
        table = rows * jnp.arange(2**20, dtype="float32")[:, None]
        return logits + jax.lax.stop_gradient(jnp.sort(table)[:, 7].mean())
    return logits


class Planted(harness.Experiment):
    def train_step(self, config):
        return planted_step(super().train_step(config), config)


def planted_step(ready, config):
    outputs = ready.model.fake_outputs

    def outputs_planted(*arguments, **named):
        values = outputs(*arguments, **named)
        return values | {"fake_logits": planted(values["fake_logits"], config.plant)}

    ready.model.fake_outputs = outputs_planted
    return ready


ring = gan_variants.PAPER.commands["ring"].load()
fields = {f.name: getattr(ring, f.name) for f in dataclasses.fields(ring)}
own = Planted(**fields | {"config": Config})
PAPER = harness.Paper(name="planted", description="", commands={"": own})
"""


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Returns a function that checks the planted experiment: status and text."""
    (tmp_path / "planted_gan.py").write_text(PLANTED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(plant: str, *options: str) -> tuple[int, str]:
        status = preflight.main(["planted_gan", *options, "--", "--plant", plant])
        return status, capsys.readouterr().out

    return run


def test_a_step_is_accepted_with_the_sums_of_its_gradients(check, tmp_path):
    kept = tmp_path / "kept"
    topologies = ("v5e:1x1", "v5e:2x4", "v4:2x2x1", "v6e:2x2")
    status, text = check("nothing", "--keep", str(kept), "--topology", *topologies)
    assert status == 0, text
    for topology in topologies:
        assert re.search(f"on {topology}, .*: accepted", text)
    alone, *several = re.findall(r"exchange +(\d+) sums", text)
    assert int(alone) == 0
    assert all(int(sums) >= 1 for sums in several)
    (cycles, *_) = re.findall(r"cycles +([\d,]+)", text)
    assert int(cycles.replace(",", "")) > 1000
    assert "images/s" in text
    assert re.search(r"fingerprint +sha256:[0-9a-f]{64}\n", text)
    (answer,) = kept.glob("*/v5e_2x4/answer.json")
    memory = json.loads(answer.read_text())["compiled"]["memory"]
    # The new state lies where the old one was; the logs are all that is new.
    assert 0 <= memory["output"] - memory["alias"] < 10_000 < memory["alias"]


@pytest.mark.parametrize(
    ("plant", "made_by"), [("numpy", "np.asarray"), ("unique", "jnp.unique")]
)
def test_a_planted_operation_is_refused_by_its_line(check, plant, made_by):
    status, text = check(plant)
    assert status == 1, text
    assert "REFUSED" in text
    (line,) = (n for n, code in enumerate(PLANTED.splitlines(), 1) if made_by in code)
    assert f"planted_gan.py:{line} in planted" in text


def test_a_step_that_needs_more_memory_than_a_core_has_is_refused(check):
    status, text = check("memory")
    assert status == 1, text
    assert "REFUSED" in text
    assert "RESOURCE_EXHAUSTED" in text
