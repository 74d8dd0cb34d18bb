import itertools

import numpy as np
import pytest

from ganzoo.metrics.clusters import (
    confusion,
    matched_accuracy,
    purity,
    slants,
    widths,
)

TABLE = np.array([[5, 1, 0], [4, 0, 2], [0, 3, 1]])


def test_the_table_counts_the_pairs():
    clusters = np.repeat(np.arange(3), TABLE.sum(axis=1))
    labels = np.concatenate([np.repeat(np.arange(3), row) for row in TABLE])
    order = np.random.default_rng(0).permutation(len(labels))
    np.testing.assert_array_equal(
        confusion(clusters[order], labels[order], 3, 3), TABLE
    )
    assert confusion([1], [0], 4, 2).shape == (4, 2)


def test_purity_is_the_share_of_the_commonest_classes():
    assert purity(TABLE) == pytest.approx((5 + 4 + 3) / 16)
    assert purity(np.eye(4)) == 1


def test_a_matching_gives_each_cluster_another_class():
    best = max(
        sum(TABLE[row, column] for row, column in enumerate(order))
        for order in itertools.permutations(range(3))
    )
    assert matched_accuracy(TABLE) == pytest.approx(best / 16)
    assert matched_accuracy(TABLE) < purity(TABLE)
    assert matched_accuracy(TABLE[::-1]) == matched_accuracy(TABLE)


@pytest.mark.parametrize(
    ("clusters", "labels", "message"),
    [
        ([], [], "at least 1"),
        ([0, 1], [0], r"clusters of shape \(2,\)"),
        ([0, 3], [0, 1], "clusters run from 0 to 3, beyond 0 to 2"),
        ([0, 1], [-1, 1], "labels run from -1 to 1"),
    ],
)
def test_what_is_no_pairing_is_refused(clusters, labels, message):
    with pytest.raises(ValueError, match=message):
        confusion(clusters, labels, 3, 3)


def bar(slope: float, half_width: float) -> np.ndarray:
    """A bar through the center that moves `slope` columns to the right a row up."""
    rows, columns = np.indices((41, 41)) - 20.0
    inside = (np.abs(rows) <= 10) & (np.abs(columns + slope * rows) <= half_width)
    return (inside * 255).astype(np.uint8)[None, ..., None]


@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("half_width", [1.0, 3.0])
def test_slant_and_width_are_those_of_the_bar(slope, half_width):
    image = bar(slope, half_width)
    assert slants(image)[0] == pytest.approx(slope, abs=0.03)
    # A uniform row of 2 h + 1 pixels.
    expected = np.sqrt(((2 * half_width + 1) ** 2 - 1) / 12)
    assert widths(image)[0] == pytest.approx(expected, rel=0.15)


def test_an_image_without_ink_has_no_slant():
    images = np.concatenate([np.zeros_like(bar(0, 1)), bar(0, 1)])
    assert np.isnan(slants(images)).tolist() == [True, False]
    assert np.isnan(widths(images)).tolist() == [True, False]
