"""A run folder, and a small GAN to be saved in it."""

import keras
import numpy as np
import pytest

from ganzoo.runs import Run


class Toy(keras.Model):
    """A GAN as far as a run folder looks at one: weights, and a step among them."""

    def __init__(self, step: int, value: float):
        super().__init__()
        self.step = self.add_weight(dtype="int64", trainable=False, initializer="zeros")
        self.net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        self.last = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        self.built = True
        self.set(step, value)

    def set(self, step: int, value: float) -> "Toy":
        self.step.assign(step)
        for weight in self.net.weights + self.last.weights:
            weight.assign(np.full(weight.shape, value))
        return self

    def values(self) -> set:
        return {float(v) for w in self.weights[1:] for v in w.numpy().ravel()}


@pytest.fixture
def toy() -> type[Toy]:
    return Toy


@pytest.fixture
def settings() -> dict:
    return {
        "output": "here",
        "data_dir": None,
        "epochs": 2,
        "rate": 0.5,
        "sizes": (1, 2),
    }


@pytest.fixture
def folder(tmp_path, settings) -> Run:
    return Run(tmp_path / "run", settings, fingerprint="abc")
