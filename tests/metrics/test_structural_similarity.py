import importlib
import itertools

import numpy as np
import pytest
import skimage.metrics

from ganzoo.metrics import structural_similarity

# The package's attribute of this name is the function.
module = importlib.import_module("ganzoo.metrics.structural_similarity")


def by_scikit_image(images, references, channel_axis=-1, **options):
    """The same matrix, one pair at a time."""
    pairs = itertools.product(images, references)
    values = [
        skimage.metrics.structural_similarity(
            *pair, channel_axis=channel_axis, **options
        )
        for pair in pairs
    ]
    return np.reshape(values, (len(images), len(references)))


def pictures(count, height=13, width=15, channels=3, seed=0):
    """Smooth, as photographs are, with noise, a flat one and a copy of it."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 255, (count, 3, 3, channels))
    images = coarse.repeat(-(-height // 3), axis=1).repeat(-(-width // 3), axis=2)
    images = images[:, :height, :width] + random.normal(0, 9, (height, width, channels))
    images[-1] = 40
    return np.clip(images, 0, 255).astype("uint8")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"win_size": 3},
        {"win_size": 13},
        {"win_size": 1, "use_sample_covariance": False},
        {"data_range": 100},
        {"use_sample_covariance": False, "K1": 0.1, "K2": 0.2},
        {"gaussian_weights": True},
        {"gaussian_weights": True, "sigma": 0.8, "use_sample_covariance": False},
        {"gaussian_weights": True, "win_size": 5},
        {"gaussian_weights": True, "win_size": 7, "sigma": 0.5},
    ],
    ids=str,
)
def test_similarity_is_that_of_scikit_image(options):
    images, references = pictures(3), pictures(4, seed=1)
    references[0] = images[0]
    found = structural_similarity(images, references, **options)
    assert found.dtype == np.float32
    expected = by_scikit_image(images, references, **options)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert found[0, 0] == pytest.approx(1, abs=1e-6)


def test_channels_are_where_the_axis_says_and_gray_images_have_none():
    images = pictures(2)
    expected = by_scikit_image(images, images)
    first = np.moveaxis(images, -1, 1)
    found = structural_similarity(first, first, channel_axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    gray = images[..., 0]
    found = structural_similarity(gray, gray, channel_axis=None)
    np.testing.assert_allclose(found, by_scikit_image(gray, gray, None), atol=1e-6)


def test_floats_are_compared_in_their_range():
    images = pictures(3).astype("float64") / 127.5 - 1
    found = structural_similarity(images, images, data_range=2)
    expected = by_scikit_image(images, images, data_range=2)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_black_white_and_flat_images_of_cifar_size_keep_every_digit():
    """What float32 can lose: means of squares beside nothing, and long equal sums."""
    flat = [np.full((32, 32, 3), gray) for gray in (0, 1, 97, 128, 254, 255)]
    halves = np.zeros((32, 32, 3))
    halves[:, 16:] = 255
    images = np.stack([*flat, halves, 255 - halves, halves // 255 + 254])
    images = images.astype("uint8")
    found = structural_similarity(images, images)
    np.testing.assert_allclose(found, by_scikit_image(images, images), atol=1e-6)


def test_blocks_change_nothing(monkeypatch):
    images, references = pictures(7), pictures(9, seed=1)
    whole = structural_similarity(images, references)
    monkeypatch.setattr(module, "_IMAGES", 3)
    monkeypatch.setattr(module, "_REFERENCES", 4)
    blocks = structural_similarity(images, references)
    np.testing.assert_allclose(blocks, whole, rtol=0, atol=1e-6)


def test_similarity_of_flat_images_has_its_closed_form():
    flat = np.array([10, 200], np.uint8)[:, None, None, None] * np.ones(
        (1, 8, 8, 1), np.uint8
    )
    c1 = (0.01 * 255) ** 2
    expected = (2 * 10 * 200 + c1) / (10**2 + 200**2 + c1)
    found = structural_similarity(flat, flat)
    np.testing.assert_allclose(found, [[1, expected], [expected, 1]], rtol=1e-6)


IMAGES = np.zeros((2, 9, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (IMAGES[:, :8], {}, r"shape \(8, 8, 3\), but the references \(9, 8, 3\)"),
        (IMAGES[:0], {}, "no images"),
        (IMAGES[0], {}, r"\(9, 8, 3\) with channel_axis=-1"),
        (IMAGES, {"channel_axis": 3}, "axis of -3 to 2"),
        (IMAGES, {"channel_axis": None}, "channel_axis=None"),
        (IMAGES, {"win_size": 9}, "odd win_size up to 8"),
        (IMAGES, {"gaussian_weights": True}, "win_size=11.*smaller sigma"),
        (IMAGES, {"win_size": 4}, "win_size=4 must be odd"),
        (IMAGES, {"win_size": 1}, "at least 3 .or 1 with"),
        (IMAGES, {"gaussian_weights": True, "sigma": 0}, "sigma=0 pixels"),
        (IMAGES, {"data_range": 0}, "data_range=0 must be above 0"),
        (IMAGES, {"K2": -1}, "K2=-1 must not"),
        (IMAGES / 255, {}, "float64 and uint8 need a data_range"),
    ],
)
def test_what_cannot_be_compared_is_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        structural_similarity(images, IMAGES, **options)
