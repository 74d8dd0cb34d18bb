import dataclasses
import json

import numpy as np
import pytest

from ganzoo import data, metrics
from ganzoo.metrics.evaluation import Reference, comparable, differences, measure
from ganzoo.metrics.features import Extractor
from ganzoo.networks.classifiers import mnist_classifier


@pytest.fixture(scope="module")
def extractor():
    return Extractor("tiny", mnist_classifier(features=4), "tiny.npz", "a" * 64)


@pytest.fixture(scope="module")
def real():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 28, 28, 1), dtype=np.uint8)
    labels = np.arange(40) % 10
    return data.ImageSet(
        images, labels.astype("int32"), tuple("0123456789"), "noise", "train"
    )


@pytest.fixture(scope="module")
def reference(extractor, real):
    return Reference.build(extractor, real)


def test_reference_holds_the_true_labels_and_the_moments(extractor, real, reference):
    seen = extractor.extract(real.images)
    np.testing.assert_allclose(reference.class_shares, 0.1)
    mean = seen.features.astype(float).mean(axis=0)
    np.testing.assert_allclose(reference.gaussian.mean, mean)
    assert reference.gaussian.count == 40
    assert reference.card["reference"] == "noise train"
    assert reference.card["reference_count"] == 40
    assert reference.card["reference_fingerprint"] == real.fingerprint


def test_measures_are_those_of_the_single_functions(extractor, real, reference):
    images = real.images[:15]
    seen = extractor.extract(images)
    shares = metrics.class_histogram(seen.probabilities)
    measures = measure(extractor, images, reference, samples="the first 15")
    assert measures.frechet_distance == metrics.frechet_distance(
        metrics.statistics(seen.features), reference.gaussian
    )
    assert measures.classifier_score == metrics.classifier_score(seen.probabilities)
    assert measures.confident_share == metrics.confident_share(seen.probabilities)
    assert measures.class_shares == tuple(shares)
    assert measures.class_divergence == metrics.histogram_divergence(
        shares, reference.class_shares
    )
    assert measures.count == 15
    assert measures.card == {
        **reference.card,
        "count": 15,
        "samples": "the first 15",
    }


def test_reference_images_are_at_no_distance_from_themselves(
    extractor, real, reference
):
    distance = measure(extractor, real.images, reference).frechet_distance
    assert distance < 1e-12 * np.trace(reference.gaussian.covariance)


def test_measures_survive_json(extractor, real, reference):
    measures = measure(extractor, real.images, reference, samples="all")
    assert json.loads(json.dumps(measures.to_dict())) == measures.to_dict()


def test_reference_of_another_extractor_is_refused(real, reference):
    other = Extractor("tiny", mnist_classifier(features=4), "tiny.npz", "b" * 64)
    with pytest.raises(ValueError, match="build the reference"):
        measure(other, real.images, reference)


def test_numbers_of_other_samples_are_comparable(extractor, real, reference):
    first = measure(extractor, real.images[:20], reference, samples="epoch 1")
    second = measure(extractor, real.images[20:], reference, samples="epoch 2")
    assert comparable(first.card, second.card)
    assert differences(first.card, second.card) == {}


def test_numbers_of_other_counts_or_references_are_not_comparable(
    extractor, real, reference
):
    first = measure(extractor, real.images, reference).card
    fewer = measure(extractor, real.images[:20], reference).card
    part = dataclasses.replace(
        real, images=real.images[:30], labels=real.labels[:30], split="train[:30]"
    )
    other = measure(extractor, real.images, Reference.build(extractor, part)).card
    assert differences(first, fewer) == {"count": (40, 20)}
    assert not comparable(first, other)
    assert set(differences(first, other)) == {
        "reference",
        "reference_count",
        "reference_fingerprint",
    }
    assert not comparable(first, {**first, "sha256": "c" * 64})


def test_real_test_digits_are_far_nearer_to_real_training_digits_than_noise(tfds_dir):
    extractor = metrics.load_classifier("mnist")
    train = data.load("mnist", "train[:5000]", str(tfds_dir))
    test = data.load("mnist", "test", str(tfds_dir)).images[::5]
    noise = np.random.default_rng(0).integers(0, 256, test.shape, dtype=np.uint8)
    reference = Reference.build(extractor, train)
    shifted = np.roll(test, 5, axis=1)
    floor, moved, worst = (
        measure(extractor, images, reference) for images in (test, shifted, noise)
    )
    assert floor.frechet_distance < 0.1 * moved.frechet_distance
    assert floor.frechet_distance < 0.01 * worst.frechet_distance
    assert floor.classifier_score > 9.5 > worst.classifier_score
    assert floor.confident_share > 0.97
    assert all(0.08 < share < 0.13 for share in floor.class_shares)
    assert floor.class_divergence < 0.01 < worst.class_divergence
