import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ganzoo import boxes
from ganzoo.data import DataError, Placement


def drawn(placement, count=300, seed=0):
    """Corners and far corners in pixels, whole numbers [count, objects, 2]."""
    key = tf.constant([seed, 1], tf.int64)
    pixels = placement.draw(count, key).numpy().astype(float) * placement.size
    np.testing.assert_allclose(pixels, np.rint(pixels), atol=1e-4)
    pixels = np.rint(pixels).astype(int)
    return pixels[..., :2], pixels[..., 2:]


def overlapping(corners, ends):
    """Whether some two objects of each image share a pixel."""
    apart = (corners[:, :, None] >= ends[:, None]) | (
        ends[:, :, None] <= corners[:, None]
    )
    shared = ~apart.any(axis=-1)
    return (shared & ~np.eye(corners.shape[1], dtype=bool)).any(axis=(1, 2))


def test_the_source_has_four_digits_of_32_in_the_middle_of_four_cells():
    corners, ends = drawn(Placement(), 2)
    expected = [[16, 16], [16, 80], [80, 16], [80, 80]]
    np.testing.assert_array_equal(corners, [expected] * 2)
    np.testing.assert_array_equal(ends - corners, 32)
    np.testing.assert_array_equal(corners[0] / 128, boxes.grid(4)[:, :2])


@pytest.mark.parametrize("kind", ["grid", "cells", "anywhere"])
@pytest.mark.parametrize("objects", [1, 5, 6])
def test_objects_lie_in_the_image_and_apart(kind, objects):
    placement = Placement(kind, objects, 50, 5, 16)
    corners, ends = drawn(placement)
    assert corners.min() >= 0
    assert ends.max() <= 50
    assert not overlapping(corners, ends).any()
    sides = ends - corners
    np.testing.assert_array_equal(sides[..., 0], sides[..., 1])
    counts = np.bincount(sides[..., 0].ravel(), minlength=17)[5:]
    assert stats.chisquare(counts).pvalue > 0.001


def test_in_cells_every_place_of_a_cell_is_as_likely():
    corners, _ = drawn(Placement("cells", 4, 20, 6), 3000)
    within = corners - 10 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for axis in (0, 1):
        counts = np.bincount(within[..., axis].ravel(), minlength=5)
        assert len(counts) == 5
        assert stats.chisquare(counts).pvalue > 0.001


def test_anywhere_is_anywhere_and_objects_cross_the_cells():
    corners, _ = drawn(Placement("anywhere", 1, 20, 6), 4000)
    counts = np.bincount(corners.ravel(), minlength=15)
    assert len(counts) == 15
    assert stats.chisquare(counts).pvalue > 0.001
    corners, ends = drawn(Placement("anywhere", 3, 40, 8), 300)
    crossing = (corners < 20) & (ends > 20)
    assert crossing.any(axis=(1, 2)).mean() > 0.3


def test_objects_may_overlap_if_asked_and_then_be_as_large_as_the_image():
    placement = Placement("anywhere", 4, 20, 8, 20, overlap=True)
    assert overlapping(*drawn(placement)).mean() > 0.5


def test_the_tightest_fit_falls_back_on_cells():
    corners, ends = drawn(Placement("anywhere", 9, 30, 10), 200)
    assert not overlapping(corners, ends).any()
    cells = [[row, column] for row in (0, 10, 20) for column in (0, 10, 20)]
    assert (corners == cells).all(axis=(1, 2)).any()


def test_places_are_a_function_of_the_key():
    placement = Placement("anywhere", 3, 40, 8, 12)
    one, same, other = (drawn(placement, 20, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "nowhere"}, "placement='nowhere' must be one of grid, cells, anywh"),
        ({"overlap": True}, "overlap=True needs placement='anywhere', not 'grid'"),
        ({"smallest": 65}, "4 objects in an image of 128 pixels can have 1 to 64"),
        ({"smallest": 32, "largest": 31}, "smallest=32, largest=31"),
        ({"objects": 0}, "objects must be 1 to"),
        ({"size": 1.5}, "size must be a whole number"),
    ],
)
def test_placements_that_cannot_be_are_refused(changed, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(Placement(), **changed)
