import dataclasses
import functools
import importlib
import json

import numpy as np
import pytest
import skimage.metrics
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from ganzoo import data, metrics
from ganzoo.metrics import distances

# The package's attribute of this name is the function.
module = importlib.import_module("ganzoo.metrics.neighbors")


def pictures(count, seed=0, size=8):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.fixture
def train():
    return data.image_set(pictures(30), name="noise")


@pytest.fixture
def mapped(train, tmp_path, monkeypatch):
    """The training images without every tenth one, on disk; read in blocks only."""
    monkeypatch.setattr("ganzoo.data.mapped.IN_MEMORY", 0)
    np.save(tmp_path / "x.npy", train.images)
    images = np.load(tmp_path / "x.npy", mmap_mode="r")
    left, _ = data.hold_out(dataclasses.replace(train, images=images))
    monkeypatch.delattr("ganzoo.data.mapped.MappedRows.__array__")
    return left


def test_mapped_training_images_are_read_in_blocks(train, mapped, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 4)
    inside, _ = data.hold_out(train)
    images = pictures(5, seed=1)
    for found, expected in (
        [metrics.nearest_by_pixels(images, some) for some in (mapped, inside)],
        [metrics.nearest_by_features(images, s, Corner()) for s in (mapped, inside)],
    ):
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.distances, expected.distances)


class Corner:
    """An extractor whose features are the pixels of a corner, far from the origin."""

    name, card = "corner", {"extractor": "corner", "sha256": "0" * 64}

    def extract(self, images, batch_size=500):
        features = 10_000 + images[:, :3, :3].reshape(len(images), -1) / 255
        return metrics.Features(features, np.full((len(images), 2), 0.5))


def flat(images):
    return images.reshape(len(images), -1).astype(float)


def test_nearest_by_pixels_is_that_of_scikit_learn_across_blocks(train, monkeypatch):
    images = pictures(20, seed=1)
    monkeypatch.setattr(module, "_ROWS", 6)
    monkeypatch.setattr(distances, "_PAIRS", 42)
    found = metrics.nearest_by_pixels(images, train)
    tree = NearestNeighbors(n_neighbors=1).fit(flat(train.images))
    expected, places = tree.kneighbors(flat(images))
    np.testing.assert_array_equal(found.indices, places[:, 0])
    np.testing.assert_allclose(found.distances, expected[:, 0], rtol=1e-14)
    assert len(found) == 20


@pytest.mark.parametrize("block", [1024, 4])
def test_pixel_distances_are_exact_and_of_equal_ones_the_first_is_taken(
    block, monkeypatch
):
    """One gray level of difference, in images of CIFAR-10's size full of white."""
    monkeypatch.setattr(distances, "_ROWS", block // 4)
    white = np.full((4, 32, 32, 3), 255, np.uint8)
    white[1, 0, 0, 0] = white[2, 5, 5, 1] = 254
    images = white[[0, 3, 1]].copy()
    images[2, 0, 0, 1] = 253
    found = metrics.nearest_by_pixels(images, data.image_set(white[1:3], name="white"))
    np.testing.assert_array_equal(found.indices, [0, 0, 0])
    np.testing.assert_array_equal(found.distances, [1, 1, 2])
    found = metrics.nearest_by_pixels(white, data.image_set(white, name="white"))
    np.testing.assert_array_equal(found.indices, [0, 1, 2, 0])
    np.testing.assert_array_equal(found.distances, 0)


def test_nearest_by_features_compares_what_the_extractor_sees(train):
    images = pictures(9, seed=1)
    images[4, :3, :3] = train.images[17, :3, :3]
    found = metrics.nearest_by_features(images, train, Corner())
    expected = cdist(*(flat(one[:, :3, :3]) / 255 for one in (images, train.images)))
    np.testing.assert_array_equal(found.indices, expected.argmin(axis=1))
    np.testing.assert_allclose(found.distances, expected.min(axis=1), rtol=1e-9)
    assert found.indices[4] == 17
    assert found.distances[4] == 0


def test_nearest_by_structure_is_that_of_scikit_image(train, monkeypatch):
    images = pictures(5, seed=1)
    images[3] = train.images[11]
    monkeypatch.setattr(module, "_IMAGES", 3)
    found = metrics.nearest_by_structural_similarity(images, train, win_size=5)
    similarity = functools.partial(
        skimage.metrics.structural_similarity, channel_axis=-1, win_size=5
    )
    expected = np.array([[similarity(a, b) for b in train.images] for a in images])
    np.testing.assert_array_equal(found.indices, expected.argmax(axis=1))
    np.testing.assert_allclose(found.distances, 1 - expected.max(axis=1), atol=1e-6)
    assert found.indices[3] == 11
    assert found.card["distance"] == "structural similarity"
    assert found.card["win_size"] == 5


def test_copies_are_at_no_distance_although_a_similarity_is_rounded(train):
    found = metrics.nearest_by_structural_similarity(train.images, train)
    np.testing.assert_array_equal(found.indices, range(30))
    np.testing.assert_array_equal(found.distances, 0)


def test_order_of_the_training_images_changes_no_distance(train):
    images = pictures(9, seed=1)
    turned = dataclasses.replace(train, images=train.images[::-1])
    one, other = (metrics.nearest_by_pixels(images, one) for one in (train, turned))
    np.testing.assert_array_equal(one.distances, other.distances)
    np.testing.assert_array_equal(one.indices, 29 - other.indices)


def test_the_closest_come_first(train):
    images = np.concatenate([pictures(4, seed=1), train.images[:2]])
    found = metrics.nearest_by_pixels(images, train)
    assert found.closest(2).tolist() == [4, 5]
    assert len(found.closest(100)) == 6
    assert (np.diff(found.distances[found.closest(6)]) >= 0).all()


def test_a_part_of_the_images_keeps_its_neighbors(train):
    found = metrics.nearest_by_pixels(pictures(9, seed=1), train)
    part = found[2:5]
    np.testing.assert_array_equal(part.indices, found.indices[2:5])
    np.testing.assert_array_equal(part.distances, found.distances[2:5])
    assert part.card == found.card | {"count": 3}


def test_card_says_what_was_near_to_what(train):
    found = metrics.nearest_by_pixels(pictures(3, seed=1), train, samples="others")
    assert found.card == {
        "distance": "pixels",
        "train": "noise train",
        "train_count": 30,
        "train_fingerprint": train.fingerprint,
        "count": 3,
        "samples": "others",
    }
    features = metrics.nearest_by_features(pictures(3), train, Corner())
    assert features.card["sha256"] == "0" * 64
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


@pytest.mark.parametrize(
    "images", [pictures(0), pictures(2, size=7), pictures(2) / 255, pictures(2)[0]]
)
def test_images_unlike_the_training_images_are_refused(train, images):
    for nearest in (
        metrics.nearest_by_pixels,
        metrics.nearest_by_structural_similarity,
        functools.partial(metrics.nearest_by_features, extractor=Corner()),
    ):
        with pytest.raises(ValueError, match=r"uint8 images of shape \(n, 8, 8, 3\)"):
            nearest(images, train)
