import numpy as np
import pytest
import scipy.linalg

from ganzoo.metrics.frechet import (
    Gaussian,
    frechet_distance,
    frechet_to,
    read_statistics,
    statistics,
)


def gaussian(mean, covariance, count=100):
    return Gaussian(np.asarray(mean, float), np.asarray(covariance, float), count)


def random_gaussian(seed, dimensions=6, rank=None):
    random = np.random.default_rng(seed)
    factor = random.normal(size=(dimensions, rank or dimensions))
    return gaussian(random.normal(size=dimensions), factor @ factor.T)


def rotation(dimensions, seed=0):
    return scipy.linalg.qr(
        np.random.default_rng(seed).normal(size=(dimensions, dimensions))
    )[0]


def test_statistics_are_numpys_mean_and_unbiased_covariance():
    samples = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    moments = statistics(samples)
    assert moments.mean.dtype == moments.covariance.dtype == np.float64
    assert moments.count == 50
    np.testing.assert_array_equal(moments.mean, samples.astype(float).mean(axis=0))
    np.testing.assert_allclose(moments.covariance, np.cov(samples.T.astype(float)))


def test_statistics_keep_small_spreads_on_a_large_offset():
    samples = np.array([[1e4], [1e4 + 1]], dtype="float32")
    assert statistics(samples).covariance == pytest.approx(np.array([[0.5]]), abs=0)


def test_distance_of_diagonal_gaussians_is_that_of_means_and_deviations():
    first = gaussian([0, 1, 2], np.diag([1.0, 4.0, 9.0]))
    second = gaussian([3, 1, 0], np.diag([4.0, 4.0, 1.0]))
    # |m1 - m2|^2 + sum (s1 - s2)^2
    assert frechet_distance(first, second) == pytest.approx(9 + 4 + 1 + 0 + 4)


def test_distance_at_equal_covariances_is_that_of_the_means():
    first = random_gaussian(0)
    second = gaussian(first.mean + 0.5, first.covariance)
    assert frechet_distance(first, second) == pytest.approx(6 * 0.25, rel=1e-12)


@pytest.mark.parametrize("rank", [None, 1, 3])
def test_distance_to_itself_is_zero(rank):
    one = random_gaussian(0, 8, rank)
    assert frechet_distance(one, one) <= 1e-13 * np.trace(one.covariance)


def test_distance_of_samples_in_orthogonal_planes_is_the_sum_of_their_traces():
    turn = rotation(6)
    first = gaussian(np.zeros(6), turn @ np.diag([1, 2, 3, 0, 0, 0]) @ turn.T)
    second = gaussian(np.zeros(6), turn @ np.diag([0, 0, 0, 4, 5, 6]) @ turn.T)
    assert frechet_distance(first, second) == pytest.approx(21, rel=1e-12)


def test_distance_to_a_single_point_is_mean_and_trace():
    one = random_gaussian(0)
    point = gaussian(np.zeros(6), np.zeros((6, 6)))
    expected = one.mean @ one.mean + np.trace(one.covariance)
    assert frechet_distance(one, point) == pytest.approx(expected)


def test_rank_one_distance_has_its_closed_form():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, -1.0])
    first = gaussian(np.zeros(3), np.outer(a, a))
    second = gaussian(np.zeros(3), np.outer(b, b))
    # tr (C1 C2)^(1/2) = |a . b|
    expected = a @ a + b @ b - 2 * abs(a @ b)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(4))
def test_distance_equals_the_formula_with_scipys_matrix_root(seed):
    first, second = random_gaussian(seed), random_gaussian(seed + 100)
    root = scipy.linalg.sqrtm(first.covariance @ second.covariance).real
    expected = np.sum((first.mean - second.mean) ** 2) + np.trace(
        first.covariance + second.covariance - 2 * root
    )
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("rank", [None, 2])
def test_distance_is_symmetric(rank):
    first, second = random_gaussian(1, 6, rank), random_gaussian(2, 6)
    assert frechet_distance(first, second) == pytest.approx(
        frechet_distance(second, first), rel=1e-12
    )


@pytest.mark.parametrize("rank", [None, 3])
def test_distance_does_not_change_when_the_space_is_turned_and_moved(rank):
    turn = rotation(6)
    first, second = random_gaussian(1, 6, rank), random_gaussian(2, 6, rank)
    moved = [
        gaussian(turn @ g.mean + 7, turn @ g.covariance @ turn.T)
        for g in (first, second)
    ]
    assert frechet_distance(*moved) == pytest.approx(
        frechet_distance(first, second), rel=1e-10
    )


def test_distance_scales_with_the_square_of_the_features():
    first, second = random_gaussian(1), random_gaussian(2)
    scaled = [gaussian(3 * g.mean, 9 * g.covariance) for g in (first, second)]
    assert frechet_distance(*scaled) == pytest.approx(
        9 * frechet_distance(first, second)
    )


def test_distance_of_fewer_samples_than_dimensions_is_finite_and_real():
    random = np.random.default_rng(0)
    first, second = (statistics(random.normal(size=(5, 64))) for _ in range(2))
    assert np.isfinite(frechet_distance(first, second))
    assert frechet_distance(first, first) < 1e-11


def test_distance_of_two_draws_falls_as_one_over_their_number():
    random = np.random.default_rng(0)

    def distance(count):
        draws = (statistics(random.normal(size=(count, 4))) for _ in range(2))
        return frechet_distance(*draws)

    few = np.mean([distance(100) for _ in range(50)])
    many = np.mean([distance(1600) for _ in range(50)])
    assert few / many == pytest.approx(16, rel=0.3)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((1, 3)), "at least 2 samples are needed, got 1"),
        (np.zeros((0, 3)), "at least 2 samples are needed, got 0"),
        (np.zeros(3), r"shape \(n, d\)"),
        (np.zeros((3, 0)), r"shape \(n, d\)"),
        (np.array([[0, 1], [np.nan, 1], [0, np.inf]]), "2 of 3 vectors"),
    ],
)
def test_unusable_features_are_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        statistics(samples)


def test_unusable_moments_are_refused():
    two, three = gaussian(np.zeros(2), np.eye(2)), gaussian(np.zeros(3), np.eye(3))
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        frechet_distance(two, three)
    with pytest.raises(ValueError, match=r"covariance of shape \(2, 2\)"):
        frechet_distance(two, gaussian(np.zeros(2), np.eye(3)))
    with pytest.raises(ValueError, match="NaN"):
        frechet_distance(two, gaussian([0, np.nan], np.eye(2)))


def test_statistics_of_many_samples_are_those_of_all_at_once():
    samples = np.random.default_rng(2).normal(size=(10_000, 4)).astype("float32")
    moments = statistics(samples)
    np.testing.assert_allclose(moments.covariance, np.cov(samples.T.astype(float)))


@pytest.mark.parametrize("count", [7, 8, 300])
def test_the_distance_from_samples_is_that_of_their_moments(count):
    random = np.random.default_rng(count)
    samples = random.normal(size=(count, 8)) * np.arange(1, 9) + 1
    reference = random_gaussian(3, 8)
    expected = frechet_distance(statistics(samples), reference)
    assert frechet_to(reference)(samples) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="features of 5 dimensions cannot be compared"):
        frechet_to(reference)(samples[:, :5])


# ---------------------------------------------------------------- moments of others


def test_published_moments_are_read(tmp_path):
    moments = random_gaussian(4)
    path = tmp_path / "stats.npz"
    np.savez(path, mu=moments.mean, sigma=moments.covariance)
    found = read_statistics(path)
    np.testing.assert_array_equal(found.mean, moments.mean)
    np.testing.assert_array_equal(found.covariance, moments.covariance)
    assert found.count == 0
    assert frechet_distance(found, moments) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"mu": np.zeros(3)}, "an .npz of mu and sigma"),
        ({"mu": np.zeros((3, 1)), "sigma": np.eye(3)}, r"mu has the shape \(3, 1\)"),
        ({"mu": np.zeros(3), "sigma": np.eye(4)}, r"sigma \(4, 4\)"),
        ({"mu": np.full(3, np.nan), "sigma": np.eye(3)}, "is damaged: mu or sigma has"),
        ({"mu": np.zeros(2), "sigma": np.array([[1.0, 1], [0, 1]])}, "not symmetric"),
        ({"mu": np.array([None]), "sigma": np.eye(1)}, "an .npz of mu and sigma"),
    ],
)
def test_other_arrays_are_no_moments(tmp_path, arrays, message):
    np.savez(tmp_path / "stats.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_statistics(tmp_path / "stats.npz")


def test_what_is_no_npz_has_no_moments(tmp_path):
    (tmp_path / "stats.npz").write_bytes(b"moments")
    for name in ("stats.npz", "absent.npz"):
        with pytest.raises(ValueError, match=rf"{name} cannot be read"):
            read_statistics(tmp_path / name)
