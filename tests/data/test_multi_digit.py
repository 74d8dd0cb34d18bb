import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ganzoo import boxes, data
from ganzoo.data import SEEN_ORDERS, DataError, MultiDigits, Placement

SMALL = Placement(size=16, smallest=4)


@pytest.fixture(scope="module")
def numbered():
    """200 images of 4x4, each filled with its own number; its class is the last figure.

    From 20 on, so that a digit is no background; unevenly many of each class.
    """
    values = np.arange(20, 220)
    values = values[(values % 10 != 3) | (values < 60)]
    images = np.tile(values.astype(np.uint8)[:, None, None], (1, 4, 4))
    names = tuple("0123456789")
    return data.image_set(images, values % 10, names, name="numbered")


def contents(images, own):
    """The one value of each box, int [n, objects]."""
    taken = boxes.crop(tf.constant(images, tf.float32), own, 4).numpy()
    values = np.rint(taken[:, :, 0, 0, 0]).astype(int)
    np.testing.assert_allclose(taken - values[:, :, None, None, None], 0, atol=1e-3)
    return values


def several(numbered, **settings):
    return MultiDigits(numbered, **{"placement": SMALL} | settings)


# -------------------------------------------------------------------------- the source


def test_the_defaults_are_the_sources_set(numbered):
    source = MultiDigits(numbered)
    images, (labels, own) = source.sample(6)
    assert (images.shape, images.dtype) == ((6, 128, 128, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((6, 4), np.int32)
    assert (own.shape, own.dtype) == ((6, 4, 4), np.float32)
    np.testing.assert_array_equal(own, [boxes.grid(4)] * 6)
    behind = images[:, :16]
    assert set(np.unique(behind)) == {0, 128}
    assert source.name == "4 digits an image of numbered train"
    assert SEEN_ORDERS == ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 0, 1))


def test_labels_are_those_of_the_digits_in_the_boxes(numbered):
    for settings in (
        {},
        {"held_out": True},
        {"orders": None, "background": "patterns"},
        {"orders": None, "placement": Placement("anywhere", 3, 30, 4, 9)},
    ):
        images, (labels, own) = several(numbered, **settings).sample(50)
        np.testing.assert_array_equal(contents(images, own) % 10, labels)


def test_only_the_seen_orders_are_drawn_each_as_often(numbered):
    _, (labels, _) = several(numbered).sample(3000)
    orders, counts = np.unique(labels, axis=0, return_counts=True)
    np.testing.assert_array_equal(orders, SEEN_ORDERS)
    assert stats.chisquare(counts).pvalue > 0.001


def test_held_out_are_all_the_other_orders_each_as_often(numbered):
    seen = ((0, 0), (3, 7), (9, 9), (3, 8))
    two = Placement(objects=2, size=16, smallest=4)
    source = several(numbered, orders=seen, held_out=True, placement=two)
    _, (labels, _) = source.sample(9600)
    numbers, counts = np.unique(labels @ [10, 1], return_counts=True)
    np.testing.assert_array_equal(numbers, sorted(set(range(100)) - {0, 37, 99, 38}))
    assert stats.chisquare(counts).pvalue > 0.001


def test_without_orders_all_labels_are_drawn_as_often(numbered):
    _, (labels, _) = several(numbered, orders=None).sample(3000)
    for place in range(4):
        assert stats.chisquare(np.bincount(labels[:, place])).pvalue > 0.001
    table = np.histogram2d(labels[:, 0], labels[:, 3], bins=10)[0]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_every_image_of_a_class_is_drawn_as_often(numbered):
    images, (labels, own) = several(numbered).sample(5000)
    values = contents(images, own)
    for label, count in ((3, 4), (5, 20)):
        counts = np.unique(values[labels == label], return_counts=True)[1]
        assert len(counts) == count
        assert stats.chisquare(counts).pvalue > 0.001


# ------------------------------------------------------------------------- the options


def test_an_image_of_fewer_digits_repeats_them_the_true_order_last(numbered):
    five = Placement("anywhere", 5, 40, 4, 8)
    source = several(numbered, orders=None, placement=five, fewest=1)
    images, (labels, own) = source.sample(1000)
    numbers = np.array([len(np.unique(rows, axis=0)) for rows in own])
    assert stats.chisquare(np.bincount(numbers, minlength=6)[1:]).pvalue > 0.001
    np.testing.assert_array_equal(contents(images, own) % 10, labels)
    for number, rows, named in zip(numbers, own, labels, strict=True):
        order = np.arange(-5, 0) % number
        first = rows[-number:], named[-number:]
        np.testing.assert_array_equal(rows, first[0][order])
        np.testing.assert_array_equal(named, first[1][order])


def test_fewer_digits_in_cells_fill_them_in_reading_order(numbered):
    five = Placement(objects=5, size=24, smallest=4)
    source = several(numbered, orders=None, placement=five, fewest=1)
    _, (_, own) = source.sample(40)
    cells = source.placement.draw(1, tf.constant([0, 0], tf.int64))[0].numpy()
    for rows in own:
        number = len(np.unique(rows, axis=0))
        np.testing.assert_array_equal(rows[-number:], cells[:number])


def test_digits_are_laid_as_generated_ones_are(numbered):
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    digits = data.image_set(images, np.arange(30) % 10, name="noise")
    place = Placement("anywhere", 2, 32, 9, 20, overlap=True)
    source = MultiDigits(digits, None, placement=place, background="plain")
    laid, (labels, own) = source.sample(5)
    # One of three images of each class: the one that explains its box.
    for n in range(5):
        candidates = [images[labels[n, 0] + 10 * i] for i in range(3)]
        others = [images[labels[n, 1] + 10 * i] for i in range(3)]
        errors = []
        for a in candidates:
            for b in others:
                pair = np.stack([a, b])[None, ..., None].astype(np.float32)
                image = boxes.paste(pair, own[n : n + 1], np.zeros((1, 32, 32, 1), "f"))
                errors.append(np.abs(np.rint(image[0]) - laid[n]).max())
        assert min(errors) <= 1


def test_a_transparent_digit_leaves_what_is_brighter(numbered):
    settings = {"background": "patterns", "orders": None}
    opaque, (_, own) = several(numbered, **settings).sample(20)
    clear, _ = several(numbered, transparent=True, **settings).sample(20)
    assert (clear >= opaque).all()
    assert (clear > opaque).any()
    outside = boxes.paste(np.zeros((20, 4, 1, 1, 1), np.float32), own, opaque * 1.0)
    same = boxes.paste(np.zeros((20, 4, 1, 1, 1), np.float32), own, clear * 1.0)
    np.testing.assert_array_equal(outside, same)


def test_a_finite_set_holds_as_many_images_and_no_others(numbered):
    source = several(numbered, orders=None, distinct=7)
    images, (labels, own) = source.finite()
    assert len(images) == len(labels) == len(own) == 7
    known = {
        image.tobytes(): tuple(label)
        for image, label in zip(images, labels, strict=True)
    }
    assert len(known) == 7
    batches = data.training_batches(source, 64, seed=3, with_labels=True)
    seen, (named, _) = next(iter(batches))
    drawn = {
        image.tobytes(): tuple(label)
        for image, label in zip(data.to_uint8(seen), named.numpy(), strict=True)
    }
    assert drawn == known
    other = dataclasses.replace(source, set_seed=1).finite()[0]
    assert not np.array_equal(other, images)


# ------------------------------------------------------------------------- the streams


def test_batches_are_a_function_of_seed_and_step(numbered):
    source = several(numbered, placement=Placement("cells", 4, 16, 2, 4))

    def taken(seed=1, start=0):
        batches = data.training_batches(
            source, 6, seed=seed, start_step=start, with_labels=True
        )
        return [tf.nest.map_structure(np.asarray, b) for b in batches.take(3)]

    def equal(one, other):
        pairs = zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)

    whole = taken()
    assert equal(whole[1:], taken(start=1)[:2])
    assert not equal(whole, taken(seed=2))
    assert not equal(whole[0], whole[1])


def test_shapes_are_static_and_images_are_scaled(numbered):
    batches = data.training_batches(several(numbered), 6, seed=0, with_labels=True)
    assert batches.element_spec == (
        tf.TensorSpec((6, 16, 16, 1), tf.float32),
        (tf.TensorSpec((6, 4), tf.int32), tf.TensorSpec((6, 4, 4), tf.float32)),
    )
    images, (labels, own) = next(iter(batches))
    np.testing.assert_array_equal(contents(data.to_uint8(images), own) % 10, labels)


def test_many_images_are_made_in_parts_and_are_the_same(numbered, monkeypatch):
    whole = several(numbered).sample(20)[0]
    monkeypatch.setattr("ganzoo.data.multi_digit._CHUNK", 7)
    np.testing.assert_array_equal(several(numbered).sample(20)[0], whole)


def test_the_fingerprint_follows_every_setting(numbered):
    source = several(numbered)
    changed = [
        {"orders": SEEN_ORDERS[:2]},
        {"held_out": True},
        {"placement": Placement(size=16, smallest=5)},
        {"background": "plain"},
        {"transparent": True},
        {"distinct": 5},
        {"set_seed": 1},
    ]
    prints = [dataclasses.replace(source, **c).fingerprint for c in [{}, *changed]]
    assert len(set(prints)) == len(prints)
    assert prints[0] == source.fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"orders": ((0, 1, 2),)}, "must have 4 labels each, one per digit"),
        ({"orders": ((0, 1, 2, 10),)}, "no digit with label 10"),
        ({"orders": ()}, r"orders=\(\) is empty"),
        ({"orders": None, "held_out": True}, "orders=None is empty"),
        ({"fewest": 2}, "with orders=None any number"),
        ({"fewest": 5, "orders": None}, "fewest must be 1 to 4"),
        ({"background": "red"}, "background='red' must be one of cells, plain"),
        ({"distinct": 0}, "distinct must be 1 to"),
    ],
)
def test_settings_out_of_range_are_refused(numbered, settings, message):
    with pytest.raises(DataError, match=message):
        several(numbered, **settings)


def test_digits_with_colors_or_of_missing_classes_are_refused(numbered):
    colors = data.image_set(np.zeros((3, 4, 4, 3), np.uint8), name="red")
    with pytest.raises(DataError, match="red has 3 channels"):
        MultiDigits(colors)
    few = data.image_set(
        np.zeros((3, 4, 4), np.uint8), np.arange(3), tuple("abcd"), name="few"
    )
    with pytest.raises(DataError, match="no digit with label 3 in few"):
        several(few, orders=None)
    assert several(few, orders=((0, 1, 2, 2),)).shape == (16, 16, 1)
    with pytest.raises(DataError, match="an endless set"):
        several(numbered).finite()
