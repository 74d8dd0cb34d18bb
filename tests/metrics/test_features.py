import json
import shutil

import keras
import numpy as np
import pytest

from ganzoo import data, float16_weights
from ganzoo.metrics import features
from ganzoo.metrics.features import Extractor, load_classifier
from ganzoo.networks.classifiers import mnist_classifier

FILES = ("mnist_classifier.npz", "mnist_classifier.json")


def some_images(count=7):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def extractor():
    return load_classifier("mnist")


@pytest.fixture
def copy(tmp_path):
    for file in FILES:
        shutil.copy(features.FOLDER / file, tmp_path)
    return tmp_path


def test_features_and_probabilities_are_those_of_the_network():
    classifier = mnist_classifier(features=8)
    images = some_images()
    seen = Extractor("tiny", classifier, "tiny.npz", "0" * 64).extract(images)
    logits = keras.ops.convert_to_numpy(classifier(data.to_float(images)))
    odds = np.exp(logits)
    assert len(seen) == 7
    assert seen.features.shape == (7, 8)
    assert seen.features.dtype == seen.probabilities.dtype == np.float32
    assert seen.features.min() >= 0
    np.testing.assert_allclose(
        seen.probabilities, odds / odds.sum(axis=1, keepdims=True), rtol=1e-5
    )


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batch_size_changes_nothing_but_rounding(extractor, batch_size):
    whole = extractor.extract(some_images())
    seen = extractor.extract(some_images(), batch_size)
    np.testing.assert_allclose(seen.features, whole.features, atol=1e-4)
    np.testing.assert_allclose(seen.probabilities, whole.probabilities, atol=1e-5)


def test_a_partial_last_batch_needs_no_second_trace():
    traced = []

    class Counted(Extractor):
        def _forward(self, images):
            traced.append(images.shape)
            return super()._forward(images)

    extractor = Counted("tiny", mnist_classifier(features=2), "tiny.npz", "0" * 64)
    for count in (7, 2, 4):
        extractor.extract(some_images(count), batch_size=4)
    assert len(traced) == 1


def test_probabilities_sum_to_one(extractor):
    probabilities = extractor.extract(some_images()).probabilities
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_card_names_the_extractor_its_file_and_the_bytes(extractor):
    stored = json.loads((features.FOLDER / FILES[1]).read_text())
    assert extractor.card == {
        "extractor": "mnist",
        "file": FILES[0],
        "sha256": stored["sha256"],
    }


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (some_images().astype("float32"), "uint8 images, got float32.*to_uint8"),
        (some_images()[..., 0], r"shape \(n, 28, 28, 1\), got \(7, 28, 28\)"),
        (some_images()[:, :14], r"got \(7, 14, 28, 1\)"),
        (some_images().repeat(3, axis=3), r"got \(7, 28, 28, 3\)"),
        (some_images(0), "no images"),
    ],
)
def test_other_images_are_refused(extractor, images, message):
    with pytest.raises(ValueError, match=message):
        extractor.extract(images)


def test_empty_batches_are_refused(extractor):
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        extractor.extract(some_images(), batch_size=0)


def test_unknown_name_is_answered_with_those_available():
    message = r"no classifier called 'cifar'.*: cifar10, mnist"
    with pytest.raises(ValueError, match=message):
        load_classifier("cifar")


def test_an_altered_weights_file_is_refused(copy):
    content = bytearray((copy / FILES[0]).read_bytes())
    content[-1000] ^= 1
    (copy / FILES[0]).write_bytes(content)
    with pytest.raises(float16_weights.WeightsError, match=r"has SHA-256.*altered"):
        load_classifier("mnist", folder=copy)


@pytest.mark.parametrize("file", FILES)
def test_an_absent_file_is_named(copy, file):
    (copy / file).unlink()
    with pytest.raises(float16_weights.WeightsError, match=file):
        load_classifier("mnist", folder=copy)


def test_shipped_weights_are_at_most_a_megabyte():
    assert (features.FOLDER / FILES[0]).stat().st_size <= 1_000_000


def test_shipped_card_is_of_mnist_and_of_the_required_accuracy():
    card = json.loads((features.FOLDER / FILES[1]).read_text())
    assert card["data"]["name"] == "mnist 3.0.1"
    assert card["data"]["train"]["images"] == 60_000
    assert card["test_accuracy"] >= 0.993


def test_shipped_classifier_is_right_on_993_of_1000_real_test_digits(
    extractor, tfds_dir
):
    card = json.loads((features.FOLDER / FILES[1]).read_text())
    test = data.load("mnist", "test", str(tfds_dir))
    classes = extractor.extract(test.images).probabilities.argmax(axis=1)
    right = np.mean(classes == test.labels)
    assert len(test) == 10_000
    assert right >= 0.993
    assert right == pytest.approx(card["test_accuracy"], abs=2e-4)
    assert test.fingerprint == card["data"]["test"]["fingerprint"]
