import numpy as np
import pytest
from skimage import io

from ganzoo import plots

BLUE = np.array([0x00, 0x72, 0xB2])


def blue(path) -> np.ndarray:
    """Where points were drawn."""
    return np.abs(io.imread(path)[..., :3].astype(int) - BLUE).sum(axis=2) < 60


def test_points_are_drawn_where_they_are(tmp_path):
    for name, points in (("left", [[-0.9, 0.0]]), ("right", [[0.9, 0.0]])):
        plots.clouds(
            tmp_path / f"{name}.png",
            {"cloud": np.repeat(points, 50, axis=0)},  # opaque together
            centers=[[1.0, 1.0], [-1.0, -1.0]],
        )
    left, right = (blue(tmp_path / f"{name}.png") for name in ("left", "right"))
    assert left.any()
    assert right.any()
    assert np.nonzero(left)[1].max() < np.nonzero(right)[1].min()


def test_a_cloud_stands_beside_the_other(tmp_path):
    clouds = {
        f"epoch {n}": np.random.default_rng(n).normal(size=(40, 2)) for n in (1, 2)
    }
    plots.clouds(tmp_path / "two.png", clouds)
    plots.clouds(tmp_path / "column.png", clouds, columns=1)
    wide, tall = (io.imread(tmp_path / f"{n}.png") for n in ("two", "column"))
    assert wide.shape[1] > wide.shape[0]
    assert tall.shape[0] > tall.shape[1]


def test_points_that_ran_away_do_not_stretch_the_axes(tmp_path):
    centers = [[1.0, 0.0], [-1.0, 0.0]]
    near = np.tile([[0.5, 0.5]], (50, 1))
    plots.clouds(tmp_path / "near.png", {"x": near}, centers=centers)
    away = np.concatenate([near, [[1e6, 0.0], [np.nan, 0.0]]])
    plots.clouds(tmp_path / "away.png", {"x": away}, centers=centers)
    same = io.imread(tmp_path / "near.png"), io.imread(tmp_path / "away.png")
    np.testing.assert_array_equal(*same)


@pytest.mark.parametrize(
    ("points", "options", "message"),
    [
        ({}, {}, "0 clouds"),
        ({"x": np.zeros((3, 3))}, {}, r"'x' has the shape \(3, 3\)"),
        ({"x": np.zeros((0, 2))}, {}, r"\(0, 2\)"),
        ({"x": np.zeros((3, 2))}, {"columns": 0}, "in 0 columns"),
        ({"x": np.zeros((3, 2))}, {"centers": [1.0]}, "'centers' has the shape"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, points, options, message):
    with pytest.raises(ValueError, match=message):
        plots.clouds(tmp_path / "x.png", points, **options)
