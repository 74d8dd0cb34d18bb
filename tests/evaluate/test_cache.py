"""Features are kept by their content, and damage is computed again."""

import os

import numpy as np
import pytest

from ganzoo import metrics
from ganzoo.evaluate.cache import FeatureCache

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)


class Eye(metrics.PixelFeatures):
    """Counts how often it looks."""

    def __init__(self, shape=(16, 16, 1)):
        super().__init__(shape)
        self.looked = 0

    def extract(self, images, batch_size=500):
        self.looked += 1
        return super().extract(images, batch_size)


def test_the_same_images_are_looked_at_once(tmp_path):
    eye, cache = Eye(), FeatureCache(tmp_path)
    expected = Eye().extract(IMAGES)
    for _ in range(2):
        found = cache.extract(eye, IMAGES, 500)
        np.testing.assert_array_equal(found.features, expected.features)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    FeatureCache(tmp_path).extract(eye, IMAGES.copy(), 500)
    assert eye.looked == 1


def test_other_images_and_other_extractors_are_others(tmp_path):
    eye, cache = Eye(), FeatureCache(tmp_path)
    for images in (IMAGES, IMAGES[:2], IMAGES[::-1], IMAGES ^ 1):
        cache.extract(eye, images, 500)
    assert eye.looked == 4
    other = Eye()
    other.sha256 = "0" * 64
    cache.extract(other, IMAGES, 500)
    assert other.looked == 1
    flat, wide = IMAGES.reshape(3, 16, 16, 1), Eye((16, 16, 1))
    cache.extract(wide, flat, 500)
    assert wide.looked == 0


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_damaged_files_are_made_again(tmp_path, damage):
    eye, cache = Eye(), FeatureCache(tmp_path)
    expected = cache.extract(eye, IMAGES, 500).features
    (path,) = (tmp_path / "features").iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content if damage is None else damage)
    for _ in range(2):
        found = cache.extract(eye, IMAGES, 500).features
        np.testing.assert_array_equal(found, expected)
    assert eye.looked == 2


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "features").write_text("a file")
    eye, cache = Eye(), FeatureCache(tmp_path)
    for _ in range(2):
        assert len(cache.extract(eye, IMAGES, 500)) == 3
    assert eye.looked == 2


def test_the_longest_unused_files_are_removed(tmp_path):
    cache = FeatureCache(tmp_path)
    eye = Eye()
    sets = [IMAGES, IMAGES ^ 1, IMAGES ^ 2]
    for number, images in enumerate(sets):
        before = set((tmp_path / "features").glob("*"))
        cache.extract(eye, images, 500)
        (path,) = set((tmp_path / "features").iterdir()) - before
        os.utime(path, (number, number))
    size = path.stat().st_size
    cache.extract(eye, sets[0], 500)  # used now
    FeatureCache(tmp_path, most_bytes=2 * size).prune()
    cache.extract(eye, sets[0], 500)
    cache.extract(eye, sets[2], 500)
    assert eye.looked == 3
    cache.extract(eye, sets[1], 500)
    assert eye.looked == 4
