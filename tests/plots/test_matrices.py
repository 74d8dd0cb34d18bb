"""Confusion matrices."""

import numpy as np
import pytest
from skimage import io

from ganzoo import plots
from ganzoo.plots import matrices

COUNTS = np.array([[6, 2, 0], [0, 0, 0], [1, 0, 3]])


def test_rows_are_shares_of_the_true_class_and_empty_ones_stay_empty():
    shares = matrices._percent("m", COUNTS, 3)
    np.testing.assert_allclose(shares, [[75, 25, 0], [0, 0, 0], [25, 0, 75]])


def test_each_matrix_has_a_place_of_its_own(tmp_path):
    one, six = tmp_path / "one.png", tmp_path / "six.png"
    plots.confusions(one, {"a": COUNTS}, "xyz")
    plots.confusions(six, dict.fromkeys("abcdef", COUNTS), "xyz", columns=3)
    (height, width), (rows, columns) = (
        io.imread(one).shape[:2],
        io.imread(six).shape[:2],
    )
    assert (rows, columns) == (2 * height, 3 * width)


def test_the_diagonal_is_as_dark_as_it_is_right(tmp_path):
    def darkest(counts) -> int:
        path = tmp_path / "m.png"
        plots.confusions(path, {"": counts}, range(10))
        blue = io.imread(path)[..., :3].astype(int)
        return int((blue[..., 2] - blue[..., 0] > 60).sum())  # the color map's blues

    sure = darkest(100 * np.eye(10, dtype=int))
    unsure = darkest(np.full((10, 10), 10))
    assert sure > 1000 > 10 * (unsure + 1)


@pytest.mark.parametrize(
    ("found", "classes", "columns"),
    [
        ({}, "xyz", 3),
        ({"m": COUNTS}, "xyz", 0),
        ({"m": COUNTS}, "xy", 3),
        ({"m": -COUNTS}, "xyz", 3),
        ({"m": COUNTS * np.nan}, "xyz", 3),
        ({"m": np.zeros((0, 0))}, "", 3),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(tmp_path, found, classes, columns):
    with pytest.raises(ValueError, match="confusions"):
        plots.confusions(tmp_path / "m.png", found, classes, columns=columns)
    assert not (tmp_path / "m.png").exists()
