"""Sets made of sets."""

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, image_set, join


def _images(count=6, channels=1):
    values = np.arange(count * 20 * channels) % 256
    return values.reshape(count, 4, 5, channels).astype(np.uint8)


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
    images = np.tile(np.arange(100, 110, dtype=np.uint8)[:, None, None], (1, 2, 2))
    whole = data.image_set(images, labels, ("cat", "dog", "emu"), name="pets")
    left, out = data.hold_out(whole, 3)
    # Of class 0 (at 0, 2, 3, 5, 8, 9) the third and the sixth, of 1 (1, 4, 6, 7) one.
    assert (out.images[:, 0, 0, 0] - 100).tolist() == [3, 6, 9]
    assert (left.images[:, 0, 0, 0] - 100).tolist() == [0, 1, 2, 4, 5, 7, 8]
    assert out.labels.tolist() == [0, 1, 0]
    assert left.class_names == whole.class_names
    assert (left.split, out.split) == ("train, 2 in 3", "train, 1 in 3")
    assert left.fingerprint != whole.fingerprint


def test_too_few_images_to_hold_some_out_are_refused():
    whole = data.image_set(np.zeros((18, 2, 2, 1), np.uint8), [0, 1] * 9, name="pets")
    with pytest.raises(data.DataError, match="pets has no test images, and no class"):
        data.hold_out(whole)


# -------------------------------------------------------------------- some of many


def numbered(labels, **others) -> data.ImageSet:
    """A set whose image i has the value i."""
    labels = np.asarray(labels)
    images = np.tile(np.arange(len(labels), dtype=np.uint8)[:, None, None], (1, 2, 2))
    return data.ImageSet(images[..., None], labels, ("a", "b", "c"), "x", "y", **others)


def rows(images: data.ImageSet) -> list[int]:
    return images.images[:, 0, 0, 0].tolist()


def test_of_a_shuffled_set_the_first_images_are_taken():
    labels = np.random.default_rng(0).integers(0, 3, 90)
    part = data.some(numbered(labels), 7)
    assert rows(part) == list(range(7))
    assert part.name == "x, first 7"
    np.testing.assert_array_equal(part.labels, labels[:7])
    whole = numbered(labels)
    assert data.some(whole, 90) is whole


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(90) // 30,  # class by class
        np.concatenate([np.arange(45) // 15] * 2),  # two such parts
        2 - np.arange(90) // 30,
    ],
)
def test_of_a_set_in_order_as_many_of_every_class_are_drawn(labels):
    part = data.some(numbered(labels), 30)
    assert np.bincount(part.labels).tolist() == [10, 10, 10]
    assert rows(part) == sorted(set(rows(part)))  # in the set's order, none twice
    np.testing.assert_array_equal(part.labels, np.asarray(labels)[rows(part)])
    assert part.name == "x, 30 of all classes"
    assert rows(data.some(numbered(labels), 30)) == rows(part)
    assert rows(data.some(numbered(labels), 30, seed=1)) != rows(part)


def test_a_small_class_is_taken_whole_and_the_others_make_up_for_it():
    labels = [0] * 40 + [1] * 3 + [2] * 40
    assert np.bincount(data.some(numbered(labels), 23).labels).tolist() == [10, 3, 10]
    assert np.bincount(data.some(numbered(labels), 2).labels).sum() == 2
    assert np.bincount(data.some(numbered(labels), 83).labels).tolist() == [40, 3, 40]


def test_file_names_are_an_order_too():
    part = data.some(numbered([0] * 90, ordered=True), 10)
    assert rows(part) != list(range(10))
    assert rows(part) == sorted(rows(part))
    assert rows(data.some(numbered([0] * 90), 10)) == list(range(10))


@pytest.mark.parametrize("count", [0, -1, 91])
def test_more_than_there_are_is_refused(count):
    with pytest.raises(
        DataError, match=f"count={count} must be 1 to 90: x has no more"
    ):
        data.some(numbered([0] * 90), count)


def test_what_was_said_of_a_set_is_said_of_its_parts():
    whole = numbered(np.arange(90) // 30, note="90 files used.", ordered=True)
    parts = [data.some(whole, 9), *data.hold_out(whole)]
    assert all(part.note == whole.note and part.ordered for part in parts)
    assert join(*parts[1:]).note == "90 files used. 90 files used."
