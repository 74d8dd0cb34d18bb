import numpy as np
import pytest
from scipy import stats

from ganzoo import data
from ganzoo.data import DataError, GaussianMixture


def test_the_ring_has_8_distinct_modes_evenly_on_the_circle():
    ring = data.ring()
    assert (len(ring), ring.sigma, ring.shape) == (8, 0.02, (2,))
    assert len(np.unique(ring.centers.round(9), axis=0)) == 8
    np.testing.assert_allclose(np.hypot(*ring.centers.T), 2.0)
    neighbors = np.linalg.norm(ring.centers - np.roll(ring.centers, 1, 0), axis=1)
    np.testing.assert_allclose(neighbors, 4 * np.sin(np.pi / 8))
    np.testing.assert_allclose(ring.centers[0], [2, 0])


def test_the_grid_has_25_distinct_modes_2_apart_from_minus_4_to_4():
    grid = data.grid()
    assert (len(grid), grid.sigma) == (25, 0.05)
    expected = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {tuple(center) for center in grid.centers} == expected


@pytest.mark.parametrize("mixture", [data.ring(), data.grid()], ids=["ring", "grid"])
def test_points_are_normal_about_modes_that_are_equally_likely(mixture):
    points, modes = mixture.sample(20_000, seed=3)
    counts = np.bincount(modes, minlength=len(mixture))
    assert stats.chisquare(counts).pvalue > 0.001
    scaled = (points - mixture.centers[modes]) / mixture.sigma
    for coordinate in scaled.T:
        assert stats.kstest(coordinate, "norm").pvalue > 0.001
    assert abs(np.corrcoef(scaled.T)[0, 1]) < 0.03


def test_a_label_is_the_number_of_the_nearest_mode():
    grid = data.grid()
    batches = data.training_batches(grid, 500, seed=0, with_labels=True)
    points, modes = next(iter(batches))
    distances = np.linalg.norm(points[:, None] - grid.centers, axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), modes)


def test_the_points_of_a_seed_are_the_same_for_ever():
    # Written down once: other points would make no stored run resumable.
    points = next(iter(data.training_batches(data.ring(), 2, seed=0)))
    expected = [[-0.0055193, -2.0133657], [0.0267916, 2.0335286]]
    np.testing.assert_allclose(points, expected, atol=1e-5)


def test_the_fingerprint_is_that_of_centers_and_width():
    assert data.ring().fingerprint == data.ring().fingerprint
    others = (data.ring(7), data.ring(sigma=0.03), data.ring(radius=1), data.grid())
    prints = {mixture.fingerprint for mixture in (data.ring(), *others)}
    assert len(prints) == 5


def test_centers_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        data.ring().centers[0] = 0


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: data.ring(0), "modes must be 1 to"),
        (lambda: data.ring(radius=0), "radius=0 must be above 0"),
        (lambda: data.ring(sigma=-1), "sigma=-1 must be above 0"),
        (lambda: data.grid(0), "side must be 1 to"),
        (lambda: data.grid(spacing=0), "spacing=0 must be above 0"),
        (lambda: GaussianMixture([[0, 0], [0, 0]], 1.0, "x"), "two of the 2 centers"),
        (lambda: GaussianMixture([1.0, 2.0], 1.0, "x"), "shape"),
        (lambda: GaussianMixture([[np.nan, 2.0]], 1.0, "x"), "finite"),
    ],
)
def test_mixtures_that_are_none_are_refused(build, message):
    with pytest.raises(DataError, match=message):
        build()
