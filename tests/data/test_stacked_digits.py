import keras
import numpy as np
import pytest
from scipy import stats

from ganzoo import data
from ganzoo.data import DataError, StackedDigits


@pytest.fixture(scope="module")
def numbered():
    """200 images, each filled with its own number; its class is the last figure."""
    images = np.tile(np.arange(200, dtype=np.uint8)[:, None, None, None], (1, 4, 3, 1))
    names = tuple("0123456789")
    return data.image_set(images, np.arange(200) % 10, names, name="numbered")


def test_the_label_says_the_digits_of_the_three_channels_in_order(numbered):
    images, labels = StackedDigits(numbered).sample(500)
    assert images.shape == (500, 4, 3, 3)
    # Each channel is one digit's image, whole.
    np.testing.assert_array_equal(
        images, np.broadcast_to(images[:, :1, :1], images.shape)
    )
    digits = images[:, 0, 0, :].astype(int) % 10
    np.testing.assert_array_equal(labels, digits @ [100, 10, 1])


def test_every_image_is_as_likely_in_every_channel_independently(numbered):
    images, labels = StackedDigits(numbered).sample(40_000, seed=1)
    for channel in range(3):
        counts = np.bincount(images[:, 0, 0, channel], minlength=200)
        assert stats.chisquare(counts).pvalue > 0.001
    # 1,000 labels at 40 each: all of them, and no channel leans on another.
    assert stats.chisquare(np.bincount(labels, minlength=1000)).pvalue > 0.001
    assert len(np.unique(labels)) == 1000


def test_class_shares_are_the_products_of_those_of_the_digits(numbered):
    uneven = data.image_set(
        numbered.images[:150],
        np.repeat(np.arange(10), np.arange(1, 11) * 3)[:150],
        tuple("0123456789"),
        name="uneven",
    )
    source = StackedDigits(uneven)
    digit = np.bincount(uneven.labels, minlength=10) / 150
    assert source.class_fractions.sum() == pytest.approx(1)
    for label in (0, 7, 123, 450, 999):
        a, b, c = label // 100, label // 10 % 10, label % 10
        share = digit[a] * digit[b] * digit[c]
        assert source.class_fractions[label] == pytest.approx(share)


def test_training_batches_are_the_images_scaled(numbered):
    source = StackedDigits(numbered)
    batches = data.training_batches(source, 64, seed=0, with_labels=True)
    for images, labels in batches.take(3):
        pixels = data.to_uint8(images)
        np.testing.assert_array_equal(data.to_float(pixels), images)
        digits = pixels[:, 0, 0, :].astype(int) % 10
        np.testing.assert_array_equal(labels, digits @ [100, 10, 1])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="has no graph")
def test_the_digits_stay_out_of_the_graph():
    images = np.zeros((2000, 16, 16), np.uint8)
    digits = data.image_set(images, np.arange(2000) % 10, name="x")
    batches = data.training_batches(StackedDigits(digits), 8, seed=0)
    while not batches._functions():
        batches = batches._input_dataset
    (draw,) = batches._functions()
    graph = draw.function.graph.as_graph_def().SerializeToString()
    assert len(graph) < 20_000 < images.nbytes


def test_the_fingerprint_follows_that_of_the_digits(numbered):
    other = data.image_set(255 - numbered.images, numbered.labels, name="numbered")
    one, same, two = map(StackedDigits, (numbered, numbered, other))
    assert one.fingerprint == same.fingerprint != two.fingerprint
    assert one.fingerprint != numbered.fingerprint
    assert one.name == "stacked numbered train"


@pytest.mark.parametrize(("channels", "classes"), [(3, 10), (1, 9), (1, 11)])
def test_other_than_ten_gray_digits_are_refused(channels, classes):
    images = np.zeros((22, 4, 4, channels), np.uint8)
    names = tuple(map(str, range(classes)))
    wrong = data.image_set(images, np.zeros(22, int), names, name="wrong")
    message = f"wrong has {channels} channels and {classes} classes"
    with pytest.raises(DataError, match=message):
        StackedDigits(wrong)
