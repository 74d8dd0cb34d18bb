import dataclasses

import numpy as np
import pytest
from PIL import Image

from experiments import harness
from experiments.harness import data as loading
from ganzoo import data


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    output: str = "runs/x"
    dataset: str = "digits"


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", "test")


def test_the_first_images_are_a_set_of_their_own(digits):
    part = loading.first(digits, 10)
    np.testing.assert_array_equal(part.images, digits.images[:10])
    np.testing.assert_array_equal(part.labels, digits.labels[:10])
    assert part.name == "digits, first 10"
    assert part.fingerprint != digits.fingerprint
    assert loading.first(digits, len(digits)) is digits


@pytest.mark.parametrize("count", [0, -1, 297])
def test_more_images_than_there_are_is_refused(digits, count):
    with pytest.raises(ValueError, match=f"train_images={count} must be from 1 to 296"):
        loading.first(digits, count)


def test_of_a_set_class_by_class_some_of_each_are_taken():
    labels = np.arange(40) // 20
    images = np.full((40, 4, 4), 100, np.uint8)
    part = loading.first(data.image_set(images, labels, name="pets"), 6)
    assert part.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert part.name == "pets, 6 of all classes"


def test_a_folder_says_once_how_many_files_were_used(tmp_path, capsys):
    (tmp_path / "cat").mkdir()
    for number in range(10):
        Image.new("L", (28, 28), 100 + number).save(tmp_path / f"cat/{number}.png")
    (tmp_path / "cat/notes.txt").write_text("x")
    config = Config(dataset=str(tmp_path))
    for split, count in (("train", 9), ("test", 1)):
        images = loading.image_set(config, split, (28, 28, 1), hold_out=True)
        assert len(images) == count
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "10 files used, 1 left out (1 not readable as pictures: .txt)." in said
