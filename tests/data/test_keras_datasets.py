"""MNIST and CIFAR-10 where TFDS cannot prepare them, from Keras's cache."""

import keras
import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, tfds_source


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch, tmp_path):
    monkeypatch.setattr(tfds_source, "_tensorflow", lambda: False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))


def numbers(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(count).integers(
        0, 256, (count, *shape), dtype=np.uint8
    )


def test_mnist_comes_from_a_cached_file(monkeypatch, tmp_path):
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    images = {"x_train": numbers(30, 28, 28), "x_test": numbers(20, 28, 28)}
    labels = {"y_train": np.arange(30) % 10, "y_test": np.arange(20) % 10}
    np.savez(cache / "mnist.npz", **images, **labels)
    monkeypatch.setenv("KERAS_HOME", str(cache.parent))
    monkeypatch.setattr(
        "keras.src.datasets.mnist.get_file", lambda fname, **_: cache / fname
    )
    found = data.load("mnist", "test")
    np.testing.assert_array_equal(found.images[..., 0], images["x_test"])
    np.testing.assert_array_equal(found.labels, labels["y_test"])
    assert found.class_names == tuple("0123456789")
    assert (found.name, found.split) == ("mnist (keras.datasets)", "test")
    data.check("mnist")


def test_cifar10_has_the_names_of_its_classes(monkeypatch):
    pair = numbers(10, 32, 32, 3), np.arange(10)[:, None]
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (pair, pair))
    found = data.load("cifar10")
    assert found.shape == (32, 32, 3)
    assert (found.class_names[0], found.class_names[9]) == ("airplane", "truck")
    np.testing.assert_array_equal(found.labels, np.arange(10))


def test_without_a_network_the_error_says_what_helps(monkeypatch):
    def fails():
        raise Exception("URL fetch failure on https://... : None -- unreachable")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fails)
    with pytest.raises(DataError, match=r"unreachable.*TFDS_DATA_DIR.*'digits'"):
        data.load("mnist")


def test_what_keras_does_not_have_is_refused_with_those_that_it_has(tmp_path):
    with pytest.raises(DataError, match="cifar10, fashion_mnist, mnist are downloaded"):
        data.load("svhn_cropped")
    with pytest.raises(DataError, match="Did you mean mnist"):
        data.check("mnits")
    with pytest.raises(
        DataError, match=r"mnist of keras\.datasets has no split 'train"
    ):
        data.load("mnist", "train[:10]")
