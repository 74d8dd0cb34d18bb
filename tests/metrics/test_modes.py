import json
import math

import numpy as np
import pytest
from scipy import ndimage

from ganzoo import data, metrics
from ganzoo.metrics import class_modes, point_modes

RING = data.ring()


class Brightness:
    """An extractor of gray images whose class is the brightest pixel's last digit.

    From 20 on it is sure of it: to 90.5%, and a percent more for every ten levels.
    """

    card = {"extractor": "brightness", "file": "none", "sha256": "0" * 64}

    def extract(self, images):
        assert images.shape[-1] == 1
        tens, classes = np.divmod(images.max(axis=(1, 2, 3)).astype(int), 10)
        sure = np.where(tens, 0.885 + 0.01 * tens, 1.0)[:, None]
        others = (1 - sure) / 9
        probabilities = others + (sure - others) * np.eye(10)[classes]
        return metrics.Features(np.zeros((len(images), 1)), probabilities)


def of_classes(*channels):
    """Images whose channels are of these classes, [n] each."""
    return np.stack(channels, axis=-1).astype("uint8")[:, None, None, :]


def test_points_of_the_mixture_cover_all_and_are_as_good_as_the_rayleigh_law_says():
    for mixture in (RING, data.grid()):
        points, modes = mixture.sample(20_000, seed=1)
        found = point_modes(points, mixture)
        assert found.modes == len(mixture)
        # P(|x| <= 3 sigma) of a round Gaussian in the plane; the error is 8e-4.
        assert found.high_quality == pytest.approx(1 - math.exp(-4.5), abs=3e-3)
        drawn = np.bincount(modes) / len(modes)
        np.testing.assert_allclose(found.mode_fractions, drawn, atol=3e-3)


def test_a_collapsed_generator_covers_one_mode_with_high_quality():
    found = point_modes(np.repeat(RING.centers[2:3], 50, axis=0), RING)
    assert (found.modes, found.high_quality) == (1, 1.0)
    assert found.mode_fractions == (0, 0, 1, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(("distance", "good"), [(2.999, 1), (3.001, 0)])
def test_a_mode_counts_from_one_point_within_three_standard_deviations(distance, good):
    point = RING.centers[5] + distance * RING.sigma * np.array([0.6, 0.8])
    far = np.zeros((3, 2))
    found = point_modes(np.vstack([point[None], far]), RING)
    assert (found.modes, found.high_quality) == (good, good / 4)


def test_a_point_counts_for_its_nearest_mode_only():
    near = data.GaussianMixture([[0.0, 0.0], [1.0, 0.0]], 1.0, "overlapping")
    found = point_modes(np.array([[0.4, 0.0]]), near)
    assert (found.modes, found.mode_fractions) == (1, (1.0, 0.0))


def test_points_that_are_not_finite_are_of_no_quality():
    points = np.array([[np.nan, 0], [np.inf, 0], *RING.centers[:2]])
    found = point_modes(points, RING)
    assert (found.modes, found.high_quality) == (2, 0.5)
    nothing = point_modes(points[:2], RING)
    assert (nothing.modes, nothing.high_quality) == (0, 0.0)
    assert nothing.mode_fractions == (0.0,) * 8


@pytest.mark.parametrize("shape", [(4, 3), (4,), (0, 2)])
def test_points_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        point_modes(np.zeros(shape), RING)


def test_the_card_of_points_says_what_was_measured():
    found = point_modes(RING.centers, RING, samples="the centers")
    assert found.card == {
        "mixture": RING.name,
        "mixture_fingerprint": RING.fingerprint,
        "mixture_modes": 8,
        "standard_deviations": 3.0,
        "count": 8,
        "samples": "the centers",
    }
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert found.scalars() == {"modes": 8.0, "high_quality": 1.0}


def test_each_channel_is_classified_by_itself():
    images = of_classes([1, 1, 9], [2, 2, 9], [3, 4, 9])
    found = class_modes(images, Brightness())
    assert found.modes == 3
    fractions = np.array(found.class_fractions)
    assert len(fractions) == 1000
    assert np.flatnonzero(fractions).tolist() == [123, 124, 999]


def test_only_images_that_are_clear_in_every_channel_count_as_modes():
    # The classifier is sure of 4 to 89.5%, of 24 to 90.5%, and of 3 to 100%.
    images = of_classes([3, 24, 24, 14], [3, 3, 14, 4], [3, 3, 3, 4])
    found = class_modes(images, Brightness())
    assert (found.modes, found.modes_of_all) == (2, 4)
    assert found.confident_fraction == 0.5
    # The divergence is that of the published protocol, of all images.
    assert found.divergence == pytest.approx(math.log(1000 / 4))
    assert found.to_dict()["confident_share"] == found.scalars()["confident_share"]


def test_unclear_images_cover_all_modes_of_the_published_count_and_none_of_ours():
    digits = np.indices((10, 10, 10)).reshape(3, -1)
    found = class_modes(of_classes(*(digits + 10)), Brightness())
    assert (found.modes, found.modes_of_all) == (0, 1000)
    assert found.confident_fraction == 0
    assert found.divergence == pytest.approx(0, abs=1e-12)


def test_blurred_noise_scores_few_modes_by_the_shipped_classifier():
    noise = np.random.default_rng(0).normal(size=(600, 28, 28, 3))
    blurred = ndimage.gaussian_filter(noise, (0, 2, 2, 0))
    images = np.clip(100 * blurred / blurred.std(), 0, 255).astype(np.uint8)
    found = class_modes(images, metrics.load_classifier("mnist"))
    assert found.modes_of_all > 150
    assert found.modes < 20
    assert found.confident_fraction < 0.05


def test_divergence_of_all_combinations_is_0_and_of_one_the_logarithm_of_1000():
    every = of_classes(*np.indices((10, 10, 10)).reshape(3, -1))
    found = class_modes(every, Brightness())
    assert found.modes == 1000
    assert found.divergence == pytest.approx(0, abs=1e-12)
    collapsed = class_modes(of_classes([4] * 5, [0] * 5, [7] * 5), Brightness())
    assert collapsed.modes == 1
    assert collapsed.divergence == pytest.approx(math.log(1000))


def test_divergence_of_a_uniform_sample_is_about_999_over_2n():
    digits = np.random.default_rng(0).integers(0, 10, (3, 26_000))
    found = class_modes(of_classes(*digits), Brightness())
    assert found.modes == 1000
    assert found.divergence == pytest.approx(999 / 52_000, rel=0.1)


def test_gray_images_have_ten_modes():
    found = class_modes(of_classes([0, 0, 5, 9]), Brightness())
    assert (found.modes, len(found.class_fractions)) == (3, 10)
    halves = math.log(10) + 0.5 * math.log(0.5) + 0.5 * math.log(0.25)
    assert found.divergence == pytest.approx(halves)
    assert found.data_divergence is None
    assert set(found.scalars()) == {
        "modes",
        "modes_of_all",
        "confident_share",
        "mode_divergence",
    }


def test_the_divergence_from_the_data_takes_the_data_s_shares():
    fractions = np.array([0.5, 0.5, *[0] * 8])
    found = class_modes(
        of_classes([0, 1, 1, 1]), Brightness(), data_fractions=fractions
    )
    expected = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert found.data_divergence == pytest.approx(expected)
    assert found.scalars()["data_divergence"] == found.data_divergence


def test_the_card_of_classes_says_who_classified():
    found = class_modes(of_classes([1], [2]), Brightness(), samples="one")
    assert found.card == {
        **Brightness.card,
        "classes": 100,
        "count": 1,
        "samples": "one",
    }
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_images_without_a_channel_axis_are_refused():
    with pytest.raises(ValueError, match="height, width, channels"):
        class_modes(np.zeros((3, 28, 28), np.uint8), Brightness())


def test_the_shipped_classifier_reads_stacked_digits(tfds_dir):
    digits = data.load("mnist", "test[:1000]", tfds_dir)
    bed = data.StackedDigits(digits)
    images, labels = bed.sample(400)
    found = class_modes(images, metrics.load_classifier("mnist"))
    true = np.bincount(labels, minlength=1000) / 400
    # Almost every image is given its label: the histograms overlap by that fraction.
    overlap = np.minimum(true, found.class_fractions).sum()
    assert overlap > 0.97
