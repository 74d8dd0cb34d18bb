import json

import numpy as np
import pytest
import tensorflow as tf

from experiments import mnist_classifier
from experiments.mnist_classifier import SHIFT, Config, install, run, shift
from ganzoo import data, weights


@pytest.fixture
def tiny_set(monkeypatch):
    """Forty digits of the embedded set in place of any other."""
    digits = data.load("digits", "train")
    part = data.ImageSet(
        digits.images[:40], digits.labels[:40], digits.class_names, "tiny", "train"
    )
    monkeypatch.setattr(mnist_classifier.data, "load", lambda *arguments: part)


def tiny(folder, **changes):
    settings = {"dataset": "tiny", "epochs": 2, "batch_size": 8, "output": str(folder)}
    return Config(**settings | changes)


def test_shift_moves_every_image_by_its_own_offset():
    images = np.random.default_rng(0).uniform(-1, 1, (3, 9, 9, 1)).astype("float32")
    images[:, :SHIFT] = images[:, -SHIFT:] = -1  # a border, so that nothing is lost
    images[:, :, :SHIFT] = images[:, :, -SHIFT:] = -1
    offsets = np.array([[0, 0], [2, -1], [-2, 2]], "int32")
    moved = shift(tf.constant(images), tf.constant(offsets)).numpy()
    for before, after, (down, right) in zip(images, moved, offsets, strict=True):
        np.testing.assert_array_equal(after, np.roll(before, (down, right), (0, 1)))


def test_shift_brings_in_background():
    ones = tf.ones((1, 5, 5, 1))
    moved = shift(ones, tf.constant([[1, 0]], tf.int32)).numpy()[0, :, :, 0]
    np.testing.assert_array_equal(moved[0], -1)
    np.testing.assert_array_equal(moved[1:], 1)


def test_run_leaves_weights_and_a_card_that_names_them(tmp_path, tiny_set):
    card = run(tiny(tmp_path))
    assert json.loads((tmp_path / "mnist_classifier.json").read_text()) == card
    classifier = mnist_classifier.mnist_classifier()
    file = tmp_path / "mnist_classifier.npz"
    assert weights.load(classifier, file, card["sha256"]) == card["sha256"]
    assert mnist_classifier.accuracy(
        classifier, mnist_classifier.data.load()
    ) == pytest.approx(card["test_accuracy"])
    assert card["data"]["train"]["images"] == 40
    assert card["command"] == (
        "python -m experiments.mnist_classifier --data-dir DIR --dataset tiny "
        "--epochs 2 --batch-size 8"
    )


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tmp_path, tiny_set
):
    first, again, other = (
        run(tiny(tmp_path, epochs=1, seed=seed))["sha256"] for seed in (3, 3, 4)
    )
    assert first == again != other


def test_only_mnist_is_installed(tmp_path):
    with pytest.raises(ValueError, match="only a classifier of mnist"):
        run(tiny(tmp_path, install=True))


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A run folder's two files, and an empty folder in place of the package's."""
    run_folder, package = tmp_path / "run", tmp_path / "package"
    for folder in (run_folder, package):
        folder.mkdir()
    for name in ("mnist_classifier.json", "mnist_classifier.npz"):
        (run_folder / name).write_text(name)
    monkeypatch.setattr(weights, "FOLDER", package)
    return run_folder, package


def test_a_poor_classifier_is_not_installed(finished):
    run_folder, package = finished
    with pytest.raises(ValueError, match=r"not installed: .* 0\.9929 is below 0\.993"):
        install(run_folder, test_accuracy=0.9929)
    assert list(package.iterdir()) == []


def test_a_good_classifier_is_installed_byte_by_byte(finished):
    run_folder, package = finished
    install(run_folder, test_accuracy=0.993)
    assert {path.name: path.read_bytes() for path in package.iterdir()} == {
        path.name: path.read_bytes() for path in run_folder.iterdir()
    }


def test_images_of_another_shape_are_refused(tmp_path, monkeypatch):
    colour = data.ImageSet(
        np.zeros((4, 8, 8, 3), np.uint8), np.zeros(4, np.int32), ("a",), "c", "train"
    )
    monkeypatch.setattr(mnist_classifier.data, "load", lambda *arguments: colour)
    with pytest.raises(data.DataError, match="28x28x1"):
        run(tiny(tmp_path))
