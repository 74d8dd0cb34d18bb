import dataclasses
import hashlib

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, ImageSet, image_set, join


def _images(count=6, height=4, width=5, channels=1):
    values = np.arange(count * height * width * channels) % 256
    return values.reshape(count, height, width, channels).astype(np.uint8)


def test_grey_images_without_channel_get_one():
    assert image_set(_images()[..., 0], name="x").images.shape == (6, 4, 5, 1)


def test_length_and_shape_are_those_of_the_images():
    data = image_set(_images(3, 4, 5, 3), name="x")
    assert len(data) == 3
    assert data.shape == (4, 5, 3)


def test_without_labels_all_images_are_of_the_one_class_all():
    data = image_set(_images(), name="x")
    assert data.class_names == ("all",)
    np.testing.assert_array_equal(data.labels, np.zeros(6))
    assert data.labels.dtype == np.int32


def test_unnamed_classes_are_numbered_to_the_largest_label():
    data = image_set(_images(), np.array([0, 3, 1, 1, 0, 0], np.int64), name="x")
    assert data.class_names == ("0", "1", "2", "3")
    assert data.labels.dtype == np.int32


def test_fingerprint_is_the_sha256_of_shape_images_and_labels():
    images, labels = _images(), np.array([0, 1, 2, 0, 1, 2])
    expected = hashlib.sha256(
        b"(6, 4, 5, 1)" + images.tobytes() + labels.astype("<i4").tobytes()
    ).hexdigest()
    assert image_set(images, labels, name="x").fingerprint == expected


def test_fingerprint_ignores_the_name_and_notices_one_pixel_one_label_and_the_shape():
    images, labels = _images(), np.zeros(6, int)
    original = image_set(images, labels, name="x").fingerprint
    assert image_set(images, labels, name="y", split="test").fingerprint == original
    pixel = images.copy()
    pixel[5, 3, 4, 0] ^= 1
    others = [
        image_set(pixel, labels, name="x"),
        image_set(images, labels + [0, 0, 0, 0, 0, 1], name="x"),
        image_set(images.reshape(6, 5, 4, 1), labels, name="x"),
    ]
    assert len({original, *(data.fingerprint for data in others)}) == 4


def test_fingerprint_of_a_view_is_that_of_its_copy():
    view = _images(12)[::2]
    left = image_set(view, name="x").fingerprint
    assert left == image_set(view.copy(), name="x").fingerprint


def test_a_set_cannot_be_changed_and_the_callers_array_still_can():
    images = _images()
    data = image_set(images, name="x")
    with pytest.raises(ValueError, match="read-only"):
        data.images[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.images = images
    images[0] = 0


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (_images() / np.float32(255), r"float32.*uint8.*np\.round\(255 \* images\)"),
        (np.full((2, 4, 4, 1), np.nan), r"32 of its values are NaN"),
        (_images().astype(np.int64), r"int64.*astype\(np\.uint8\)"),
        (_images() > 3, "bool"),
        (_images(channels=2), r"\(6, 4, 5, 2\).*C = 1 \(grey\) or 3 \(RGB\)"),
        (_images()[0, 0], r"\(5, 1\).*\[N, H, W, C\]"),
        (_images()[None], r"\(1, 6, 4, 5, 1\)"),
        (_images()[:0], "no images"),
        (_images()[:, :0], "no images"),
    ],
)
def test_wrong_images_are_refused_in_words(images, message):
    with pytest.raises(DataError, match=rf"mine \(train\): (?s:.*){message}"):
        image_set(images, name="mine")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"labels have the shape \(2,\), but \(6,\) is needed"),
        (np.zeros((6, 1), int), r"\(6, 1\)"),
        (np.zeros(6), "labels are float64, but must be integers"),
        (list("abcdef"), "must be integers"),
        ([0, 1, 2, 3, 2, -1], r"label -1 of image 5 is out of range"),
        ([0, 1, 2, 2**40, 2, 1], r"label 1099511627776 of image 3 is out of range"),
    ],
)
def test_wrong_labels_are_refused_in_words(labels, message):
    with pytest.raises(DataError, match=message):
        image_set(_images(), np.array(labels), name="mine")


def test_a_label_beyond_the_class_names_is_refused_naming_the_accepted_ones():
    with pytest.raises(DataError, match=r"label 2 of image 5.*2 classes.*0 to 1"):
        ImageSet(_images(), np.array([0, 0, 1, 1, 0, 2]), ("a", "b"), "x", "train")


def test_two_splits_are_joined_in_order():
    first = image_set(_images(4), np.array([0, 1, 1, 0]), name="x")
    second = image_set(_images(3)[::-1], np.array([1, 0, 1]), name="x", split="test")
    both = join(first, second)
    np.testing.assert_array_equal(both.images[:4], first.images)
    np.testing.assert_array_equal(both.images[4:], second.images)
    np.testing.assert_array_equal(both.labels, [0, 1, 1, 0, 1, 0, 1])
    assert (both.name, both.split) == ("x", "train+test")


@pytest.mark.parametrize(
    "other",
    [
        image_set(_images(3, channels=3), np.array([1, 0, 1]), name="y"),
        image_set(_images(3), np.array([2, 0, 1]), name="y"),
    ],
)
def test_sets_of_other_images_or_classes_are_not_joined(other):
    with pytest.raises(DataError, match="cannot be joined"):
        join(image_set(_images(4), np.array([0, 1, 1, 0]), name="x"), other)


# ---------------------------------------------------------------------- held out


def test_every_third_image_of_a_class_is_held_out_and_no_other():
    labels = np.array([0, 1, 0, 0, 1, 0, 1, 1, 0, 0])
    images = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 2, 2, 1), np.uint8
    )
    whole = data.image_set(images, labels, ("cat", "dog", "emu"), name="pets")
    left, out = data.hold_out(whole, 3)
    # Of class 0 (at 0, 2, 3, 5, 8, 9) the third and the sixth, of 1 (1, 4, 6, 7) one.
    assert out.images[:, 0, 0, 0].tolist() == [3, 6, 9]
    assert left.images[:, 0, 0, 0].tolist() == [0, 1, 2, 4, 5, 7, 8]
    assert out.labels.tolist() == [0, 1, 0] and left.class_names == whole.class_names
    assert (left.split, out.split) == ("train, 2 in 3", "train, 1 in 3")
    assert left.fingerprint != whole.fingerprint


def test_too_few_images_to_hold_some_out_are_refused():
    whole = data.image_set(np.zeros((18, 2, 2, 1), np.uint8), [0, 1] * 9, name="pets")
    with pytest.raises(data.DataError, match="pets has no test images, and no class"):
        data.hold_out(whole)


def test_which_sets_have_test_images(tmp_path):
    images = np.zeros((3, 2, 2, 1), np.uint8)
    np.savez(tmp_path / "one.npz", images=images)
    np.savez(tmp_path / "two.npz", images=images, test_images=images)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    for folder in ("plain/cat", "split/train/cat", "split/test/cat"):
        (tmp_path / folder).mkdir(parents=True)
    without = {"one.npz", "plain"}
    for name in ("one.npz", "two.npz", "broken.npz", "absent.npz", "plain", "split"):
        assert data.has_test(str(tmp_path / name)) is (name not in without)
    assert data.has_test("mnist") and data.has_test("digits") and data.has_test("")
