"""Each way of resizing is that of the library it is called after."""

import numpy as np
import pytest
from PIL import Image

import tests.benchmarks  # noqa: F401  first: it keeps triton out of torch
from ganzoo.metrics.resizing import CLEAN, PYTORCH, TENSORFLOW, Resizing, weights

SIZES = [(28, 28), (32, 32), (64, 64), (299, 299), (37, 53), (400, 310)]


def images(height: int, width: int, channels: int = 3, count: int = 2) -> np.ndarray:
    random = np.random.default_rng(height * 1000 + width)
    return random.integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def resized(method: str, pictures: np.ndarray) -> np.ndarray:
    return Resizing(299, method, 0.0, 1.0)(pictures)


def by_hand(picture: np.ndarray, side: int) -> np.ndarray:
    """TensorFlow 1's interpolation of one channel, pixel by pixel."""
    height, width = picture.shape
    found = np.empty((side, side))
    for y in range(side):
        for x in range(side):
            row, column = y * height / side, x * width / side
            top, left = int(row), int(column)
            below, right = min(top + 1, height - 1), min(left + 1, width - 1)
            dy, dx = row - top, column - left
            upper = picture[top, left] * (1 - dx) + picture[top, right] * dx
            lower = picture[below, left] * (1 - dx) + picture[below, right] * dx
            found[y, x] = upper * (1 - dy) + lower * dy
    return found


@pytest.mark.parametrize("size", [(5, 7), (13, 11), (9, 4)])
def test_tensorflows_way_by_hand(size):
    picture = images(*size, channels=1, count=1)
    found = Resizing(11, TENSORFLOW, 0.0, 1.0)(picture)
    expected = by_hand(picture[0, ..., 0].astype(float), 11)
    for channel in range(3):
        np.testing.assert_allclose(found[0, ..., channel], expected, atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_tensorflows_way_is_tensorflow_1s(size):
    tf = pytest.importorskip("tensorflow")
    pictures = images(*size)
    expected = tf.compat.v1.image.resize_bilinear(pictures.astype("f4"), (299, 299))
    np.testing.assert_allclose(resized(TENSORFLOW, pictures), expected, atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_pytorchs_way_is_pytorchs(size):
    torch = pytest.importorskip("torch")
    pictures = images(*size)
    tensor = torch.tensor(pictures.astype("f4")).permute(0, 3, 1, 2)
    expected = torch.nn.functional.interpolate(
        tensor, (299, 299), mode="bilinear", align_corners=False
    )
    expected = expected.permute(0, 2, 3, 1).numpy()
    # Places are rounded to float32: by up to 1e-5 of a pixel, of 255 gray levels.
    np.testing.assert_allclose(resized(PYTORCH, pictures), expected, atol=5e-3)


@pytest.mark.parametrize("size", SIZES)
def test_the_clean_way_is_pillows_on_floats(size):
    pictures = images(*size)
    found = resized(CLEAN, pictures)
    for picture, one in zip(pictures, found, strict=True):
        for channel in range(3):
            plane = Image.fromarray(picture[..., channel].astype(np.float32))
            expected = plane.resize((299, 299), Image.Resampling.BICUBIC)
            np.testing.assert_allclose(
                one[..., channel], np.clip(expected, 0, 255), atol=1e-3
            )


@pytest.mark.parametrize("method", [TENSORFLOW, PYTORCH, CLEAN])
def test_flat_images_stay_flat_and_levels_are_mapped(method):
    flat = np.full((1, 40, 31, 1), 192, np.uint8)
    found = Resizing(64, method, 128.0, 128.0)(flat)
    assert found.shape == (1, 64, 64, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 0.5, atol=1e-5)
    np.testing.assert_allclose(weights(method, 40, 64).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("method", [TENSORFLOW, PYTORCH, CLEAN])
def test_images_of_the_right_size_are_not_changed(method):
    pictures = images(299, 299)
    np.testing.assert_array_equal(resized(method, pictures), pictures)
    np.testing.assert_allclose(weights(method, 12, 12), np.eye(12), atol=1e-6)


def test_the_three_ways_differ():
    pictures = images(32, 32)
    found = [resized(method, pictures) for method in (TENSORFLOW, PYTORCH, CLEAN)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(found[first] - found[second]).mean() > 1
