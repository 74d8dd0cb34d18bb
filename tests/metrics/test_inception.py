import hashlib

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data, metrics
from ganzoo.float16_weights import WeightsError
from ganzoo.metrics import inception
from ganzoo.metrics.inception import load_inception


@pytest.fixture(scope="module")
def network():
    """The real network with random weights; to build it takes seconds."""
    keras.utils.set_random_seed(1)
    return keras.applications.InceptionV3(weights=None)


@pytest.fixture(scope="module")
def file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("inception") / "random.weights.h5"
    network.save_weights(path)
    return path


@pytest.fixture
def extractor(network, file, monkeypatch):
    """From the file, under a policy that must change nothing."""
    policies = []

    def build(weights):  # as Keras would, but for the seconds
        policies.append(keras.config.dtype_policy().name)
        for variable in network.weights:
            variable.assign(variable.value * 0)
        network.load_weights(weights)
        return network

    monkeypatch.setattr(keras.applications, "InceptionV3", build)
    keras.config.set_dtype_policy("mixed_bfloat16")
    loaded = load_inception(file)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert policies == ["float32"]
    return loaded


def test_features_and_classes_are_the_networks(network, file, extractor):
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("uint8")
    resized = tf.image.resize(data.to_float(images), (299, 299), "bilinear")
    pool = network.get_layer("avg_pool").output
    both = keras.Model(network.inputs[0], (pool, network.outputs[0]))
    features, probabilities = both(resized)
    seen = extractor.extract(images, batch_size=2)
    np.testing.assert_allclose(seen.features, features, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(seen.probabilities, probabilities, rtol=1e-4)
    assert np.abs(seen.features).max() > 0
    assert seen.features.shape == (2, 2048)
    assert seen.probabilities.shape == (2, 1000)
    assert extractor.image_shape == (32, 32, 3)
    assert extractor.card == {
        "extractor": "inception_v3",
        "file": "random.weights.h5",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "resize": "bilinear",
    }


def test_a_missing_file_is_named_and_nothing_is_downloaded(tmp_path, monkeypatch):
    def refuse(*arguments, **others):
        raise AssertionError("a download")

    monkeypatch.setattr(keras.utils, "get_file", refuse)
    with pytest.raises(WeightsError, match=r"file .*absent\.h5.* none is downloaded"):
        load_inception(tmp_path / "absent.h5")
    with pytest.raises(WeightsError, match="no weights file imagenet"):
        load_inception("imagenet")


def test_the_weights_of_another_network_are_told_by_their_number(tmp_path):
    small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    path = tmp_path / "small.weights.h5"
    small.save_weights(path)
    with pytest.raises(WeightsError, match=r"network: it has 9 weights, .* 23,851,784"):
        load_inception(path)


def test_as_many_numbers_under_other_names_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "strange.weights.h5"
    monkeypatch.setattr(inception, "_NUM_WEIGHTS", 5)
    with h5py.File(path, "w") as file:
        file["all"] = np.zeros(5, "float32")

    def build(weights):
        raise ValueError("Layer count mismatch\nand more")

    monkeypatch.setattr(keras.applications, "InceptionV3", build)
    with pytest.raises(WeightsError, match=r"Inception-v3: Layer count mismatch$"):
        load_inception(path)


def test_files_that_lead_to_others_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "strange.weights.h5"
    monkeypatch.setattr(inception, "_NUM_WEIGHTS", 5)
    with h5py.File(path, "w") as file:
        file["all"] = np.zeros(5, "float32")
        file["more"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/")
    with pytest.raises(WeightsError, match=r"a link \(ExternalLink\) at /more"):
        load_inception(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("all", (5,), "float32")
    with pytest.raises(WeightsError, match="claim 20 bytes and hold 0"):
        load_inception(path)


def test_what_is_no_hdf5_file_is_refused(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("weights")
    with pytest.raises(WeightsError, match="not a readable HDF5 file"):
        load_inception(path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"resize": "lanczos"}, "resize='lanczos' must be one of bilinear, bicubic"),
        ({"image_shape": (28, 28, 1)}, r"image_shape=\(28, 28, 1\) must be \(height"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        load_inception("x.h5", **wrong)


class Eye:
    """Sees 12 classes in images of two."""

    sha256 = "0" * 64
    card = {"extractor": "eye", "sha256": sha256}

    def extract(self, images, batch_size=500):
        classes = images[:, 0, 0, 0] % 12
        features = images.reshape(len(images), -1).astype("float32")
        return metrics.Features(features, np.eye(12, dtype="float32")[classes])


def test_classes_of_its_own_are_compared_as_they_are_seen():
    images = np.random.default_rng(1).integers(0, 256, (60, 2, 2, 1)).astype("uint8")
    labeled = data.image_set(images, np.arange(60) % 2, name="two")
    reference = metrics.Reference.build(Eye(), labeled)
    expected = np.bincount(images[:, 0, 0, 0] % 12, minlength=12) / 60
    np.testing.assert_allclose(reference.class_fractions, expected)
    assert metrics.measure(Eye(), images, reference).class_divergence == 0
