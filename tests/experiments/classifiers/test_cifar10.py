import functools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.classifiers import cifar10, train
from experiments.classifiers.cifar10 import Config, mirrored, optimizer, run
from ganzoo import data, float16_weights, metrics, networks


@pytest.fixture
def tiny_set(monkeypatch):
    """Forty images of noise in place of any set, and an eighth of the network."""
    numbers = np.random.default_rng(0)
    part = data.image_set(
        numbers.integers(0, 256, (40, 32, 32, 3)).astype("uint8"),
        np.arange(40) % 10,
        name="tiny",
    )
    monkeypatch.setattr(data, "load", lambda *arguments: part)
    small = functools.partial(networks.cifar10_classifier, 32)
    monkeypatch.setattr(cifar10, "cifar10_classifier", small)
    return part


def test_run_leaves_weights_in_float32_and_a_card_that_names_them(tmp_path, tiny_set):
    config = Config(dataset="tiny", epochs=1, batch_size=8, output=str(tmp_path))
    card = run(config)
    assert json.loads((tmp_path / "cifar10_classifier.json").read_text()) == card
    plain = networks.cifar10_classifier(32)
    file = tmp_path / "cifar10_classifier.npz"
    assert float16_weights.load(plain, file, card["sha256"]) == card["sha256"]
    assert train.accuracy(plain, tiny_set) == card["test_accuracy"]
    assert card["precision"] == "mixed_bfloat16"
    assert card["label_smoothing"] == 0.02
    assert card["command"] == (
        "python -m experiments.cifar10_classifier --data-dir DIR --dataset tiny "
        "--epochs 1 --batch-size 8"
    )


def test_the_shipped_weights_fit_in_five_megabytes_and_are_found_by_name(
    tmp_path, monkeypatch
):
    network = networks.cifar10_classifier()
    assert network.count_params() <= 1_200_000
    sha256 = float16_weights.save(network, tmp_path / "cifar10_classifier.npz")
    assert (tmp_path / "cifar10_classifier.npz").stat().st_size < 5_000_000
    card = tmp_path / "cifar10_classifier.json"
    card.write_text(json.dumps({"sha256": sha256}))
    extractor = metrics.load_classifier("cifar10", tmp_path)
    assert extractor.image_shape == (32, 32, 3)
    seen = extractor.extract(np.zeros((2, 32, 32, 3), np.uint8), batch_size=2)
    assert seen.features.shape == (2, 256)
    assert seen.probabilities.shape == (2, 10)


def test_the_learning_rate_climbs_and_falls_to_nothing():
    rate = optimizer(100, Config(learning_rate=0.5))._learning_rate
    assert float(rate(0)) == pytest.approx(0.05)
    assert float(rate(20)) == pytest.approx(0.5)
    assert float(rate(60)) == pytest.approx(0.25)
    assert float(rate(100)) == pytest.approx(0)


def test_only_kernels_decay():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    kernel, bias = model.trainable_variables
    bias.assign([1.0])
    config = Config(learning_rate=0.5, weight_decay=0.02)
    descent = optimizer(10, config)
    before = kernel.numpy()
    descent.apply([tf.zeros((2, 1)), tf.zeros(1)], [kernel, bias])
    # A first step of 0.05, and the decay that momentum would multiply by 10.
    np.testing.assert_allclose(kernel, before * (1 - 0.05 * 0.2), rtol=1e-6)
    np.testing.assert_array_equal(bias, 1)


def test_half_of_the_images_are_mirrored_by_seed_and_step():
    images = tf.random.stateless_uniform((200, 2, 3, 3), (0, 1))

    def turned(seed, step):
        after = mirrored(images, seed, tf.constant(step, tf.int64)).numpy()
        same = (after == images.numpy()).all((1, 2, 3))
        back = (after[:, :, ::-1] == images.numpy()).all((1, 2, 3))
        assert (same ^ back).all()
        return back

    assert 60 < turned(0, 0).sum() < 140
    np.testing.assert_array_equal(turned(0, 3), turned(0, 3))
    assert (turned(0, 0) != turned(0, 1)).any()
    assert (turned(0, 0) != turned(1, 0)).any()


def test_an_unknown_precision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="precision='float16' must be one of float32"):
        run(Config(precision="float16", output=str(tmp_path)))
