import dataclasses
import hashlib

import numpy as np
import pytest

from ganzoo.data import DataError, ImageSet, image_set


def _images(count=6, height=4, width=5, channels=1):
    values = np.arange(count * height * width * channels) % 256
    return values.reshape(count, height, width, channels).astype(np.uint8)


def test_gray_images_without_channel_get_one():
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


def test_images_without_values_of_their_own_are_refused_by_name():
    with pytest.raises(
        DataError, match=r"^mine \(test\): images are float64, from 0 to"
    ):
        image_set(_images() / 255, name="mine", split="test")
    with pytest.raises(DataError, match=r"^mine \(test\): images are int64, but must"):
        ImageSet(_images().astype(int), np.zeros(6, int), ("a",), "mine", "test")
    with pytest.raises(
        DataError, match=r"^mine \(train\): labels have the shape \(2,\)"
    ):
        image_set(_images(), np.array([0, 1]), name="mine")


def test_a_label_beyond_the_class_names_is_refused_naming_the_accepted_ones():
    with pytest.raises(DataError, match=r"label 2 of image 5.*2 classes.*0 to 1"):
        ImageSet(_images(), np.array([0, 0, 1, 1, 0, 2]), ("a", "b"), "x", "train")


def test_bool_images_are_black_and_white():
    found = image_set(_images() > 30, name="x")
    assert np.unique(found.images).tolist() == [0, 255]
    np.testing.assert_array_equal(found.images == 255, _images() > 30)
