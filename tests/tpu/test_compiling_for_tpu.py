"""The real thing: steps lowered by the TPU's kernels, compiled by the TPU compiler.

The tests run where the helper environments are made: in the folder that
GANZOO_TPU_CACHE names, or the user's cache.
"""

import json
import re

import pytest

from tpu import environments, preflight

CACHE = environments.cache_folder()
REMEDY = "is not made: python -m tpu.preflight --all makes it"

# A small game with an operation planted in the generator's loss.
PLANTED = """\
import dataclasses

import tensorflow as tf

from experiments import gan_variants, harness


@dataclasses.dataclass(frozen=True)
class Config(gan_variants.Ring):
    batch_size: int = 8
    plant: str = "nothing"


def planted(logits, plant):
    if plant == "python":
        drawn = tf.py_function(abs, [logits[0, 0]], tf.float32)
        return logits + tf.ensure_shape(drawn, [])
    if plant == "unique":
        return logits + tf.cast(tf.size(tf.unique(logits[:, 0])[0]), tf.float32)
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


@pytest.fixture(scope="module", autouse=True)
def compiling():
    if environments.interpreter("compiling", CACHE) is None:
        pytest.skip(f"the environment 'compiling' {REMEDY}")


@pytest.fixture
def lowering():
    if environments.interpreter("lowering", CACHE) is None:
        pytest.skip(f"the environment 'lowering' {REMEDY}")


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Returns a function that checks the planted experiment: status and text."""
    (tmp_path / "planted_game.py").write_text(PLANTED)
    monkeypatch.chdir(tmp_path)

    def run(plant: str, *options: str, batch_size: str = "8") -> tuple[int, str]:
        settings = ["--plant", plant, "--batch-size", batch_size]
        status = preflight.main(["planted_game", *options, "--", *settings])
        return status, capsys.readouterr().out

    return run


def cycles(text: str) -> int:
    return int(re.search(r"cycles +([\d,]+)", text)[1].replace(",", ""))


def test_a_step_is_accepted_with_the_sums_of_its_gradients(lowering, check, tmp_path):
    status, text = check("nothing", "--keep", str(tmp_path / "kept"))
    assert status == 0, text
    assert "on v5e:2x2, 4 cores: accepted" in text
    assert int(re.search(r"exchange +(\d+) sums", text)[1]) >= 1
    assert cycles(text) > 1000
    assert "images/s" in text
    assert re.search(r"fingerprint +sha256:[0-9a-f]{64}\n", text)
    (said,) = (tmp_path / "kept").glob("*/v5e_2x2.json")
    memory = json.loads(said.read_text())["memory"]
    # The new state lies where the old one was; the logs are all that is new.
    assert 0 <= memory["output"] - memory["alias"] < 10_000 < memory["alias"]


def test_a_quick_check_accepts_it_too(check):
    status, text = check("nothing", "--quick")
    assert status == 0, text
    assert int(re.search(r"exchange +(\d+) sums", text)[1]) >= 1


@pytest.mark.parametrize(
    ("plant", "operation", "made_by"),
    [("python", "EagerPyFunc", "tf.py_function"), ("unique", "Unique", "tf.unique")],
)
def test_a_planted_operation_is_refused_by_name_and_line(
    lowering, check, plant, operation, made_by
):
    status, text = check(plant)
    assert status == 1, text
    assert "REFUSED" in text
    assert f"{operation} '" in text
    (line,) = (n for n, code in enumerate(PLANTED.splitlines(), 1) if made_by in code)
    assert f"planted_game.py:{line} in planted" in text


def test_a_step_that_needs_more_memory_than_a_core_has_is_refused(check):
    status, text = check("nothing", "--quick", batch_size="400000000")
    assert status == 1, text
    assert "REFUSED" in text
    assert "Ran out of memory" in text
