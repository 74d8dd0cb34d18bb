import numpy as np
import pytest
from PIL import Image

from ganzoo import data
from ganzoo.data import DataError


def _save(path, value, size=(5, 4), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


@pytest.fixture
def cats_and_dogs(tmp_path):
    _save(tmp_path / "pets/dog/a.png", 30)
    _save(tmp_path / "pets/cat/b.bmp", 20)
    _save(tmp_path / "pets/cat/a.PNG", 10)
    return tmp_path / "pets"


def test_sorted_sub_folders_are_the_classes_and_files_come_sorted(cats_and_dogs):
    loaded = data.load(str(cats_and_dogs))
    assert loaded.class_names == ("cat", "dog")
    assert loaded.shape == (4, 5, 1)
    np.testing.assert_array_equal(loaded.images[:, 0, 0, 0], [10, 20, 30])
    np.testing.assert_array_equal(loaded.labels, [0, 0, 1])
    assert (loaded.name, loaded.split) == ("pets", "train")


def test_pixels_come_back_exactly_from_lossless_files(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 6, 7, 3), dtype=np.uint8)
    (tmp_path / "all").mkdir()
    Image.fromarray(pixels[0]).save(tmp_path / "all/0.png")
    Image.fromarray(pixels[1]).save(tmp_path / "all/1.bmp")
    np.testing.assert_array_equal(data.load(str(tmp_path)).images, pixels)


def test_jpeg_is_read(tmp_path):
    _save(tmp_path / "all/0.jpg", (200, 100, 50), mode="RGB")
    image = data.load(str(tmp_path)).images[0].astype(int)
    assert np.abs(image - [200, 100, 50]).max() < 5


def test_bilevel_images_are_black_and_white(tmp_path):
    _save(tmp_path / "all/0.png", 1, mode="1")
    assert (data.load(str(tmp_path)).images == 255).all()


def test_files_that_are_no_images_and_hidden_ones_are_passed_over(cats_and_dogs):
    (cats_and_dogs / "README.txt").write_text("pets")
    (cats_and_dogs / "cat" / "Thumbs.db").write_bytes(b"x")
    (cats_and_dogs / "cat" / "._a.png").write_bytes(b"x")
    (cats_and_dogs / ".cache").mkdir()
    assert len(data.load(str(cats_and_dogs))) == 3


def test_train_and_test_folders_are_splits_with_the_classes_of_train(tmp_path):
    _save(tmp_path / "train/cat/0.png", 1)
    _save(tmp_path / "train/dog/0.png", 2)
    _save(tmp_path / "test/cat/0.png", 3)
    _save(tmp_path / "test/dog/0.png", 4)
    for split, values in (("train", [1, 2]), ("test", [3, 4])):
        loaded = data.load(str(tmp_path), split)
        np.testing.assert_array_equal(loaded.images[:, 0, 0, 0], values)
        np.testing.assert_array_equal(loaded.labels, [0, 1])
        assert (loaded.split, loaded.class_names) == (split, ("cat", "dog"))


def test_classes_may_be_called_train_and_test(tmp_path):
    _save(tmp_path / "train/0.png", 1)
    _save(tmp_path / "test/0.png", 2)
    assert data.load(str(tmp_path)).class_names == ("test", "train")


def test_a_class_only_in_test_is_refused(tmp_path):
    _save(tmp_path / "train/cat/0.png", 1)
    _save(tmp_path / "test/cat/0.png", 1)
    _save(tmp_path / "test/emu/0.png", 1)
    with pytest.raises(DataError, match=r"emu is no class of .*train"):
        data.load(str(tmp_path), "test")


def test_a_class_missing_in_test_is_named(tmp_path):
    _save(tmp_path / "train/cat/0.png", 1)
    _save(tmp_path / "train/dog/0.png", 1)
    _save(tmp_path / "test/cat/0.png", 1)
    with pytest.raises(DataError, match=r"test.dog holds no images"):
        data.load(str(tmp_path), "test")


def test_a_folder_without_splits_has_only_train(cats_and_dogs):
    with pytest.raises(DataError, match=r"no split 'test'; it has train.*sub-folders"):
        data.load(str(cats_and_dogs), "test")


def test_mixed_sizes_are_refused_naming_two_files_and_their_sizes(cats_and_dogs):
    _save(cats_and_dogs / "dog/b.png", 1, size=(8, 6))
    message = r"cat.a\.PNG is 4x5 and .*dog.b\.png is 6x8"
    with pytest.raises(DataError, match=message):
        data.load(str(cats_and_dogs))


def test_mixed_modes_are_refused_naming_two_files(cats_and_dogs):
    _save(cats_and_dogs / "dog/b.png", (1, 2, 3), mode="RGB")
    message = r"cat.a\.PNG has 1 channel\(s\) and .*dog.b\.png has 3"
    with pytest.raises(DataError, match=message):
        data.load(str(cats_and_dogs))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16"])
def test_a_mode_that_would_lose_something_is_refused_with_a_remedy(tmp_path, mode):
    _save(tmp_path / "all/0.png", 0, mode=mode)
    with pytest.raises(DataError, match=rf"0\.png has the mode '{mode}'.*convert"):
        data.load(str(tmp_path))


def test_an_empty_class_folder_is_named(cats_and_dogs):
    (cats_and_dogs / "emu").mkdir()
    with pytest.raises(DataError, match=r"class folder .*emu holds no images"):
        data.load(str(cats_and_dogs))


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_a_corrupt_image_is_named_by_its_path(cats_and_dogs, content):
    path = cats_and_dogs / "dog/a.png"
    path.write_bytes(path.read_bytes()[:50] if content is None else content)
    with pytest.raises(DataError, match=r"dog.a\.png cannot be read as an image"):
        data.load(str(cats_and_dogs))


def test_images_outside_class_folders_are_refused_with_a_remedy(tmp_path):
    _save(tmp_path / "0.png", 0)
    with pytest.raises(
        DataError, match=r"no class sub-folders.*one sub-folder a class"
    ):
        data.load(str(tmp_path))
