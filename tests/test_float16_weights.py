import hashlib
import re

import keras
import numpy as np
import pytest

from ganzoo import float16_weights as weights


def network(units=3, name="net"):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(units, name="dense"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(1, name="out"),
        ],
        name=name,
    )


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def test_loaded_network_is_the_saved_one_rounded_to_half(tmp_path, images):
    saved, loaded = network(), network()
    weights.save(saved, tmp_path / "net.npz")
    weights.load(loaded, tmp_path / "net.npz")
    saved_values = [v.numpy().astype(np.float16) for v in saved.weights]
    pairs = zip(saved_values, loaded.weights, saved.weights, strict=True)
    for rounded, variable, original in pairs:
        if "seed" not in original.name:
            np.testing.assert_array_equal(rounded, variable.numpy())
    np.testing.assert_allclose(saved(images), loaded(images), atol=1e-2)


def test_same_weights_give_the_same_bytes(tmp_path):
    net = network()
    digest = weights.save(net, tmp_path / "a.npz")
    assert weights.save(net, tmp_path / "b.npz") == digest
    content = (tmp_path / "b.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    assert weights.load(network(), tmp_path / "a.npz", digest) == digest


def test_saving_what_was_loaded_changes_no_byte(tmp_path):
    digest = weights.save(network(), tmp_path / "a.npz")
    again = network()
    weights.load(again, tmp_path / "a.npz")
    assert weights.save(again, tmp_path / "b.npz") == digest


def test_saving_leaves_no_other_file(tmp_path):
    weights.save(network(), tmp_path / "new" / "net.npz")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["net.npz"]


def test_altered_file_is_refused_and_changes_nothing(tmp_path):
    path, net = tmp_path / "net.npz", network()
    digest = weights.save(net, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = [v.numpy() for v in net.weights]
    with pytest.raises(weights.WeightsError, match=r"SHA-256.*expected " + digest):
        weights.load(net, path, digest)
    for value, variable in zip(before, net.weights, strict=True):
        np.testing.assert_array_equal(value, variable.numpy())


def test_absent_and_unreadable_files_are_named(tmp_path):
    with pytest.raises(weights.WeightsError, match=re.escape(str(tmp_path / "no.npz"))):
        weights.load(network(), tmp_path / "no.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(weights.WeightsError, match=r"text\.npz is not a readable"):
        weights.load(network(), tmp_path / "text.npz")


def test_weights_of_another_network_are_refused(tmp_path):
    weights.save(network(units=3), tmp_path / "net.npz")
    with pytest.raises(
        weights.WeightsError, match="differ in dense/bias, dense/kernel"
    ):
        weights.load(network(units=5), tmp_path / "net.npz")


@pytest.mark.parametrize("value", [1e5, np.nan, -np.inf])
def test_weight_beyond_half_precision_is_refused(value):
    net = network()
    net.get_layer("out").bias.assign([value])
    with pytest.raises(weights.WeightsError, match=r"out/bias.*not finite"):
        weights.to_bytes(net)


def test_two_layers_of_one_name_are_refused():
    inner = network(name="same")
    net = type("Net", (), {"name": "net", "layers": [inner.layers[0]] * 2})()
    with pytest.raises(weights.WeightsError, match="two variables"):
        weights.to_bytes(net)
