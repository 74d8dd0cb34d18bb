import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ganzoo import data
from ganzoo.data import DataError, tensorflow_batches

BYTES = np.arange(256, dtype=np.uint8)


@pytest.fixture(scope="module")
def numbered():
    """40 images, each filled with its own number, which is its label too."""
    images = np.tile(np.arange(40, dtype=np.uint8)[:, None, None, None], (1, 4, 3, 1))
    return data.image_set(images, np.arange(40), name="numbered")


def _take(batches, count):
    return [batch.numpy() for batch in batches.take(count)]


def _numbers(batches, count):
    """The numbers of the images in the first batches, [count, rows]."""
    return np.stack([data.to_uint8(b)[:, 0, 0, 0] for b in _take(batches, count)])


def test_to_float_is_x_over_127_5_minus_1():
    exact = BYTES.astype(np.float64) / 127.5 - 1
    floats = data.to_float(BYTES)
    assert floats.dtype == np.float32
    np.testing.assert_allclose(floats, exact, rtol=0, atol=1e-7)


def test_to_float_is_symmetric_and_reaches_both_ends():
    floats = data.to_float(BYTES)
    assert (floats[0], floats[255]) == (-1, 1)
    np.testing.assert_array_equal(floats, -floats[::-1])


def test_to_float_gives_the_same_bits_in_numpy_eager_and_graph():
    expected = data.to_float(BYTES)
    for function in (data.to_float, tf.function(data.to_float)):
        result = function(tf.constant(BYTES))
        assert tf.is_tensor(result)
        np.testing.assert_array_equal(result.numpy(), expected)


def test_to_uint8_inverts_to_float():
    np.testing.assert_array_equal(data.to_uint8(data.to_float(BYTES)), BYTES)
    tensor = data.to_float(tf.constant(BYTES))
    np.testing.assert_array_equal(data.to_uint8(tensor), BYTES)


def test_to_uint8_rounds_to_the_nearest_and_clips():
    near = data.to_float(BYTES) + np.float32(0.49 / 127.5)
    np.testing.assert_array_equal(data.to_uint8(near), BYTES)
    outside = np.array([-7, -1.001, 1.001, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(data.to_uint8(outside), [0, 0, 255, 255, 0])


def test_with_the_offset_at_128_pixels_are_x_less_128_by_128():
    floats = data.to_float(BYTES, 128)
    np.testing.assert_array_equal(floats, (BYTES.astype(np.float64) - 128) / 128)
    np.testing.assert_array_equal(data.to_uint8(floats, 128), BYTES)
    assert data.to_uint8(np.float32([1]), 128) == 255


@pytest.mark.parametrize("make", [data.training_batches, data.evaluation_batches])
def test_batches_are_scaled_about_the_pixel_offset_given(make, numbered):
    seed = {"seed": 0} if make is data.training_batches else {}
    for pixel_offset in (data.PIXEL_OFFSET, 128.0):
        (images, labels), *_ = make(
            numbered, 8, with_labels=True, pixel_offset=pixel_offset, **seed
        ).take(1)
        expected = data.to_float(labels.numpy().astype(np.uint8), pixel_offset)
        np.testing.assert_array_equal(images[:, 0, 0, 0], expected)


def test_to_uint8_takes_bfloat16():
    images = tf.constant([-1, 0.5, 1], tf.bfloat16)
    np.testing.assert_array_equal(data.to_uint8(images), [0, 191, 255])


@pytest.mark.parametrize(
    ("function", "images", "message"),
    [
        (data.to_float, np.zeros(3, np.float32), "takes uint8 .*not float32"),
        (data.to_float, tf.zeros(3), "takes uint8"),
        (data.to_uint8, BYTES, "takes float images .*not uint8"),
        (data.to_uint8, np.array([0, np.nan], np.float32), "1 of 2 values are NaN"),
    ],
)
def test_scaling_the_wrong_type_is_refused(function, images, message):
    with pytest.raises(DataError, match=message):
        function(images)


@pytest.mark.parametrize(
    ("count", "batch", "k", "steps"),
    [(60000, 256, 1, 234), (60000, 256, 5, 46), (10, 10, 1, 1), (10, 5, 2, 1)],
)
def test_steps_per_epoch_drops_the_remainder(count, batch, k, steps):
    assert data.steps_per_epoch(count, batch, k) == steps


def test_fewer_images_than_a_step_takes_is_refused_with_the_largest_batch(numbered):
    message = r"only 40 images, fewer than the 42 .*at most 13"
    with pytest.raises(DataError, match=message):
        data.steps_per_epoch(40, 14, 3)
    with pytest.raises(DataError, match=message):
        data.training_batches(numbered, 14, seed=0, discriminator_steps=3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch_size": 0}, "batch_size must be 1 to"),
        ({"batch_size": 2.5}, r"batch_size must be a whole number, not 2\.5"),
        ({"batch_size": True}, "whole number"),
        ({"discriminator_steps": 0}, "discriminator_steps must be 1 to"),
        ({"start_step": -1}, "start_step must be 0 to"),
        ({"seed": 2**63}, "seed must be"),
        ({"seed": 0.5}, "seed must be a whole number"),
    ],
)
def test_wrong_numbers_are_refused_naming_the_accepted_ones(numbered, changed, message):
    arguments = {"batch_size": 8, "seed": 0} | changed
    with pytest.raises(DataError, match=message):
        data.training_batches(numbered, **arguments)


def test_batches_are_static_in_shape_and_endless(numbered):
    batches = data.training_batches(numbered, 8, seed=0)
    assert batches.element_spec == tf.TensorSpec((8, 4, 3, 1), tf.float32)
    assert batches.cardinality() == tf.data.INFINITE_CARDINALITY


def test_an_epoch_holds_every_image_once(numbered):
    epochs = _numbers(data.training_batches(numbered, 8, seed=3), 15).reshape(3, 40)
    np.testing.assert_array_equal(np.sort(epochs), np.tile(np.arange(40), (3, 1)))


def test_the_remainder_of_an_epoch_is_dropped_and_differs_by_epoch(numbered):
    epochs = _numbers(data.training_batches(numbered, 12, seed=3), 30).reshape(10, 36)
    for epoch in epochs:
        assert len(set(epoch)) == 36
    assert len({frozenset(epoch) for epoch in epochs}) == 10


def test_epochs_and_seeds_have_orders_of_their_own(numbered):
    orders = {
        tuple(epoch)
        for seed in (0, 1, -1, 2**32, 2**63 - 1)
        for epoch in _numbers(
            data.training_batches(numbered, 40, seed=seed), 3
        ).squeeze()
    }
    assert len(orders) == 15


def test_the_same_seed_gives_the_same_batches(numbered):
    first, second = (
        _numbers(data.training_batches(numbered, 8, seed=5), 12) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_order_of_a_seed_is_the_same_for_ever(numbered):
    # Written down once: another order would make no stored run resumable.
    order = _numbers(data.training_batches(numbered, 10, seed=0), 1)[0]
    np.testing.assert_array_equal(order, [7, 39, 16, 35, 32, 29, 6, 9, 37, 21])


def test_a_permutation_is_uniform():
    # Every element is equally often in every place: chi-squared over 6 x 6 counts.
    epochs = tf.data.Dataset.range(1200)
    drawn = epochs.map(lambda epoch: tensorflow_batches.permutation(6, 1, epoch))
    draws = np.stack(list(drawn.as_numpy_iterator()))
    counts = np.stack([np.bincount(draws[:, place], minlength=6) for place in range(6)])
    statistic = ((counts - 200) ** 2 / 200).sum()
    assert 0.001 < stats.chi2(25).sf(statistic) < 0.999


@pytest.mark.parametrize("start", [1, 4, 5, 7, 23])
@pytest.mark.parametrize("k", [1, 2])
def test_a_resumed_stream_is_the_uninterrupted_one(numbered, start, k):
    def stream(step):
        return data.training_batches(
            numbered, 4, seed=2, start_step=step, discriminator_steps=k
        )

    whole = _take(stream(0), start + 12)
    resumed = _take(stream(start), 12)
    for expected, batch in zip(whole[start:], resumed, strict=True):
        np.testing.assert_array_equal(batch, expected)


def test_resuming_far_on_needs_nothing_of_what_came_before(numbered):
    far = 10**12 + 3
    one = _numbers(data.training_batches(numbered, 8, seed=2, start_step=far), 3)
    two = _numbers(data.training_batches(numbered, 8, seed=2, start_step=far + 2), 1)
    np.testing.assert_array_equal(one[2], two[0])


def test_k_discriminator_steps_take_k_batches_in_one_element(numbered):
    wide = _numbers(
        data.training_batches(numbered, 4, seed=6, discriminator_steps=5), 4
    )
    narrow = _numbers(data.training_batches(numbered, 20, seed=6), 4)
    np.testing.assert_array_equal(wide, narrow)


def test_labels_stay_with_their_images(numbered):
    batches = data.training_batches(numbered, 8, seed=4, with_labels=True)
    assert batches.element_spec[1] == tf.TensorSpec((8,), tf.int32)
    for images, labels in batches.take(7):
        np.testing.assert_array_equal(data.to_uint8(images)[:, 0, 0, 0], labels)


def test_labels_change_nothing_about_the_images(numbered):
    plain = _take(data.training_batches(numbered, 8, seed=4), 6)
    labeled = data.training_batches(numbered, 8, seed=4, with_labels=True).take(6)
    for expected, (images, _) in zip(plain, labeled, strict=True):
        np.testing.assert_array_equal(images, expected)


def test_pixels_are_those_of_to_float_to_the_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 5, 5, 3), dtype=np.uint8)
    batches = data.training_batches(data.image_set(pixels, name="x"), 64, seed=0)
    (batch,) = _take(batches, 1)
    order = tensorflow_batches.permutation(64, 0, 0).numpy()
    np.testing.assert_array_equal(batch, data.to_float(pixels[order]))


@pytest.mark.parametrize("replicas", [1, 2, 4])
@pytest.mark.parametrize("k", [1, 2])
def test_replicas_get_contiguous_slices_of_the_global_batch(numbered, replicas, k):
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < replicas:
        pytest.skip(f"{replicas} logical devices are needed")
    strategy = tf.distribute.MirroredStrategy(
        [device.name for device in devices[:replicas]],
        cross_device_ops=tf.distribute.ReductionToOneDevice(),
    )
    arguments = {"seed": 1, "start_step": 3, "discriminator_steps": k}
    expected = _take(data.training_batches(numbered, 8, **arguments), 9)
    with strategy.scope():
        batches = data.training_batches(numbered, 8, **arguments).take(9)
        distributed = strategy.experimental_distribute_dataset(batches)
    # Read to its end: TensorFlow may crash when it drops an iterator that is filling.
    for whole, batch in zip(expected, distributed, strict=True):
        parts = strategy.experimental_local_results(batch)
        assert {part.shape[0] for part in parts} == {8 * k // replicas}
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("worker", [0, 1])
def test_two_workers_get_the_two_halves_of_the_global_batch(numbered, worker):
    # What MultiWorkerMirroredStrategy does to a dataset, without its cluster.
    from tensorflow.python.distribute import input_ops

    batches = data.training_batches(numbered, 8, seed=1)
    sharded = input_ops.auto_shard_dataset(batches.rebatch([4, 4]), 2, worker, 2)
    halves = np.split(_numbers(batches, 6), 2, axis=1)
    np.testing.assert_array_equal(_numbers(sharded, 6), halves[worker])


def test_the_images_stay_out_of_the_graph():
    images = np.zeros((2000, 16, 16, 1), np.uint8)
    batches = data.training_batches(data.image_set(images, name="x"), 8, seed=0)
    while not batches._functions():
        batches = batches._input_dataset
    (gather,) = batches._functions()
    assert max(t.shape.num_elements() for t in gather.function.captured_inputs) > 2000
    graph = gather.function.graph.as_graph_def().SerializeToString()
    assert len(graph) < 20_000 < images.nbytes


def test_evaluation_sees_the_whole_set_once_in_order(numbered):
    batches = data.evaluation_batches(numbered, 12)
    sizes = [len(batch) for batch in batches]
    assert sizes == [12, 12, 12, 4]
    assert batches.cardinality() == 4
    images = np.concatenate([batch.numpy() for batch in batches])
    np.testing.assert_array_equal(images, data.to_float(numbered.images))


def test_evaluation_with_labels_gives_pairs(numbered):
    pairs = list(data.evaluation_batches(numbered, 7, with_labels=True))
    labels = np.concatenate([labels for _, labels in pairs])
    np.testing.assert_array_equal(labels, np.arange(40))
    assert labels.dtype == np.int32


def test_evaluation_batches_may_be_larger_than_the_set(numbered):
    assert [len(b) for b in data.evaluation_batches(numbered, 100)] == [40]


def test_evaluation_refuses_a_batch_of_none(numbered):
    with pytest.raises(DataError, match="batch_size must be 1 to"):
        data.evaluation_batches(numbered, 0)


def test_two_streams_run_side_by_side(numbered):
    batches = data.training_batches(numbered, 8, seed=1)
    for left, right in itertools.islice(zip(batches, batches, strict=True), 12):
        np.testing.assert_array_equal(left, right)


# ---------------------------------------------------------------------------- mirroring


@pytest.fixture(scope="module")
def sided():
    """40 images, each with its number on the left and 255 on the right."""
    images = np.full((40, 4, 2, 1), 255, np.uint8)
    images[:, :, 0] = np.arange(40, dtype=np.uint8)[:, None, None]
    return data.image_set(images, np.arange(40), name="sided")


def _sides(image_set, steps, **arguments):
    """Of each image of each step whether it is mirrored, and its pixels sorted."""
    arguments = {"seed": 0, "mirror": True} | arguments
    batches = _take(data.training_batches(image_set, 8, **arguments), steps)
    pixels = data.to_uint8(np.stack(batches))[:, :, 0, :, 0]
    return pixels[..., 0] == 255, np.sort(pixels)


def test_half_of_the_images_are_mirrored_by_seed_and_step(sided):
    sides, pixels = _sides(sided, 50)
    assert 160 < np.count_nonzero(sides) < 240  # of 400
    for other in ({"seed": 1}, {"start_step": 5}):  # another order, another epoch
        assert not np.array_equal(_sides(sided, 50, **other)[0], sides)
    again = _sides(sided, 43, start_step=7)
    for found, expected in zip(again, (sides[7:], pixels[7:]), strict=True):
        np.testing.assert_array_equal(found, expected)
    plain = _sides(sided, 50, mirror=False)
    assert not plain[0].any()
    np.testing.assert_array_equal(plain[1], pixels)


def test_an_image_is_mirrored_anew_in_each_epoch(sided):
    sides, pixels = _sides(sided, 40)  # 8 epochs
    of_first = sides[pixels[..., 0] == 0]
    assert len(of_first) == 8
    assert 0 < np.count_nonzero(of_first) < 8


def test_mirroring_leaves_the_labels_as_they_are(sided):
    batches = data.training_batches(sided, 8, seed=0, mirror=True, with_labels=True)
    for images, labels in batches.take(3):
        numbers = data.to_uint8(images)[:, 0, :, 0].min(axis=1)
        np.testing.assert_array_equal(numbers, labels)


def test_what_is_drawn_is_not_mirrored():
    with pytest.raises(DataError, match="mirror=True takes an ImageSet, not a Gauss"):
        data.training_batches(data.ring(), 8, seed=0, mirror=True)
