"""Digits are where, and as large and as slanted, as the style says."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage, stats

from ganzoo.data.house_numbers import fonts, scene
from ganzoo.data.house_numbers.paint import coverage


def test_neighbors_do_not_reach_the_label(ink):
    # The same digits, once alone and once with two neighbors each.
    low = {"height": (0.5, 0.5)}
    alone = ink(100, **low)
    among = ink(100, digits=(3, 3), gap=(0.3, 0.3), **low)
    assert np.abs(alone - among)[:, :, 10:22].max() < 0.02
    assert (among.sum((1, 2)) > 1.2 * alone.sum((1, 2))).all()


def test_the_label_is_any_digit_of_the_number_alike(ink):
    gray = ink(1920, digits=(3, 3), gap=(0.15, 0.15), height=(0.5, 0.5))
    gray = gray[::10]  # zeros: all of one width
    left, right = gray[:, :, :8].max((1, 2)) > 0.5, gray[:, :, -8:].max((1, 2)) > 0.5
    assert (left | right).all()
    found = [(left & ~right).sum(), (left & right).sum(), (~left & right).sum()]
    assert stats.chisquare(found).pvalue > 0.001


@pytest.mark.parametrize("height", [0.4, 0.6, 0.9])
def test_a_digit_is_as_high_as_asked(ink, height):
    eight = ink(9, height=(height, height))[8]
    assert eight.max(1).sum() == pytest.approx(32 * height, abs=0.8)


def middle(gray):
    """Center of mass (x, y), in pixels from the image's middle."""
    y, x = ndimage.center_of_mass(gray)
    return np.array([x, y]) - 15.5


def test_position_moves_both_ways_independently(ink):
    still = ink(64)
    moved = ink(64, position=(-0.1, 0.1))
    shifts = np.array(
        [middle(b) - middle(a) for a, b in zip(still, moved, strict=True)]
    )
    assert np.abs(shifts).max() == pytest.approx(3.2, abs=0.3)
    assert np.abs(shifts).max() < 3.3
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.4


@pytest.mark.parametrize("width", [0.6, 1.2])
def test_width_stretches_sideways_alone(ink, width):
    plain, wide = ink(9)[8], ink(9, width=(width, width))[8]
    ratio = wide.max(0).sum() / plain.max(0).sum()
    assert ratio == pytest.approx(width, abs=0.06)
    assert wide.max(1).sum() == pytest.approx(plain.max(1).sum(), abs=0.5)


def slope_of_the_one(gray):
    """How far an upright stroke's middle moves right for each pixel upwards."""
    rows = np.arange(10, 22)
    middles = (gray[rows] * np.arange(32)).sum(1) / gray[rows].sum(1)
    return -np.polyfit(rows, middles, 1)[0]


@pytest.mark.parametrize("degrees", [-20, 20])
def test_rotation_turns_counterclockwise(plain, degrees):
    face = np.full((1, 10, fonts.SIDE, fonts.SIDE), -1, np.float32)
    face[..., 9:-9, 22:26] = 0.05  # a plain bar
    bar = fonts.Faces(face, np.full((1, 10), 0.2, np.float32), ("bar",))
    style = dataclasses.replace(plain, rotation=(degrees, degrees))
    laid = scene.lay_out(np.random.default_rng(0), np.zeros(2, int), style, bar)
    slope = slope_of_the_one(coverage(laid.distance[0]))
    assert slope == pytest.approx(-np.tan(np.radians(degrees)), abs=0.02)


def test_shear_slants_to_the_right(ink):
    upright = slope_of_the_one(ink(64)[1])
    slanted = slope_of_the_one(ink(64, shear=(0.3, 0.3))[1])
    assert slanted - upright == pytest.approx(0.3, abs=0.05)


def test_perspective_makes_what_is_to_the_right_or_below_larger(ink):
    zero = ink(1, perspective=(0.25, 0.25))[0]
    halves = zero[:, 16:].sum() / zero[:, :16].sum()
    assert halves > 1.1
    assert zero[16:].sum() / zero[:16].sum() > 1.1


def test_wobble_bends_and_baseline_moves_neighbors_only(ink):
    assert np.abs(ink(10) - ink(10, wobble=(0.05, 0.05))).max() > 0.3
    wide = {"digits": (3, 3), "gap": (0.3, 0.3)}
    level, uneven = ink(64, **wide), ink(64, baseline=(0.2, 0.2), **wide)
    changed = np.abs(level - uneven).max((0, 1))
    assert changed[10:22].max() < 0.02 < 0.5 < changed[[0, 31]].min()
