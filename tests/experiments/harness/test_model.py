import dataclasses

import keras
import numpy as np
import pytest

from experiments import harness
from experiments.harness import model
from experiments.harness import run as running
from ganzoo import backend


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    output: str = "runs/x"
    dataset: str = "digits"


def test_the_precision_is_given_back():
    with pytest.raises(KeyError), model.precision("mixed_bfloat16"):  # noqa: PT012
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_starting_seeds_everything(monkeypatch):
    asked = []
    monkeypatch.setattr(backend, "enable_determinism", lambda: asked.append(1))
    draws = []
    for config in (Config(seed=3, deterministic=False), Config(seed=3)):
        running.seed_everything(config)
        draws.append((np.random.rand(), float(keras.random.uniform(()))))
    assert draws[0] == draws[1]
    assert asked == [1]
