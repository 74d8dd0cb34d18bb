import colorsys
import types

import numpy as np
import pytest

from ganzoo import data, metrics
from ganzoo.data import domains
from ganzoo.metrics import translation


class Reader:
    """Stands for the classifier: reads the digit off the brightest row of an image."""

    def extract(self, images):
        rows = images[..., 0].astype(float).sum(axis=2)
        return types.SimpleNamespace(probabilities=rows / rows.sum(1, keepdims=True))


def striped_pairs(count=600, seed=0):
    """Digit d is a bright row d of 10, on a few dark pixels."""
    labels = np.arange(count) % 10
    images = np.zeros((count, 10, 10, 1), np.uint8)
    images[np.arange(count), labels] = 200
    images[:, 3, 4] += 20  # no symmetric images
    whole = data.image_set(images, labels, name="stripes", split="test")
    return data.held_out_pairs(whole, seed=seed)


@pytest.fixture(scope="module")
def pairs():
    return striped_pairs()


# --------------------------------------------------------------------------------- hues


def test_hues_saturation_and_coherence_of_plain_images_are_those_of_hsv():
    numbers = np.random.default_rng(0)
    colors = numbers.integers(0, 256, (40, 3)).astype(np.uint8)
    found = translation.hues(np.tile(colors[:, None, None], (1, 4, 4, 1)))
    expected = np.array([colorsys.rgb_to_hsv(*(c / 255.0)) for c in colors])
    errors = translation.hue_errors(found.degrees, 360 * expected[:, 0])
    assert errors.max() < 1e-6
    np.testing.assert_allclose(found.saturation, expected[:, 1], atol=1e-9)
    np.testing.assert_allclose(found.coherence, 1.0, atol=1e-9)


def test_domain_b_has_its_hues_and_domain_a_none(pairs):
    seen = translation.hues(pairs.b.images)
    assert translation.hue_errors(seen.degrees, pairs.hues).max() < 0.2
    assert seen.saturation.min() > 0.99
    assert seen.coherence.min() > 0.999
    gray = translation.hues(pairs.a.images)
    np.testing.assert_array_equal(gray.saturation, 0)
    np.testing.assert_array_equal(gray.coherence, 0)


def test_opposite_hues_cancel_out():
    images = np.zeros((1, 1, 2, 3), np.uint8)
    images[0, 0] = [(255, 0, 0), (0, 255, 255)]
    assert translation.hues(images).coherence[0] < 1e-9
    assert translation.hues(images).saturation[0] == 1


def test_hue_errors_go_the_shorter_way_round():
    found = translation.hue_errors([10, 350, 0, 90], [350, 10, 180, 100])
    np.testing.assert_array_equal(found, [20, 20, 180, 10])


# ------------------------------------------------------------------------------- scores


def test_the_true_counterparts_score_perfectly(pairs):
    there = translation.score_ab(Reader(), pairs.b.images, pairs)
    assert there["accuracy"] == there["one_hue"] == 1.0
    assert there["accuracy_unturned"] < 0.3
    assert there["shape_error"] == 0
    assert there["hue_divergence"] < 0.03
    back = translation.score_ba(Reader(), pairs.a.images, pairs)
    assert back["accuracy"] == back["grey"] == 1.0
    assert back["accuracy_turned"] < 0.3
    assert back["shape_error"] == 0
    trip = translation.score_round_trip(pairs.b.images, pairs)
    assert trip["hue_error"] < 0.2
    assert (trip["hue_kept"], trip["shape_error"]) == (1.0, 0.0)


def test_images_left_as_they_are_score_badly(pairs):
    there = translation.score_ab(Reader(), pairs.a.images, pairs)
    assert there["accuracy"] < 0.3
    assert there["accuracy_unturned"] == 1.0
    assert there["one_hue"] == 0.0
    assert there["hue_divergence"] == np.inf
    assert there["shape_error"] > 0.05
    back = translation.score_ba(Reader(), pairs.b.images, pairs)
    assert back["accuracy"] < 0.3
    assert back["accuracy_turned"] == 1.0
    assert back["grey"] == 0.0


def recolored(pairs, hues):
    gray = domains.restored(pairs.a.images, 0)
    return domains.colored(gray, np.broadcast_to(hues, len(pairs)))


def test_one_hue_for_all_images_is_found_out(pairs):
    there = translation.score_ab(Reader(), recolored(pairs, 100.0), pairs)
    assert there["accuracy"] == there["one_hue"] == 1.0
    assert there["hue_divergence"] == pytest.approx(np.log(12))
    assert there["hue_information"] == pytest.approx(0.0, abs=1e-9)
    trip = translation.score_round_trip(recolored(pairs, 100.0), pairs)
    assert 70 < trip["hue_error"] < 110
    assert 0.1 < trip["hue_kept"] < 0.25


def test_a_hue_for_each_digit_is_found_out(pairs):
    hues = 30.0 * pairs.a.labels + 15.0
    there = translation.score_ab(Reader(), recolored(pairs, hues), pairs)
    assert there["hue_information"] == pytest.approx(np.log(10))
    assert there["hue_divergence"] == pytest.approx(np.log(12 / 10))


def test_random_hues_tell_nothing_of_the_digit_but_for_the_bias():
    many = striped_pairs(6000)
    there = translation.score_ab(Reader(), many.b.images, many)
    assert there["hue_information"] == pytest.approx(50 / 6000, rel=0.5)


def test_a_swap_of_two_digits_counts_as_wrong(pairs):
    swapped = pairs.b.images.copy()
    first, second = (np.flatnonzero(pairs.b.labels == d) for d in (2, 7))
    swapped[first], swapped[second] = swapped[second], swapped[first].copy()
    there = translation.score_ab(Reader(), swapped, pairs)
    assert there["accuracy"] == pytest.approx(0.8)


def test_orientations_are_quarter_turns_to_the_right(pairs):
    images = np.rot90(pairs.a.images, 3, axes=(1, 2))
    fractions = translation.orientation_accuracies(Reader(), images, pairs.a.labels)
    assert fractions[3] == 1.0
    assert max(fractions[0], fractions[2]) < 0.3


class Perfect:
    """A GAN that knows the relation, but for the hue."""

    def translate(self, images, direction):
        images = data.to_uint8(images)
        if direction == "ba":
            return data.to_float(domains.rgb(domains.restored(images)))
        gray = domains.restored(images, 0)
        hues = 360.0 * np.random.default_rng(8).random(len(images))
        return data.to_float(domains.colored(gray, hues))


def test_all_scores_of_a_game_are_taken_together(pairs):
    scores = metrics.score_translation(Perfect(), Reader(), pairs)
    assert scores["count"] == len(pairs)
    for name in ("ab_accuracy", "ab_one_hue", "ba_accuracy", "ba_grey"):
        assert scores[name] == 1.0
    assert scores["bab_shape_error"] == 0.0
    assert scores["bab_hue_kept"] < 0.25  # gray images tell no hue


def test_the_shipped_classifier_reads_turned_back_digits(tfds_dir):
    test = data.load("mnist", "test", tfds_dir)
    few = data.image_set(test.images[:500], test.labels[:500], name="mnist")
    pairs = data.held_out_pairs(few, seed=0)
    classifier = metrics.load_classifier("mnist")
    there = translation.score_ab(classifier, pairs.b.images, pairs)
    assert there["accuracy"] > 0.98
    assert there["accuracy_unturned"] < 0.5


@pytest.mark.parametrize(
    "score",
    [
        lambda images, pairs: translation.score_ab(Reader(), images, pairs),
        lambda images, pairs: translation.score_ba(Reader(), images, pairs),
        translation.score_round_trip,
    ],
)
def test_images_that_cannot_be_scored_are_refused(score, pairs):
    with pytest.raises(ValueError, match="3 mapped images, but 600 pairs"):
        score(pairs.b.images[:3], pairs)
    with pytest.raises(ValueError, match="to_uint8"):
        score(data.to_float(pairs.b.images), pairs)
