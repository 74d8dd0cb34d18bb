import functools
import json

import numpy as np
import pytest
from scipy import stats

from ganzoo import data, metrics
from ganzoo.metrics import Neighbors, memorization


def faces(count, seed, spread=20):
    """Images around a few kinds, as data have them."""
    random = np.random.default_rng(seed)
    kinds = np.random.default_rng(0).uniform(60, 190, (5, 4, 4, 1))
    images = kinds[random.integers(0, 5, count)]
    noise = random.normal(0, spread, (count, 4, 4, 1))
    return np.clip(images + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def train():
    return data.image_set(faces(200, seed=1), name="faces")


@pytest.fixture
def unseen():
    return data.image_set(faces(90, seed=2), name="faces", split="test")


def given(generated, of_test):
    """A search that finds these distances, whatever the images."""

    def nearest(images, train, samples=""):
        distances = np.concatenate([generated, of_test]).astype(float)
        assert len(images) == len(distances)
        card = {"distance": "pixels", "samples": samples}
        return Neighbors(np.zeros(len(distances), int), distances, card)

    return nearest


def measured(generated, of_test, train):
    images, others = (
        np.resize(train.images, (len(d), *train.shape)) for d in (generated, of_test)
    )
    held_out = data.image_set(others, name="faces", split="test")
    return memorization(images, held_out, train, given(generated, of_test))


@pytest.mark.parametrize("ties", [False, True])
def test_statistic_is_that_of_scipys_mann_whitney_test(train, ties):
    random = np.random.default_rng(3)
    generated, of_test = random.normal(9, 2, 40), random.normal(10, 2, 30)
    if ties:
        generated, of_test = np.round(generated), np.round(of_test)
    found = measured(generated, of_test, train)
    expected = stats.mannwhitneyu(
        generated, of_test, method="asymptotic", use_continuity=False
    )
    assert 2 * stats.norm.sf(abs(found.z)) == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.nearer == pytest.approx(1 - expected.statistic / 1200, rel=1e-12)
    pairs = generated[:, None] - of_test
    assert found.nearer == pytest.approx(np.mean(pairs < 0) + np.mean(pairs == 0) / 2)
    assert np.sign(found.z) == np.sign(0.5 - found.nearer)
    assert (found.median, found.test_median) == (
        np.median(generated),
        np.median(of_test),
    )


def test_statistic_of_one_distribution_is_standard_normal(train):
    random = np.random.default_rng(0)
    z = [measured(*random.normal(size=(2, 25)), train).z for _ in range(300)]
    assert stats.kstest(z, "norm").pvalue > 0.01


def test_where_all_distances_are_equal_nothing_is_said(train):
    found = measured(np.ones(9), np.ones(7), train)
    assert (found.z, found.nearer) == (0.0, 0.5)


def test_new_images_of_the_distribution_are_not_memorised(train, unseen):
    found = memorization(faces(80, seed=3), unseen, train)
    assert abs(found.z) < 3
    assert 0.35 < found.nearer < 0.65
    assert found.copies == 0
    assert "as near to the training images" in found.verdict
    assert "no sign of memorization on the whole." in found.verdict
    assert "copies of" not in found.verdict


def test_copies_of_training_images_are_memorised(train, unseen):
    noise = np.random.default_rng(4).integers(0, 3, (80, *train.shape))
    images = np.clip(train.images[:80] + noise, 0, 255).astype(np.uint8)
    images[:7] = train.images[:7]
    found = memorization(images, unseen, train)
    assert found.z < -5
    assert found.nearer > 0.95
    assert found.copies >= 7
    assert ": a sign of memorization, or of images smoother" in found.verdict
    assert f" {found.copies} of them are copies of training images." in found.verdict
    np.testing.assert_array_equal(found.generated.indices[:7], range(7))


def test_images_unlike_the_data_are_told_from_memorised_ones(train, unseen):
    found = memorization(faces(80, seed=3, spread=60), unseen, train)
    assert found.z > 5
    assert found.nearer < 0.1
    assert "farther from the training images" in found.verdict
    assert "no sign of memorization, but" in found.verdict


def test_both_sets_are_searched_by_the_distance_handed_in(train, unseen):
    images = faces(20, seed=3)
    nearest = functools.partial(metrics.nearest_by_structural_similarity, win_size=3)
    found = memorization(images, unseen, train, nearest, samples="generator")
    for own, asked in ((found.generated, images), (found.test, unseen.images)):
        expected = nearest(asked, train)
        np.testing.assert_array_equal(own.indices, expected.indices)
        np.testing.assert_allclose(own.distances, expected.distances, atol=1e-6)
    assert found.card == found.generated.card | {
        "test": "faces test",
        "test_count": 90,
        "test_fingerprint": unseen.fingerprint,
    }
    assert found.card["samples"] == "generator"
    assert found.card["count"] == 20
    assert (found.test.card["samples"], found.test.card["count"]) == ("faces test", 90)
    assert "By structural similarity, the images" in found.verdict
    assert "of 20 against 90 distances" in found.verdict


def test_numbers_are_followed_by_name_and_survive_json(train):
    found = measured(np.array([0.0, 1, 5]), np.array([2.0, 3]), train)
    assert found.scalars() == {
        "memorisation_z": found.z,
        "nearer_than_test": pytest.approx(4 / 6),
        "copies": 1.0,
    }
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert found.to_dict()["verdict"] == found.verdict


def test_quantiles_are_those_of_both_sets(train):
    found = measured(np.arange(11.0), np.arange(21.0), train)
    percent, curves = found.quantiles(points=3)
    np.testing.assert_array_equal(percent, [0, 50, 100])
    np.testing.assert_array_equal(curves["generated"], [0, 5, 10])
    np.testing.assert_array_equal(curves["test images"], [0, 10, 20])


def test_images_of_another_size_are_refused(train, unseen):
    with pytest.raises(ValueError, match="uint8 images of shape"):
        memorization(np.zeros((2, 3, 3, 1), np.uint8), unseen, train)
