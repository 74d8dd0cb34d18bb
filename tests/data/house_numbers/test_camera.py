"""A photograph of a known canvas is what image processing says it is."""

import dataclasses

import numpy as np
import pytest
import scipy.fft
from scipy import ndimage

from ganzoo.data.house_numbers import Style, camera

PLAIN = Style("plain")


def photographs(canvas, **ranges):
    style = dataclasses.replace(PLAIN, **ranges)
    canvas = np.asarray(canvas, np.float32)
    return camera.photograph(np.random.default_rng(0), canvas, style) / 255


def test_blur_is_gaussian():
    canvas = np.zeros((4, 3, 32, 32))
    canvas[:, :, 10:20, 13:17] = 1
    for sigma in (0.8, 2.0):
        found = photographs(canvas, blur=(sigma, sigma))[..., 0]
        expected = ndimage.gaussian_filter(canvas[:, 0], sigma, axes=(1, 2), truncate=6)
        np.testing.assert_allclose(found, expected, atol=0.004)


def test_motion_blurs_along_one_axis():
    canvas = np.zeros((40, 3, 32, 32))
    canvas[:, :, 16, 16] = 1
    found = photographs(canvas, motion=(1.5, 1.5))[..., 1]
    lit = np.stack([found[:, :, 16].sum(1), found[:, 16].sum(1)], 1)
    np.testing.assert_allclose(lit.max(1), 1, atol=0.02)
    np.testing.assert_allclose(lit.min(1), found.max((1, 2)), atol=0.01)
    assert 8 < (lit[:, 0] > lit[:, 1]).sum() < 32


def test_blur_sharpening_and_fringes_leave_an_even_wall_alone():
    canvas = np.full((3, 3, 32, 32), 0.4)
    found = photographs(canvas, blur=(2, 2), sharpening=(0.6, 0.6), fringe=(2, 2))
    np.testing.assert_allclose(found, 0.4, atol=0.002)


def test_sharpening_overshoots_at_an_edge_and_fringes_color_it():
    canvas = np.full((8, 3, 32, 32), 0.3)
    canvas[..., 16:] = 0.7
    sharp = photographs(canvas, blur=(1, 1), sharpening=(0.5, 0.5))
    assert (sharp.max((1, 2, 3)) > 0.72).all()
    assert (sharp.min((1, 2, 3)) < 0.28).all()
    fringed = photographs(canvas, blur=(1, 1), fringe=(2, 2))
    color = np.ptp(fringed, axis=-1)
    assert color[:, :, 12:20].max() > 0.1
    assert color[:, :, [3, 28]].max() < 0.01  # far from the edge there is none


@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_noise_has_the_deviation_asked_for(sigma):
    found = photographs(np.full((16, 3, 32, 32), 0.5), noise=(sigma, sigma))
    assert found.std() == pytest.approx(sigma, rel=0.02)
    assert found.mean() == pytest.approx(0.5, abs=0.003)


def test_grain_is_noise_that_the_blur_reaches():
    canvas = np.full((8, 3, 32, 32), 0.5)
    found = photographs(canvas, grain=(0.2, 0.2), blur=(1.5, 1.5))
    inner = found[:, 6:-6, 6:-6]
    # A Gaussian of deviation s in two dimensions leaves 1 / (2 s sqrt(pi)) of it.
    assert inner.std() == pytest.approx(0.2 / (2 * 1.5 * np.sqrt(np.pi)), rel=0.1)


def test_compression_rounds_the_cosine_transform_of_the_brightness():
    canvas = np.random.default_rng(1).normal(0.5, 0.1, (2, 1, 32, 32))
    step = 0.3
    found = photographs(np.repeat(canvas, 3, axis=1), compression=(step, step))
    np.testing.assert_allclose(np.ptp(found, axis=-1), 0, atol=0.005)  # stays gray
    blocks = found[..., 0].reshape(2, 4, 8, 4, 8).swapaxes(2, 3)
    waves = scipy.fft.dctn(blocks, axes=(3, 4), norm="ortho")
    steps = step * (1 + 0.9 * np.add.outer(np.arange(8), np.arange(8)))
    whole = waves / steps
    np.testing.assert_allclose(whole, np.rint(whole), atol=0.06)
    assert np.abs(whole).max() > 1


def test_without_compression_nothing_changes():
    canvas = np.random.default_rng(1).uniform(0, 1, (2, 3, 32, 32))
    found = photographs(canvas).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, canvas, atol=0.003)
