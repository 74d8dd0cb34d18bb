"""Mapped images are used as arrays are, and read only where they are used."""

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import mapped, parts, pixels
from ganzoo.data.mapped import MappedRows, is_mapped

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 3, 3), dtype=np.uint8)
LABELS = np.arange(40) % 3


@pytest.fixture
def on_disk(tmp_path, monkeypatch):
    """The images as a memory map; all sets are large."""
    monkeypatch.setattr(mapped, "IN_MEMORY", 0)
    np.save(tmp_path / "x.npy", IMAGES)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


@pytest.fixture
def both(on_disk):
    """The same set in memory and mapped."""
    return tuple(data.image_set(i, LABELS, name="x") for i in (IMAGES, on_disk))


def test_a_set_keeps_the_map_and_cannot_be_changed(both, on_disk):
    _, large = both
    assert isinstance(large.images, np.memmap)
    assert np.shares_memory(large.images, on_disk)
    with pytest.raises(ValueError, match="read-only"):
        large.images[0] = 0


def test_parts_of_a_mapped_set_are_mapped_and_equal(both):
    small, large = both
    for make in (
        data.hold_out,
        lambda images: [data.some(images, 17)],
        lambda images: [data.join(*data.hold_out(images, 3))],
        lambda images: data.hold_out(data.join(*data.hold_out(images, 3)), 2),
        lambda images: [data.join(images, images)],
    ):
        for expected, found in zip(make(small), make(large), strict=True):
            assert isinstance(found.images, MappedRows)
            assert found.images.nbytes == expected.images.nbytes
            assert found.shape == expected.shape
            assert found.fingerprint == expected.fingerprint
            np.testing.assert_array_equal(found.labels, expected.labels)
            np.testing.assert_array_equal(found.images, expected.images)


def test_few_images_are_read(both, monkeypatch):
    monkeypatch.setattr(mapped, "IN_MEMORY", 5 * IMAGES[0].nbytes)
    assert not is_mapped(data.some(both[1], 5).images)
    assert is_mapped(data.some(both[1], 6).images)


@pytest.mark.parametrize(
    "key",
    [
        3,
        -1,
        slice(2, 9),
        slice(None, None, 3),
        np.array([5, 5, 0]),
        [1, 2],
        np.arange(20) < 7,
        (3, 1),
        (slice(0, 4), 0, slice(1, 2)),
        (slice(None), slice(None), slice(None), 0),
        (..., 0),
        (np.array([4, 2]), 1, 2, 0),
        None,
    ],
)
def test_rows_are_indexed_as_arrays_are(key, on_disk):
    numbers = np.random.default_rng(1).permutation(40)[:20]
    two = MappedRows.of([on_disk[:25], on_disk[25:]]).chosen(numbers)
    found, expected = two[key], IMAGES[numbers][key]
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)


def test_rows_have_what_an_array_has(on_disk):
    found = MappedRows.of([on_disk])
    assert (len(found), found.shape, found.ndim) == (40, IMAGES.shape, 4)
    assert found.dtype == np.uint8
    assert np.asarray(found, np.float32).dtype == np.float32
    np.testing.assert_array_equal(found.reshape(40, -1), IMAGES.reshape(40, -1))
    np.testing.assert_array_equal(np.stack(list(found)), IMAGES)


def test_chunks_are_all_rows_once():
    for size in (1, 100, 10**9):
        read = np.concatenate([IMAGES[part] for part in mapped.chunks(IMAGES, size)])
        np.testing.assert_array_equal(read, IMAGES)


def test_the_range_is_found_in_the_last_chunk(monkeypatch):
    monkeypatch.setattr(mapped.chunks, "__defaults__", (IMAGES[0].nbytes,))
    dark = np.full_like(IMAGES, 3)
    with pytest.raises(ValueError, match="0 to 3"):
        pixels.check_range(dark)
    dark[-1] = 200
    pixels.check_range(dark)


@pytest.mark.parametrize("part", ["whole", "held out"])
def test_batches_of_a_mapped_set_are_those_of_one_in_memory(both, part):
    small, large = (
        images if part == "whole" else parts.hold_out(images, 4)[0] for images in both
    )
    options = {"seed": 3, "start_step": 5, "with_labels": True}
    pairs = zip(
        data.training_batches(small, 8, **options).take(9),
        data.training_batches(large, 8, **options).take(9),
        strict=True,
    )
    for (images, labels), (others, other_labels) in pairs:
        np.testing.assert_array_equal(images, others)
        np.testing.assert_array_equal(labels, other_labels)
    spec = data.training_batches(large, 8, seed=0).element_spec
    assert spec == data.training_batches(small, 8, seed=0).element_spec
    pairs = zip(
        data.evaluation_batches(small, 7),
        data.evaluation_batches(large, 7),
        strict=True,
    )
    for images, others in pairs:
        np.testing.assert_array_equal(images, others)


def test_replicas_get_slices_of_batches_of_mapped_sets(both, mirrored):
    expected = list(data.training_batches(both[0], 8, seed=1).take(6))
    strategy = mirrored(2)
    with strategy.scope():
        batches = data.training_batches(both[1], 8, seed=1).take(6)
        distributed = strategy.experimental_distribute_dataset(batches)
    for whole, batch in zip(expected, distributed, strict=True):
        parts = strategy.experimental_local_results(batch)
        assert [len(part) for part in parts] == [4, 4]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("worker", [0, 1])
def test_two_workers_get_the_halves_of_batches_of_mapped_sets(both, worker):
    # What MultiWorkerMirroredStrategy does to a dataset, without its cluster.
    from tensorflow.python.distribute import input_ops

    batches = data.training_batches(both[1], 8, seed=1)
    sharded = input_ops.auto_shard_dataset(batches.rebatch([4, 4]), 2, worker, 2)
    for whole, half in zip(batches.take(6), sharded.take(6), strict=True):
        np.testing.assert_array_equal(half, whole[4 * worker : 4 * worker + 4])


def test_batches_read_no_more_than_their_rows(both, monkeypatch):
    read = []
    get = MappedRows.__getitem__

    def counted(self, key):
        read.append(np.size(key))
        return get(self, key)

    left, _ = parts.hold_out(both[1], 4)
    monkeypatch.setattr(MappedRows, "__getitem__", counted)
    monkeypatch.delattr(MappedRows, "__array__")
    list(data.evaluation_batches(left, 7))
    assert set(read) <= {7, len(left) % 7}
