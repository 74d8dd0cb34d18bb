import dataclasses
import functools
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
    np.testing.assert_allclose(reference.class_fractions, 0.1)
    mean = seen.features.astype(float).mean(axis=0)
    np.testing.assert_allclose(reference.gaussian.mean, mean)
    assert reference.gaussian.count == 40
    assert reference.card["reference"] == "noise train"
    assert reference.card["reference_count"] == 40
    assert reference.card["reference_fingerprint"] == real.fingerprint


def test_measures_are_those_of_the_single_functions(extractor, real, reference):
    images = real.images[:15]
    seen = extractor.extract(images)
    fractions = metrics.class_histogram(seen.probabilities)
    measures = measure(extractor, images, reference, samples="the first 15")
    assert measures.frechet_distance == metrics.frechet_distance(
        metrics.statistics(seen.features), reference.gaussian
    )
    assert measures.classifier_score == metrics.classifier_score(seen.probabilities)
    assert measures.confident_fraction == metrics.confident_fraction(seen.probabilities)
    assert measures.class_fractions == tuple(fractions)
    assert measures.class_divergence == metrics.histogram_divergence(
        fractions, reference.class_fractions
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


def test_contrast_is_that_of_gray_levels_relative_to_the_real_images(extractor, real):
    halves = np.zeros((2, 28, 28, 1), np.uint8)
    halves[:, :14] = 100  # a standard deviation of 50
    bright = dataclasses.replace(real, images=halves, labels=real.labels[:2])
    reference = Reference.build(extractor, bright)
    assert reference.contrast == pytest.approx(50.0)
    faint = np.concatenate([halves // 2, np.full_like(halves, 77)])
    assert measure(extractor, faint, reference).contrast == pytest.approx(0.25)


def test_measures_survive_json(extractor, real, reference):
    measures = measure(extractor, real.images, reference, samples="all")
    assert json.loads(json.dumps(measures.to_dict())) == measures.to_dict()


def test_reference_of_another_extractor_is_refused(real, reference):
    other = Extractor("tiny", mnist_classifier(features=4), "tiny.npz", "b" * 64)
    with pytest.raises(ValueError, match="build the reference"):
        measure(other, real.images, reference)


def test_further_measures_get_the_features_and_the_card(extractor, real):
    reference = Reference.build(extractor, real, features=25)
    images = real.images[:20]
    seen = extractor.extract(images).features
    also = [
        functools.partial(metrics.kernel_distance, subsets=3, subset_size=10),
        metrics.prdc,
    ]
    measures = measure(extractor, images, reference, samples="some", also=also)
    kernel, prdc = measures.also
    assert reference.features.shape == (25, 4)
    card = {**reference.card, "count": 20, "samples": "some"}
    assert measures.card == card
    assert kernel == also[0](seen, reference.features, card=card)
    assert prdc == metrics.prdc(seen, reference.features, card=card)
    written = json.loads(json.dumps(measures.to_dict()))
    assert written == measures.to_dict()
    assert written["also"][1]["coverage"] == prdc.coverage
    assert written["also"][0]["card"]["sha256"] == "a" * 64


def test_nothing_more_is_measured_or_kept_unless_asked_for(extractor, real, reference):
    measures = measure(extractor, real.images, reference)
    assert reference.features is None
    assert "reference_features" not in reference.card
    assert measures.also == ()
    assert "also" not in measures.to_dict()


def test_kept_features_are_evenly_spaced_in_the_set(extractor, real):
    seen = extractor.extract(real.images).features
    for asked, rows in ((10, range(0, 40, 4)), (500, range(40)), (3, (0, 13, 26))):
        reference = Reference.build(extractor, real, features=asked)
        np.testing.assert_array_equal(reference.features, seen[list(rows)])
        assert reference.card["reference_features"] == len(rows)
    with pytest.raises(ValueError, match="features=-1"):
        Reference.build(extractor, real, features=-1)


def test_further_measures_need_the_features_of_the_reference(
    extractor, real, reference
):
    with pytest.raises(ValueError, match="features=10_000"):
        measure(extractor, real.images, reference, also=[metrics.prdc])


def test_order_and_batches_of_the_images_change_no_number(extractor, real):
    reference = Reference.build(extractor, real, features=40)
    also = [
        functools.partial(metrics.kernel_distance, subsets=3, subset_size=10),
        metrics.prdc,
    ]
    images = np.random.default_rng(1).integers(0, 256, (30, 28, 28, 1), np.uint8)
    shuffled = np.random.default_rng(2).permutation(images)
    found = measure(extractor, images, reference, also=also)
    again = measure(extractor, shuffled, reference, batch_size=7, also=also)
    assert again.frechet_distance == pytest.approx(found.frechet_distance, rel=1e-5)
    for one, other in zip(found.also, again.also, strict=True):
        assert other.scalars() == pytest.approx(one.scalars(), rel=1e-4)


def test_numbers_of_other_subsets_or_neighbors_are_not_comparable(extractor, real):
    reference = Reference.build(extractor, real, features=40)
    cards = [
        measure(
            extractor,
            real.images,
            reference,
            also=[
                functools.partial(metrics.kernel_distance, subsets=3, subset_size=size),
                functools.partial(metrics.prdc, neighbors=size),
            ],
        ).also
        for size in (5, 6)
    ]
    (kernel, prdc), (other_kernel, other_prdc) = cards
    assert comparable(kernel.card, kernel.card)
    assert differences(kernel.card, other_kernel.card) == {"subset_size": (5, 6)}
    assert differences(prdc.card, other_prdc.card) == {"neighbours": (5, 6)}


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
    assert floor.confident_fraction > 0.97
    assert all(0.08 < fraction < 0.13 for fraction in floor.class_fractions)
    assert floor.class_divergence < 0.01 < worst.class_divergence
