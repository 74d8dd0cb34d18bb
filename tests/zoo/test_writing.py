"""Generated images as grids, files and arrays."""

import keras
import numpy as np
import pytest
from PIL import Image

from ganzoo import data, plots
from ganzoo.zoo import writing
from ganzoo.zoo.conditionings import Classes
from ganzoo.zoo.sampling import Sampler

NAMES = ["cat", "Owl/Eule", "owl_eule"]


def sampler(conditional: bool = True, batch_size: int = 4) -> Sampler:
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((3,)), keras.Input((), dtype="int32")
    hot = keras.ops.one_hot(label, 3)
    joined = keras.layers.Concatenate()([noise, hot]) if conditional else noise
    drawn = keras.layers.Dense(12, activation="tanh")(joined)
    drawn = keras.layers.Reshape((2, 2, 3))(drawn)
    model = keras.Model([noise, label] if conditional else noise, drawn)
    classes = Classes(3, NAMES) if conditional else None
    return Sampler(model, conditioning=classes, batch_size=batch_size)


def test_a_folder_has_the_images_by_class_and_reads_as_a_data_set(tmp_path):
    own = sampler()
    writing.write_folder(tmp_path / "drawn", own, 10, seed=3)
    expected = own.sample(10, seed=3)
    for number, image in enumerate(expected):
        folder = ("cat", "1_Owl_Eule", "2_owl_eule")[number % 3]
        path = tmp_path / "drawn" / folder / f"{number:05d}.png"
        np.testing.assert_array_equal(np.asarray(Image.open(path)), image)
    found = data.load(str(tmp_path / "drawn"))
    assert len(found) == 10
    assert found.class_names == ("1_Owl_Eule", "2_owl_eule", "cat")
    with pytest.raises(ValueError, match="has files already"):
        writing.write_folder(tmp_path / "drawn", own, 10)


def test_without_classes_the_files_are_in_one_folder_enlarged(tmp_path):
    own = sampler(conditional=False)
    writing.write_folder(tmp_path / "drawn", own, 3, scale=2)
    names = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert names == ["00000.png", "00001.png", "00002.png"]
    image = np.asarray(Image.open(tmp_path / "drawn" / "00002.png"))
    expected = own.sample(3)[2].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("conditional", [True, False])
def test_an_npz_is_what_data_reads(tmp_path, conditional):
    own = sampler(conditional)
    writing.write_npz(tmp_path / "drawn.npz", own, 10, seed=1)
    found = data.load(str(tmp_path / "drawn.npz"))
    np.testing.assert_array_equal(found.images, own.sample(10, seed=1))
    assert found.class_names == (tuple(NAMES) if conditional else ("all",))
    if conditional:
        np.testing.assert_array_equal(found.labels, np.arange(10) % 3)


def test_images_are_made_batch_by_batch():
    own = sampler(batch_size=4)
    stream = own.stream(own.inputs(10, seed=5))
    sizes = [len(batch) for batch in stream]
    assert sizes == [4, 4, 2]
    parts = np.concatenate(list(own.stream(own.inputs(10, seed=5))))
    np.testing.assert_array_equal(parts, own.sample(10, seed=5))


def test_each_class_begins_a_row_of_a_grid():
    own = sampler().of_classes(["owl_eule", "cat"])
    images = own.sample(5)
    white = np.full_like(images[0], 255)
    rows = [images[0], images[2], images[4], images[1], images[3], white]
    expected = plots.tile(np.stack(rows), columns=3)
    np.testing.assert_array_equal(writing.grid(own, 5), expected)
    two = [*rows[:3], white, *rows[3:5]]
    expected = plots.tile(np.stack(two), columns=2)
    np.testing.assert_array_equal(writing.grid(own, 5, columns=2), expected)


def test_a_grid_of_one_class_or_of_none_is_about_square():
    for own in (sampler(False), sampler().of_classes(["cat"])):
        expected = plots.tile(own.sample(9, seed=1), columns=3)
        np.testing.assert_array_equal(writing.grid(own, 9, seed=1), expected)


def test_by_default_there_are_eight_images_of_each_class_or_64():
    assert writing.default_count(sampler()) == 24
    assert writing.default_count(sampler(False)) == 64
    assert writing.default_count(sampler().of_classes(["cat"])) == 64
