import colorsys
import itertools

import keras
import numpy as np
import pytest
from keras import tree

from ganzoo import data
from ganzoo.data import domains


def gray_set(count=41, size=6, split="train"):
    """Images that differ from one another, and from their turned selves."""
    images = np.random.default_rng(0).integers(0, 256, (count, size, size, 1))
    labels = np.arange(count) % 3
    return data.image_set(images.astype("uint8"), labels, name="noise", split=split)


def found(images, image_set):
    """Index of each image in the set; they are all different."""
    places = {image.tobytes(): n for n, image in enumerate(image_set.images)}
    return [places[image.tobytes()] for image in images]


def test_the_halves_are_disjoint_and_of_one_size():
    whole = gray_set()
    a, b = data.unpaired_domains(whole, seed=3)
    assert len(a) == len(b) == 20
    sources_a = found(domains.restored(a.images, 0), whole)
    sources_b = found(domains.restored(b.images), whole)
    assert len(set(sources_a)) == len(set(sources_b)) == 20
    assert not set(sources_a) & set(sources_b)
    np.testing.assert_array_equal(a.labels, whole.labels[sources_a])
    np.testing.assert_array_equal(b.labels, whole.labels[sources_b])


def test_a_seed_repeats_halves_and_hues_and_another_changes_them():
    first, same, other = (
        data.unpaired_domains(gray_set(), seed=seed) for seed in (3, 3, 4)
    )
    for one, again, different in zip(first, same, other, strict=True):
        assert one.fingerprint == again.fingerprint != different.fingerprint
    pairs = [data.held_out_pairs(gray_set(), seed=seed) for seed in (3, 4)]
    assert not np.isclose(pairs[0].hues, pairs[1].hues).any()


def test_hue_i_is_a_function_of_seed_and_i():
    few, many = (data.held_out_pairs(gray_set(n), seed=5) for n in (10, 30))
    np.testing.assert_array_equal(few.hues, many.hues[:10])


def test_hues_are_uniform_whatever_the_class():
    pairs = data.held_out_pairs(gray_set(9000, size=2), seed=0)
    for label in range(3):
        hues = pairs.hues[pairs.a.labels == label]
        assert hues.min() >= 0
        assert hues.max() < 360
        counts, _ = np.histogram(hues, bins=6, range=(0, 360))
        np.testing.assert_allclose(counts, 500, rtol=0.15)


def test_colors_are_those_of_hsv():
    hues = np.linspace(0, 359, 50)
    expected = [colorsys.hsv_to_rgb(hue / 360, 1, 1) for hue in hues]
    np.testing.assert_allclose(domains.color(hues), expected, atol=1e-12)


def test_pairs_are_the_same_image_turned_to_the_left_and_colored():
    whole = gray_set(split="test")
    pairs = data.held_out_pairs(whole, seed=1)
    assert len(pairs) == len(whole)
    np.testing.assert_array_equal(pairs.a.images, np.repeat(whole.images, 3, axis=-1))
    np.testing.assert_array_equal(pairs.a.labels, pairs.b.labels)
    gray = whole.images[7, :, :, 0].astype(float)
    for row, column, channel in itertools.product(range(6), range(6), range(3)):
        value = gray[column, 5 - row] * domains.color(pairs.hues)[7, channel]
        assert pairs.b.images[7, row, column, channel] == np.rint(value)


def test_restoring_undoes_coloring_exactly():
    whole = gray_set()
    pairs = data.held_out_pairs(whole, seed=1)
    np.testing.assert_array_equal(domains.restored(pairs.b.images), whole.images)
    np.testing.assert_array_equal(domains.restored(pairs.a.images, 0), whole.images)


# ------------------------------------------------------------------------------ batches


def taken(batches, count):
    return [tree.map_structure(np.asarray, pair) for pair in batches.take(count)]


def test_batches_resume_where_they_were():
    a, b = data.unpaired_domains(gray_set(), seed=0)
    whole = taken(data.unpaired_batches(a, b, 6, seed=2), 8)
    resumed = taken(data.unpaired_batches(a, b, 6, seed=2, start_step=5), 3)
    for expected, value in zip(whole[5:], resumed, strict=True):
        for domain in (0, 1):
            np.testing.assert_array_equal(value[domain], expected[domain])
    assert whole[0][0].shape == whole[0][1].shape == (6, 6, 6, 3)
    assert whole[0][0].dtype == np.float32
    endless = data.unpaired_batches(a, b, 6, seed=2)
    assert (
        endless.num_batches is None
        if isinstance(endless, keras.utils.PyDataset)
        else endless.cardinality() < 0
    )


def test_an_epoch_shows_every_image_of_either_domain_once():
    a, b = data.unpaired_domains(gray_set(), seed=0)
    batches = taken(data.unpaired_batches(a, b, 5, seed=2), 4)
    for domain, image_set in enumerate((a, b)):
        images = np.concatenate([batch[domain] for batch in batches])
        assert sorted(found(data.to_uint8(images), image_set)) == list(range(20))


def test_a_step_may_take_several_batches_of_either_domain():
    a, b = data.unpaired_domains(gray_set(), seed=0)
    uneven = data.unpaired_batches(a, b, 4, seed=2, batches=(3, 1))
    first, second = taken(uneven, 1)[0]
    assert first.shape[0] == 12
    assert second.shape[0] == 4
    plain = taken(data.unpaired_batches(a, b, 4, seed=2), 3)
    np.testing.assert_array_equal(first, np.concatenate([x for x, _ in plain]))
    np.testing.assert_array_equal(second, plain[0][1])
    resumed = data.unpaired_batches(a, b, 4, seed=2, batches=(3, 1), start_step=1)
    for one, other in zip(taken(uneven, 2)[1], taken(resumed, 1)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_domains_are_not_shuffled_in_step():
    a, b = data.unpaired_domains(gray_set(), seed=0)
    orders = [
        found(data.to_uint8(np.concatenate(images)), image_set)
        for images, image_set in zip(
            zip(*taken(data.unpaired_batches(a, b, 5, seed=2), 4), strict=True),
            (a, b),
            strict=True,
        )
    ]
    assert orders[0] != orders[1]
    again = taken(data.unpaired_batches(a, b, 5, seed=3), 1)
    assert found(data.to_uint8(again[0][0]), a) != orders[0][:5]


@pytest.mark.parametrize("seed", [-1, 0, 2**63 - 1])
def test_any_integer_of_64_bits_is_a_seed_of_batches(seed):
    a, b = data.unpaired_domains(gray_set(), seed=0)
    assert len(taken(data.unpaired_batches(a, b, 5, seed=seed), 1)) == 1


# ------------------------------------------------------------------------------- errors


def test_images_that_are_not_gray_and_square_are_refused():
    flat = data.image_set(np.zeros((4, 6, 5), np.uint8), name="flat")
    color = data.image_set(np.zeros((4, 6, 6, 3), np.uint8), name="color")
    for wrong in (flat, color):
        with pytest.raises(data.DataError, match="gray, square"):
            data.unpaired_domains(wrong, seed=0)
        with pytest.raises(data.DataError, match="gray, square"):
            data.held_out_pairs(wrong, seed=0)


def test_too_few_images_and_negative_seeds_are_refused():
    with pytest.raises(data.DataError, match="1 image; two domains need at least 2"):
        data.unpaired_domains(gray_set(1), seed=0)
    with pytest.raises(data.DataError, match="seed=-1 must be at least 0"):
        data.held_out_pairs(gray_set(), seed=-1)
