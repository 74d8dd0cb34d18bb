import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from ganzoo.zoo import interpolation
from ganzoo.zoo.interpolation import linear, spherical

PATHS = (linear, spherical)


def points(count=5, dimensions=7, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(2, count, dimensions)).astype("float32")


def lengths(path):
    return np.linalg.norm(path.astype(float), axis=-1)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ends_are_the_points_themselves(path, dtype):
    first, last = points().astype(dtype)
    found = path(first, last, 8)
    assert found.shape == (5, 8, 7)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[:, 0], first)
    np.testing.assert_array_equal(found[:, -1], last)
    np.testing.assert_array_equal(path(first, last, 2), np.stack([first, last], 1))


@pytest.mark.parametrize("path", PATHS)
def test_there_and_back_is_the_same_way(path):
    first, last = points().astype(float)
    np.testing.assert_allclose(
        path(first, last, 6), path(last, first, 6)[:, ::-1], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_batch_of_paths_is_each_by_itself(path):
    first, last = points(6)
    whole = path(first.reshape(2, 3, 7), last.reshape(2, 3, 7), 4)
    each = [path(a, b, 4) for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(whole.reshape(6, 4, 7), each, rtol=1e-6)


def test_linear_points_are_equally_spaced_on_the_line():
    first, last = np.array([0.0, 10.0]), np.array([7.0, -4.0])
    expected = np.stack([np.arange(8.0), 10 - 2 * np.arange(8.0)], axis=1)
    np.testing.assert_allclose(linear(first, last), expected, atol=1e-14)


def test_spherical_points_of_a_quarter_circle_are_its_sines_and_cosines():
    found = spherical(np.array([2.0, 0, 0]), np.array([0, 0, 2.0]), 4)
    angles = np.radians([0, 30, 60, 90])
    expected = 2 * np.stack([np.cos(angles), 0 * angles, np.sin(angles)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_spherical_is_shoemakers_formula_for_points_of_one_length():
    first, last = points(dimensions=128).astype(float)
    first, last = (3 * one / lengths(one)[:, None] for one in (first, last))
    angle = np.arccos(np.sum(first * last, axis=1) / 9)[:, None, None]
    t = np.linspace(0, 1, 8)[:, None]
    expected = (
        np.sin((1 - t) * angle) * first[:, None] + np.sin(t * angle) * last[:, None]
    )
    found = spherical(first, last)
    np.testing.assert_allclose(found, expected / np.sin(angle), rtol=0, atol=1e-13)
    np.testing.assert_allclose(lengths(found), 3, rtol=1e-14)


def test_spherical_turns_quaternions_as_scipy_does():
    ends = Rotation.random(2, rng=0)
    first, last = ends.as_quat(canonical=True)
    last = last if first @ last > 0 else -last  # the shorter way round
    expected = Slerp([0, 1], ends)(np.linspace(0, 1, 8))
    found = Rotation.from_quat(spherical(first, last))
    assert (found * expected.inv()).magnitude().max() < 1e-12


def test_spherical_lengths_go_in_equal_steps():
    first, last = points().astype(float)
    expected = np.linspace(lengths(first), lengths(last), 8).T
    np.testing.assert_allclose(lengths(spherical(first, last)), expected, rtol=1e-12)


def test_points_of_one_direction_are_joined_by_a_straight_line():
    first = points(1)[0, 0].astype(float)
    for factor in (1.0, 3.0, 1 + 1e-12):
        last = factor * first
        found = spherical(first, last)
        np.testing.assert_allclose(found, linear(first, last), rtol=0, atol=1e-12)


@pytest.mark.parametrize("factor", [-1.0, -2.5, -1 + 1e-13])
def test_opposite_points_are_joined_by_half_a_circle(factor):
    first = points(1)[0].astype(float)
    found = spherical(first, factor * first, 9)
    expected = np.linspace(1, abs(factor), 9) * lengths(first)[:, None]
    np.testing.assert_allclose(lengths(found), expected, rtol=1e-9)
    # Half-way it is perpendicular, and equal angles lie between.
    cosines = found @ first[0] / lengths(found) / lengths(first)
    np.testing.assert_allclose(cosines[0], np.cos(np.linspace(0, np.pi, 9)), atol=1e-9)


def test_nearly_opposite_points_stay_on_the_sphere():
    first = np.array([1.0, 0, 0])
    for small in (1e-3, 1e-6, 1e-9, 1e-12):
        last = np.array([-1.0, small, 0])
        found = spherical(first, last / np.linalg.norm(last), 5)
        np.testing.assert_allclose(lengths(found), 1, rtol=1e-9)
        np.testing.assert_allclose(
            found @ first, np.cos(np.linspace(0, np.pi, 5)), atol=2e-3
        )


def test_the_zero_vector_is_left_on_a_straight_line():
    zero, other = np.zeros(3), np.array([3.0, 0.0, -4.0])
    for ends in ((zero, other), (other, zero), (zero, zero)):
        np.testing.assert_array_equal(spherical(*ends), linear(*ends))


def test_one_dimension_has_no_sphere():
    first, last = np.array([[2.0], [-1.0]]), np.array([[-6.0], [-3.0]])
    np.testing.assert_allclose(spherical(first, last), linear(first, last), rtol=1e-14)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_scale_changes_nothing(scale):
    first, last = points().astype(float)
    found = spherical(scale * first, scale * last, 4) / scale
    np.testing.assert_allclose(found, spherical(first, last, 4), rtol=1e-9)


def test_ends_are_standard_normal_and_follow_the_seed():
    first, last = interpolation.ends(500, 20, seed=-3)
    for one in (first, last):
        assert one.shape == (500, 20)
        assert one.dtype == np.float32
        assert abs(one.mean()) < 0.05
        assert abs(one.std() - 1) < 0.05
    assert abs(np.mean(first * last)) < 0.05
    np.testing.assert_array_equal(interpolation.ends(500, 20, seed=-3)[1], last)
    assert not np.array_equal(interpolation.ends(500, 20)[0], first)


@pytest.mark.parametrize("path", PATHS)
def test_picture_has_a_row_for_each_path(path):
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(4 * 5, activation="tanh"),
            keras.layers.Reshape((4, 5, 1)),
        ]
    )
    first, last = interpolation.ends(3, 6)
    grid = interpolation.picture(generator, first, last, steps=7, path=path)
    assert grid.shape == (3 * (4 + 2) + 2, 7 * (5 + 2) + 2, 1)
    expected = generator.predict(path(first, last, 7)[2, 5][None], verbose=0)
    cell = grid[2 + 2 * 6 : 2 + 2 * 6 + 4, 2 + 5 * 7 : 2 + 5 * 7 + 5]
    np.testing.assert_allclose(cell, 127.5 * (expected[0] + 1), atol=0.51)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("first", "last", "steps", "message"),
    [
        (np.zeros(3), np.zeros(4), 8, r"shape \(3,\) and \(4,\)"),
        (np.zeros((2, 0)), np.zeros((2, 0)), 8, r"same shape \[..., d\]"),
        (0.0, 1.0, 8, r"same shape \[..., d\]"),
        (np.zeros(3), np.ones(3), 1, "steps=1 must be at least 2"),
    ],
)
def test_what_has_no_path_is_refused(path, first, last, steps, message):
    with pytest.raises(ValueError, match=message):
        path(first, last, steps)


def test_a_picture_of_one_path_is_asked_for_as_a_row():
    with pytest.raises(ValueError, match=r"\[rows, d\]"):
        interpolation.picture(lambda noise: noise, np.zeros(3), np.ones(3))
