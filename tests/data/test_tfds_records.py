"""Record files read without TensorFlow hold what TensorFlow wrote."""

import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ganzoo import data
from ganzoo.data import DataError, tfds_records, tfds_source


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "png")
    return file.getvalue()


@pytest.fixture(scope="module", params=[1, 3])
def images(request):
    return np.random.default_rng(0).integers(
        0, 256, (5, 4, 3, request.param), dtype=np.uint8
    )


@pytest.fixture
def written(images, tmp_path):
    path = tmp_path / "x-train.tfrecord-00000-of-00001"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for label, pixels in zip((0, 1, 127, 128, 70_000), images, strict=True):
            feature = {
                "image": tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[png(pixels)])
                ),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                "weight": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return path


def read(path: Path, images: np.ndarray, rows: slice, *, labeled: bool = True) -> list:
    return list(tfds_records.examples(path, rows, images.shape[-1], labeled=labeled))


@pytest.mark.parametrize("rows", [slice(0, 5), slice(1, 3), slice(4, 5)])
def test_rows_are_those_written(written, images, rows):
    found = read(written, images, rows)
    np.testing.assert_array_equal(
        np.concatenate([one["image"] for one in found]), images[rows]
    )
    labels = np.concatenate([one["label"] for one in found])
    np.testing.assert_array_equal(labels, np.array([0, 1, 127, 128, 70_000])[rows])
    assert all(set(one) == {"image"} for one in read(written, images, rows, labeled=0))


@pytest.mark.parametrize("damage", ["cut", "short", "gone", "inside", "fewer"])
def test_a_damaged_file_is_named(written, images, damage):
    content = bytearray(written.read_bytes())
    rows = slice(0, 5)
    if damage == "cut":
        written.write_bytes(content[:-3])
    elif damage == "short":
        written.write_bytes(content + b"\x01\x02")
        rows = slice(0, 6)
    elif damage == "gone":
        written.unlink()
    elif damage == "inside":
        content[content.index(b"IDAT") + 8] ^= 255
        written.write_bytes(content)
    else:
        rows = slice(0, 6)
    with pytest.raises(DataError, match=f"{written.name} is missing, truncated or"):
        read(written, images, rows)


@pytest.mark.parametrize("name", ["mnist", "svhn_subset", "cifar10_jpeg"])
def test_a_prepared_set_is_the_one_that_tensorflow_reads(tfds_dir, name, monkeypatch):
    if tfds_source.prepared(name, tfds_dir) is None:
        pytest.skip(f"{name} is not prepared")
    splits = ("test[:300]", "train[99%:]+test[10:20]")
    by_tensorflow = [data.load(name, split, tfds_dir) for split in splits]
    monkeypatch.setattr(tfds_source, "_tensorflow", lambda: False)
    for split, expected in zip(splits, by_tensorflow, strict=True):
        found = data.load(name, split, tfds_dir)
        if name == "cifar10_jpeg":  # decoded accurately
            difference = np.abs(found.images.astype(int) - expected.images)
            assert difference.max() <= 5
            assert difference.mean() < 1.2
            np.testing.assert_array_equal(found.labels, expected.labels)
        else:
            assert found.fingerprint == expected.fingerprint
        assert found.class_names == expected.class_names
        assert found.name == expected.name
