import itertools

import numpy as np
import pytest

from ganzoo import data, metrics
from ganzoo.metrics import pixel_features


def test_features_are_those_of_the_definition_written_as_loops():
    image = np.random.default_rng(0).integers(0, 256, (32, 16, 2)).astype(np.uint8)
    image = np.concatenate([image, image[..., :1]], axis=-1)
    found = metrics.PixelFeatures((32, 16, 3)).extract(image[None]).features[0]
    levels = [image / 255]
    for _ in range(3):
        last = levels[-1]
        half = [
            [last[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean((0, 1)) for x in columns]
            for columns in [range(last.shape[1] // 2)]
            for y in range(last.shape[0] // 2)
        ]
        levels.append(np.array(half))

    def cells(values, count):
        h, w = values.shape[0] // count, values.shape[1] // count
        return [
            values[y * h : (y + 1) * h, x * w : (x + 1) * w, c].mean()
            for y in range(count)
            for x in range(count)
            for c in range(3)
        ]

    expected = cells(levels[0], 8)
    for fine, coarse in itertools.pairwise(levels):
        details = np.abs(fine - np.kron(coarse, np.ones((2, 2, 1))))
        expected += [4.0 * value for value in cells(details, 4)]
    np.testing.assert_allclose(found, 3.0 * np.array(expected), rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def pictures():
    """Two kinds of pictures: dark with a bright square, and bright with stripes."""
    numbers = np.random.default_rng(1)
    images = numbers.normal(60, 5, (400, 16, 16, 3))
    for number, image in enumerate(images):
        y, x = numbers.integers(0, 10, 2)
        if number % 2:
            image[y : y + 5, x : x + 5] += 120
        else:
            image[:, ::4] += 100
    return images.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "worsened",
    [
        lambda x: x[1::2],
        lambda x: (x.astype(int) + np.roll(x, 1, 1) + np.roll(x, 1, 2)) // 3,
        lambda x: x + np.random.default_rng(2).integers(-40, 41, x.shape),
        lambda x: x[..., ::-1] * [0.5, 1.0, 1.0],
        lambda x: np.broadcast_to(x.mean((0, 1, 2)), x.shape),
        lambda x: np.roll(x, 8, axis=1) * 0 + x.mean(0),
    ],
    ids=["a kind lost", "blurred", "noisy", "wrong colors", "gray", "the mean picture"],
)
def test_what_is_wrong_with_pictures_shows_in_the_distance(pictures, worsened):
    extractor = metrics.PixelFeatures((16, 16, 3))
    real, others = pictures[:200], pictures[200:]

    def distance(images):
        images = np.asarray(images).clip(0, 255).astype(np.uint8)
        first, second = (extractor.extract(x).features for x in (real, images))
        return metrics.frechet_distance(
            *(metrics.statistics(features) for features in (first, second))
        )

    assert distance(worsened(others)) > 3 * distance(others)


def test_what_is_invisible_does_not_count():
    clear = np.zeros((2, 16, 16, 4), np.uint8)
    clear[0, ..., :3] = 200
    first, second = metrics.PixelFeatures((16, 16, 4)).extract(clear).features
    np.testing.assert_array_equal(first, second)


def test_batches_do_not_matter_and_the_class_is_one():
    images = np.random.default_rng(0).integers(0, 256, (7, 16, 32, 1), np.uint8)
    extractor = metrics.PixelFeatures((16, 32, 1))
    whole, parts = (extractor.extract(images, size) for size in (500, 2))
    np.testing.assert_array_equal(whole.features, parts.features)
    assert whole.features.shape == (7, 112)
    np.testing.assert_array_equal(whole.probabilities, np.ones((7, 1)))
    one = data.image_set(images, name="x")
    measured = metrics.measure(
        extractor, images, metrics.Reference.build(extractor, one)
    )
    assert measured.frechet_distance == pytest.approx(0, abs=1e-4)
    assert "classifier_score" not in measured.to_dict()


def test_other_sizes_have_other_features():
    shapes = [(16, 16, 3), (32, 16, 3), (16, 16, 1)]
    assert len({metrics.PixelFeatures(shape).sha256 for shape in shapes}) == 3
    with pytest.raises(ValueError, match=r"\(28, 28, 1\).*multiples of 16"):
        metrics.PixelFeatures((28, 28, 1))
    with pytest.raises(ValueError, match="takes images of shape"):
        metrics.PixelFeatures((16, 16, 1)).extract(np.zeros((1, 16, 16, 3), np.uint8))
    assert pixel_features.MULTIPLE == 16
