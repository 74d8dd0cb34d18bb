"""Images and a classifier small enough to run the whole of an experiment on."""

import functools
import json

import numpy as np
import pytest
from matplotlib import layout_engine

from ganzoo import data, float16_weights, metrics, networks
from ganzoo.metrics import features


@pytest.fixture(autouse=True)
def figures_as_they_come(request, monkeypatch):
    """Draws all figures, and lays them out in slow tests only.

    Layout would double the time; tests/plots checks laid-out figures.
    """
    if "slow" in request.keywords:
        return
    monkeypatch.setattr(
        layout_engine.ConstrainedLayoutEngine, "execute", lambda engine, figure: {}
    )


@pytest.fixture(scope="session")
def noise_set(tmp_path_factory) -> str:
    """Noise of ten classes: 60 training and 30 test images."""
    numbers = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    arrays = {
        "images": numbers.integers(0, 256, (60, 32, 32, 3)).astype("uint8"),
        "labels": np.arange(60) % 10,
        "test_images": numbers.integers(0, 256, (30, 32, 32, 3)).astype("uint8"),
        "test_labels": np.arange(30) % 10,
    }
    np.savez(path, **arrays)
    return str(path)


@pytest.fixture
def published(monkeypatch):
    """Has a user's own sets taken for published ones, whose splits may be joined."""
    monkeypatch.setattr(data, "is_own", lambda dataset: False)


@pytest.fixture
def small_classifier(tmp_path, monkeypatch):
    """A classifier in place of the shipped one: untrained, and a thousandth of it."""
    build = functools.partial(networks.cifar10_classifier, 8)
    shipped = {"cifar10": ("cifar10_classifier", build)}
    monkeypatch.setattr(metrics.features, "_SHIPPED", shipped)
    folder = tmp_path / "weights"
    monkeypatch.setattr(features, "FOLDER", folder)
    sha256 = float16_weights.save(build(), folder / "cifar10_classifier.npz")
    card = folder / "cifar10_classifier.json"
    card.write_text(json.dumps({"sha256": sha256}))
    return sha256
