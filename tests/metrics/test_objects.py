"""What is in boxes and what is beside them."""

import numpy as np
import pytest

from ganzoo import boxes, data, metrics

NUMBERS = np.random.default_rng(0)


def canvas(count=1, size=16, value=40):
    return np.full((count, size, size, 1), value, np.uint8)


# -------------------------------------------------------------------- inside the boxes


def test_aligned_boxes_are_cut_out_to_the_pixel():
    images = NUMBERS.integers(0, 256, (3, 16, 16, 1)).astype(np.uint8)
    own = np.tile(boxes.grid(4, 1.0), (3, 1, 1))
    crops = metrics.cut_out(images, own, 8)
    assert (crops.shape, crops.dtype) == ((12, 8, 8, 1), np.uint8)
    np.testing.assert_array_equal(crops[4 + 1], images[1, :8, 8:])
    np.testing.assert_array_equal(crops[8 + 2], images[2, 8:, :8])


def test_images_are_cut_in_parts_and_in_order(monkeypatch):
    images = NUMBERS.integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    own = NUMBERS.uniform(0, 0.5, (5, 3, 4)).astype(np.float32)
    own[..., 2:] += 0.5
    whole = metrics.cut_out(images, own, 5)
    monkeypatch.setattr(metrics.objects, "_BATCH", 2)
    np.testing.assert_array_equal(metrics.cut_out(images, own, 5), whole)


def test_spread_is_the_mean_trace_of_the_covariances_of_the_labels():
    features = NUMBERS.normal(size=(60, 5)) * np.arange(1, 6)
    labels = np.repeat([0, 3, 7], 20)
    expected = np.mean(
        [np.trace(np.cov(features[labels == k].T, bias=True)) for k in (0, 3, 7)]
    )
    assert metrics.spread_within(features, labels) == pytest.approx(expected)


def test_one_digit_a_label_has_no_spread_however_the_labels_differ():
    features = np.repeat(NUMBERS.normal(size=(4, 6)), 10, axis=0)
    labels = np.repeat(np.arange(4), 10)
    assert metrics.spread_within(features, labels) == pytest.approx(0, abs=1e-12)
    assert metrics.spread_within(features, labels // 2) > 0.1


# ---------------------------------------------------------------------- outside of them


def test_ink_is_what_is_brighter_than_any_background():
    images = np.array([[192, 193], [255, 0]], np.uint8).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(metrics.ink(images), [0.5])
    for kind in data.backgrounds.BACKGROUNDS:
        drawn = NUMBERS.uniform(size=(4, 2, 3)).astype(np.float32)
        behind = np.array(data.backgrounds.background(kind, 32, 4, drawn))
        assert metrics.ink(behind).max() == 0


def test_ink_outside_counts_the_pixels_that_no_box_touches():
    images = canvas(2)
    images[0, 0, :5] = 255  # of which a box covers the first three and touches one
    images[1, 15, 15] = 255
    own = np.array([[[0, 0, 0.2, 3.5 / 16]], [[0.5, 0.5, 1, 1]]], np.float32)
    np.testing.assert_array_equal(metrics.ink_outside(images, own), [1, 0])
    none = np.zeros((2, 0, 4), np.float32)
    np.testing.assert_array_equal(metrics.ink_outside(images, none), [5, 1])


@pytest.mark.parametrize("size", [3, 7, 10, 13, 64])
def test_a_box_of_whole_pixels_touches_no_other_for_rounding(size):
    for row in range(size):
        own = np.array([[[row / size, 0, (row + 1) / size, 1]]], np.float32)
        assert metrics.ink_outside(canvas(1, size, 255), own)[0] == size * (size - 1)


def test_free_windows_meet_no_box_and_lie_in_the_image():
    own = boxes.grid(4, 0.6)[None].repeat(20, axis=0)
    own[:, 3] = own[:, 2]  # so there is room in the lower right
    windows, free = metrics.free_windows(own, 0.3, seed=1)
    assert windows.shape == (20, 8, 4)
    assert free.all()
    assert windows.min() >= 0
    assert windows.max() <= 1
    np.testing.assert_allclose(windows[..., 2:] - windows[..., :2], 0.3, atol=1e-6)
    low = np.maximum(windows[:, :, None, :2], own[:, None, :, :2])
    high = np.minimum(windows[:, :, None, 2:], own[:, None, :, 2:])
    assert not (low < high).all(axis=-1).any()
    np.testing.assert_array_equal(metrics.free_windows(own, 0.3, seed=1)[0], windows)
    assert not metrics.free_windows(boxes.grid(1, 0.9)[None], 0.3)[1].any()


@pytest.fixture(scope="module")
def extractor():
    return metrics.load_classifier("mnist")


@pytest.fixture(scope="module")
def digit(extractor):
    """A digit that the classifier is sure of."""
    digits = data.load("digits").images[:200]
    sure = extractor.extract(digits).probabilities.max(axis=1)
    return digits[sure.argmax()]


def test_a_digit_outside_the_boxes_is_seen(extractor, digit):
    images = canvas(4, 64)
    images[:2, 4:32, 4:32] = digit  # in two of the images, in no box
    images[:, 36:64, 36:64] = digit  # in all of them, in a box
    own = np.full((4, 1, 4), [36 / 64, 36 / 64, 1, 1], np.float32)
    least = metrics.ink(digit[None])[0] * 0.5
    looked = metrics.look_outside(
        images, own, extractor, side=32 / 64, least_ink=least, seed=3
    )
    assert (looked.count, looked.with_room) == (4, 4)
    assert looked.digits == 0.5
    assert looked.ink == np.count_nonzero(digit > metrics.objects.INK) / 2
    nothing = metrics.look_outside(
        canvas(2, 64), own[:2], extractor, side=0.5, least_ink=least
    )
    assert (nothing.digits, nothing.ink) == (0, 0)


def test_windows_that_meet_a_box_are_not_looked_through(extractor, digit, monkeypatch):
    monkeypatch.setattr(metrics.objects, "_TRIES", 1)  # so few are found free
    images = canvas(20, 64)
    images[:, 36:64, 36:64] = digit
    own = np.full((20, 1, 4), [36 / 64, 36 / 64, 1, 1], np.float32)
    least = metrics.ink(digit[None])[0] * 0.3
    looked = metrics.look_outside(images, own, extractor, side=28 / 64, least_ink=least)
    assert looked.with_room > 10
    assert looked.digits == 0


def test_without_room_nothing_is_said_of_digits(extractor):
    full = np.full((2, 1, 4), [0, 0, 1, 1], np.float32)
    looked = metrics.look_outside(canvas(2), full, extractor, side=0.5, least_ink=0.1)
    assert (looked.digits, looked.with_room) == (None, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.free_windows(np.zeros((1, 0, 4)), 1.5), "side=1.5 must be"),
        (lambda: metrics.spread_within(np.zeros((2, 3)), np.zeros(3)), "labels .n,."),
        (lambda: metrics.spread_within(np.zeros((0, 3)), np.zeros(0)), "n at least 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
