import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from ganzoo.metrics.classification import (
    class_histogram,
    classifier_score,
    classifier_score_splits,
    confident_fraction,
    histogram_divergence,
)


def random_probabilities(count=40, classes=5, seed=0):
    logits = np.random.default_rng(seed).normal(size=(count, classes)) * 2
    return softmax(logits, axis=1)


def test_score_of_one_and_the_same_distribution_is_one():
    assert classifier_score(np.full((7, 10), 0.1)) == pytest.approx(1, abs=1e-12)
    same = np.tile([0.7, 0.2, 0.1, 0.0], (5, 1))
    assert classifier_score(same) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 10])
def test_score_of_sure_and_balanced_images_is_the_number_of_classes(classes):
    assert classifier_score(np.tile(np.eye(classes), (3, 1))) == pytest.approx(classes)


def test_score_of_sure_images_is_the_exponentiated_entropy_of_their_histogram():
    labels = np.array([0, 0, 0, 1, 2, 2])
    expected = np.exp(entropy([3 / 6, 1 / 6, 2 / 6]))
    assert classifier_score(np.eye(4)[labels]) == pytest.approx(expected)


def test_score_is_entropy_of_the_mean_less_mean_entropy():
    p = random_probabilities()
    expected = np.exp(entropy(p.mean(axis=0)) - entropy(p, axis=1).mean())
    assert classifier_score(p) == pytest.approx(expected)


def test_score_does_not_depend_on_the_order_of_images_or_classes():
    p = random_probabilities()
    assert classifier_score(p[::-1, ::-1]) == pytest.approx(classifier_score(p))


def test_score_takes_rounded_float32_rows():
    p = random_probabilities().astype("float32")
    assert classifier_score(p) == pytest.approx(classifier_score(p.astype(float)))


def test_splits_are_consecutive_parts_and_drop_the_remainder():
    p = random_probabilities(count=23)
    scores = [classifier_score(p[:11]), classifier_score(p[11:22])]
    assert classifier_score_splits(p, 2) == pytest.approx(
        (np.mean(scores), np.std(scores))
    )
    mean, spread = classifier_score_splits(p, 1)
    assert (mean, spread) == (pytest.approx(classifier_score(p)), 0)


def test_impossible_splits_are_refused():
    for splits in (0, 41):
        with pytest.raises(ValueError, match=r"1 \.\. 40"):
            classifier_score_splits(random_probabilities(), splits)


def test_confident_share_counts_what_is_strictly_above():
    p = np.array([[0.95, 0.05], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]])
    assert confident_fraction(p) == 0.5
    assert confident_fraction(p, threshold=0.75) == 0.5
    assert confident_fraction(p, threshold=0.0) == 1
    for threshold in (-0.1, 1.0):
        with pytest.raises(ValueError, match="threshold"):
            confident_fraction(p, threshold)


def test_histogram_of_labels_is_their_shares():
    fractions = class_histogram(np.array([0, 2, 2, 3]), 5)
    np.testing.assert_array_equal(fractions, [0.25, 0, 0.5, 0.25, 0])


def test_histogram_of_probabilities_is_that_of_their_largest():
    p = random_probabilities()
    fractions = class_histogram(p)
    np.testing.assert_array_equal(fractions, class_histogram(p.argmax(axis=1), 5))
    np.testing.assert_array_equal(fractions, class_histogram(p, 5))
    assert fractions.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("classes", "num_classes", "message"),
    [
        (np.array([0, 1]), None, "determine num_classes"),
        (np.array([0, 5]), 5, r"0 \.\. 4"),
        (np.array([-1, 0]), 5, r"0 \.\. 4"),
        (np.array([], int), 5, "no labels"),
        (np.array([0.0, 1.0]), 5, "integer labels"),
        (np.full((2, 4), 0.25), 5, "for 4 classes"),
    ],
)
def test_unusable_classes_are_refused(classes, num_classes, message):
    with pytest.raises(ValueError, match=message):
        class_histogram(classes, num_classes)


def test_histogram_divergence_is_scipys_relative_entropy():
    p, q = random_probabilities(2)
    assert histogram_divergence(p, q) == pytest.approx(entropy(p, q))
    assert histogram_divergence(p, p) == 0


def test_missing_class_is_finite_and_unknown_class_infinite():
    assert histogram_divergence([1, 0], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert histogram_divergence([0.5, 0.5], [1, 0]) == np.inf


def test_histograms_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="2 and 3 classes"):
        histogram_divergence([0.5, 0.5], [1, 0, 0])


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.zeros((0, 3)), "shape"),
        (np.ones(3) / 3, "shape"),
        (np.array([[0.5, 0.6]]), "not logits"),
        (np.array([[1.5, -0.5]]), "at least 0"),
        (np.array([[np.nan, 1.0]]), "finite"),
    ],
)
def test_what_is_no_distribution_is_refused(probabilities, message):
    for function in (classifier_score, confident_fraction, classifier_score_splits):
        with pytest.raises(ValueError, match=message):
            function(probabilities)
