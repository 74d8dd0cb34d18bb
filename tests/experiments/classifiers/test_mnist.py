import json

import keras
import numpy as np
import pytest

from experiments.classifiers import mnist, train
from experiments.classifiers.mnist import Config, run
from ganzoo import data, float16_weights


@pytest.fixture
def tiny_set(monkeypatch):
    """Forty digits of the embedded set in place of any other."""
    digits = data.load("digits", "train")
    part = data.ImageSet(
        digits.images[:40], digits.labels[:40], digits.class_names, "tiny", "train"
    )
    monkeypatch.setattr(data, "load", lambda *arguments: part)


def tiny(folder, **changes):
    settings = {"dataset": "tiny", "epochs": 2, "batch_size": 8, "output": str(folder)}
    return Config(**settings | changes)


def test_run_leaves_weights_and_a_card_that_names_them(tmp_path, tiny_set):
    card = run(tiny(tmp_path))
    assert json.loads((tmp_path / "mnist_classifier.json").read_text()) == card
    classifier = mnist.mnist_classifier()
    file = tmp_path / "mnist_classifier.npz"
    assert float16_weights.load(classifier, file, card["sha256"]) == card["sha256"]
    assert train.accuracy(classifier, data.load()) == pytest.approx(
        card["test_accuracy"]
    )
    assert card["data"]["train"]["images"] == 40
    assert card["command"] == (
        "python -m experiments.mnist_classifier --data-dir DIR --dataset tiny "
        "--epochs 2 --batch-size 8"
    )


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tmp_path, tiny_set, monkeypatch
):
    def one_layer(num_classes):
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Flatten(),
                layers.Dropout(0.3),
                layers.Dense(num_classes, name="logits"),  # names are hashed, too
            ]
        )

    monkeypatch.setattr(mnist, "mnist_classifier", one_layer)
    first, again, other = (
        run(tiny(tmp_path, epochs=1, seed=seed))["sha256"] for seed in (3, 3, 4)
    )
    assert first == again != other


def test_only_mnist_is_installed(tmp_path):
    with pytest.raises(ValueError, match="only a classifier of mnist"):
        run(tiny(tmp_path, install=True))


def test_images_of_another_shape_are_refused(tmp_path, monkeypatch):
    color = data.ImageSet(
        np.zeros((4, 8, 8, 3), np.uint8), np.zeros(4, np.int32), ("a",), "c", "train"
    )
    monkeypatch.setattr(data, "load", lambda *arguments: color)
    with pytest.raises(data.DataError, match="28x28x1"):
        run(tiny(tmp_path))
