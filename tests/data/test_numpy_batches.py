"""Batches of arrays are the batches of TensorFlow's datasets."""

import contextlib
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data
from ganzoo.data import augmentation, numpy_batches, pipeline, tensorflow_batches


@pytest.fixture(scope="module")
def digits():
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 5), dtype=np.uint8)
    names = tuple("0123456789")
    return data.image_set(images, np.arange(50) % 10, names, name="tiny")


@pytest.fixture(scope="module")
def scenes(digits):
    place = data.Placement("anywhere", 3, 16, 4, 7)
    return data.MultiDigits(
        digits, None, placement=place, fewest=1, background="patterns", transparent=True
    )


@contextlib.contextmanager
def made_by(module):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "form", lambda: module)
        for room in ("domains", "augmentation"):
            patch.setattr(f"ganzoo.data.{room}.form", lambda: module)
        yield


def both(make, count):
    """Returns the first batches by TensorFlow, and by NumPy."""
    with made_by(tensorflow_batches):
        tensors = list(make().take(count).as_numpy_iterator())
    with made_by(numpy_batches):
        arrays = list(make().take(count))
    return tensors, arrays


def assert_equal(tensors, arrays, atol=0.0):
    assert len(tensors) == len(arrays)
    for one, other in zip(map(keras.tree.flatten, tensors), arrays, strict=True):
        for tensor, array in zip(one, keras.tree.flatten(other), strict=True):
            assert not tf.is_tensor(array)
            assert isinstance(array, np.ndarray)
            assert array.dtype == tensor.dtype
            np.testing.assert_allclose(array, tensor, rtol=0, atol=atol)


@pytest.mark.parametrize("start", [0, 4, 10**12 + 3])
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("mirror", [False, True])
def test_shuffled_batches_are_equal_bit_for_bit(digits, start, k, mirror):
    for with_labels, seed in itertools.product((False, True), (0, -(2**63))):
        assert_equal(
            *both(
                lambda with_labels=with_labels, seed=seed: data.training_batches(
                    digits,
                    8,
                    seed=seed,
                    start_step=start,
                    discriminator_steps=k,
                    with_labels=with_labels,
                    mirror=mirror,
                    pixel_offset=128,
                ),
                14,  # more than two epochs
            )
        )


def test_evaluation_batches_are_equal_with_the_partial_one(digits):
    tensors, arrays = both(
        lambda: data.evaluation_batches(digits, 12, with_labels=True), 9
    )
    assert_equal(tensors, arrays)
    assert [len(labels) for _, labels in arrays] == [12, 12, 12, 12, 2]


def test_unpaired_batches_are_equal(digits):
    other = data.some(digits, 40)
    assert_equal(
        *both(
            lambda: data.unpaired_batches(
                digits, other, 4, seed=3, start_step=7, batches=(2, 1)
            ),
            12,
        )
    )


def test_stacked_digits_are_equal(digits):
    stacked = data.StackedDigits(digits)
    assert_equal(
        *both(lambda: data.training_batches(stacked, 6, seed=5, with_labels=True), 3)
    )


def test_points_are_equal_up_to_rounding():
    tensors, arrays = both(
        lambda: data.training_batches(data.ring(), 50, seed=5, with_labels=True), 3
    )
    assert_equal(tensors, arrays, atol=1e-6)
    np.testing.assert_array_equal(tensors[0][1], arrays[0][1])


def test_scenes_are_equal_up_to_a_gray_value(scenes):
    tensors, arrays = both(
        lambda: data.training_batches(
            scenes, 6, seed=5, start_step=2, with_labels=True
        ),
        3,
    )
    assert_equal(tensors, arrays, atol=1.01 / 127.5)
    assert_equal([t[1] for t in tensors], [a[1] for a in arrays])  # labels, boxes


@pytest.mark.parametrize("orders", [((0, 1), (2, 3)), None])
def test_label_orders_are_equal(digits, orders):
    place = data.Placement("grid", 2, 16, 6)
    seen = data.MultiDigits(digits, orders, placement=place, distinct=9)
    held_out = data.MultiDigits(digits, ((0, 1),), held_out=True, placement=place)
    for source in (seen, held_out):
        assert_equal(
            *both(
                lambda source=source: data.training_batches(
                    source, 8, seed=1, with_labels=True
                ),
                3,
            ),
            atol=1.01 / 127.5,
        )


def test_augmented_batches_are_equal(digits):
    def augment(step, images, labels):
        offsets = augmentation.shift_offsets(4, step, 8, 2)
        images = augmentation.shift(images, offsets, 2, reflect=True)
        draws = augmentation.distortion_draws(4, step, 8)
        images = augmentation.distort(images, draws, rotation=20.0, zoom=0.2)
        return augmentation.invert(images, 4, step), labels

    tensors, arrays = both(
        lambda: augmentation.augmented_batches(digits, 8, augment, seed=2), 8
    )
    assert_equal(tensors, arrays, atol=1e-5)


def test_batches_begin_anew_and_are_known_by_their_number(digits):
    with made_by(numpy_batches):
        batches = data.training_batches(digits, 8, seed=1)
    first = list(batches.take(7))
    assert_equal(first, list(batches.take(7)))
    for number in (6, 0, 3):
        np.testing.assert_array_equal(batches[number], first[number])
    assert batches.num_batches is None
    with made_by(numpy_batches):
        assert data.evaluation_batches(digits, 20).take(9).num_batches == 3


def test_an_error_of_the_thread_is_raised_with_its_batch():
    def make(number):
        if number == 2:
            raise OSError("gone")
        return number

    batches = numpy_batches.Batches(make)
    assert (batches[0], batches[1]) == (0, 1)
    with pytest.raises(OSError, match="gone"):
        batches[2]
    assert batches[3] == 3


def test_a_mapped_file_gives_the_same_batches(digits, tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, digits.images)
    mapped = data.image_set(np.load(path, mmap_mode="r"), digits.labels, name="mapped")
    assert data.is_mapped(mapped.images)
    with made_by(numpy_batches):
        one, other = (
            list(data.training_batches(images, 8, seed=1, mirror=True).take(7))
            for images in (digits, mapped)
        )
    assert_equal(one, other)


def test_kerass_own_loop_takes_them(digits):
    with made_by(numpy_batches):
        batches = data.training_batches(digits, 8, seed=1, with_labels=True)
        whole = data.evaluation_batches(digits, 20)
    model = keras.Sequential([keras.Input((6, 5, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(10))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(batches, steps_per_epoch=2, epochs=2, verbose=0)
    assert model.predict(whole, verbose=0).shape == (50, 10)
