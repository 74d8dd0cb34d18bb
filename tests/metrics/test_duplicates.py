import itertools
import json

import numpy as np
import pytest

from ganzoo import data
from ganzoo.metrics import DuplicateThreshold, duplicates, near_duplicates


def random_images(count, seed=0):
    """Unlike each other: a tenth of the pixels of each has ink."""
    random = np.random.default_rng(seed)
    ink = random.integers(1, 256, (count, 10, 10, 1))
    return (ink * (random.uniform(size=ink.shape) < 0.1)).astype("uint8")


def cosines(images):
    """Of all pairs, one at a time."""
    rows = images.reshape(len(images), -1).astype(float)
    return np.array(
        [
            a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            for a, b in itertools.combinations(rows, 2)
        ]
    )


def threshold(similarity=0.9):
    return DuplicateThreshold(similarity, {"duplicates_similarity": similarity})


def test_all_pairs_above_the_threshold_are_counted_across_blocks(monkeypatch):
    monkeypatch.setattr(duplicates, "_ROWS", 7)
    images = random_images(30)
    pairs = cosines(images)
    for similarity in np.quantile(pairs, [0.5, 0.9, 0.99]) + 1e-6:
        found = near_duplicates(images, threshold(similarity))
        assert found.fraction == np.mean(pairs >= similarity)
        assert found.support == pytest.approx(1 / found.fraction)


def test_support_of_draws_from_n_images_is_about_n():
    kinds = random_images(50)
    drawn = np.random.default_rng(1).integers(0, 50, 2000)
    found = near_duplicates(kinds[drawn], threshold())
    assert found.support == pytest.approx(50, rel=0.05)


def test_a_generator_of_one_image_has_a_support_of_one():
    for image in (random_images(1), np.zeros((1, 4, 4, 1), np.uint8)):
        found = near_duplicates(np.repeat(image, 20, axis=0), threshold())
        assert (found.fraction, found.support) == (1.0, 1.0)


def test_brighter_copies_are_duplicates_and_blank_images_are_not_like_others():
    images = random_images(2)
    images[1] = images[0] // 2
    assert near_duplicates(images, threshold(0.99)).fraction == 1.0
    images[1] = 0
    assert near_duplicates(images, threshold(0.01)).fraction == 0.0


def test_without_duplicates_the_support_is_unknown():
    found = near_duplicates(np.eye(9, dtype=np.uint8), threshold(0.5))
    assert (found.fraction, found.support) == (0.0, None)
    assert found.scalars() == {"duplicate_share": 0.0}


@pytest.mark.parametrize("fraction", [0.003, 0.02, 0.5])
def test_the_threshold_leaves_the_share_of_real_pairs(fraction, monkeypatch):
    monkeypatch.setattr(duplicates, "_ROWS", 16)
    real = data.image_set(random_images(60), name="real")
    built = DuplicateThreshold.build(real, fraction=fraction)
    wanted = round(fraction * 60 * 59 / 2)
    expected = np.sort(cosines(real.images))[-wanted]
    assert built.similarity == pytest.approx(expected, abs=1e-6)
    again = near_duplicates(real.images, built)
    assert again.fraction == pytest.approx(fraction, rel=0.1)


def test_cards_say_what_set_the_threshold_and_what_was_measured():
    real = data.image_set(random_images(40), name="real")
    built = DuplicateThreshold.build(real, fraction=0.01, count=30)
    images = random_images(12, seed=5)
    found = near_duplicates(images, built, samples="others")
    assert found.card == {
        "duplicates_of": "real train",
        "duplicates_fingerprint": real.fingerprint,
        "duplicates_compared": 30,
        "duplicates_share": 0.01,
        "duplicates_similarity": built.similarity,
        "count": 12,
        "samples": "others",
    }
    assert found.count == 12
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fraction": 0}, r"fraction must be in \(0, 1\)"),
        ({"fraction": 1.0}, r"fraction must be in \(0, 1\)"),
        (
            {"fraction": 1e-4},
            "5 images have 10 pairs, and a fraction 0.0001 ",
        ),
        ({"count": 1, "fraction": 0.5}, "1 images have 0 pairs"),
    ],
)
def test_thresholds_that_no_pairs_can_set_are_refused(arguments, message):
    real = data.image_set(random_images(5), name="real")
    with pytest.raises(ValueError, match=message):
        DuplicateThreshold.build(real, **arguments)


@pytest.mark.parametrize("images", [random_images(1), np.zeros((3, 4, 4, 1))])
def test_one_image_or_floats_are_refused(images):
    with pytest.raises(ValueError, match="at least 2 uint8 images"):
        near_duplicates(images, threshold())
