import os

import numpy as np
import pytest
from PIL import Image

from ganzoo import data
from ganzoo.data import DataError, folder


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


def test_train_and_test_folders_are_splits_with_the_classes_of_train(tmp_path):
    _save(tmp_path / "train/cat/0.png", 100)
    _save(tmp_path / "train/dog/0.png", 120)
    _save(tmp_path / "test/cat/0.png", 140)
    _save(tmp_path / "test/dog/0.png", 160)
    for split, values in (("train", [100, 120]), ("test", [140, 160])):
        loaded = data.load(str(tmp_path), split)
        np.testing.assert_array_equal(loaded.images[:, 0, 0, 0], values)
        np.testing.assert_array_equal(loaded.labels, [0, 1])
        assert (loaded.split, loaded.class_names) == (split, ("cat", "dog"))


@pytest.mark.parametrize(
    ("train", "test"), [("Train", "Test"), ("TRAIN", "testing"), ("training", "TEST")]
)
def test_the_splits_may_be_written_in_other_ways(tmp_path, train, test):
    _save(tmp_path / train / "cat/0.png", 100)
    _save(tmp_path / test / "cat/0.png", 200)
    assert data.has_test(str(tmp_path))
    for split, value in (("train", 100), ("test", 200)):
        loaded = data.load(str(tmp_path), split)
        assert (loaded.class_names, loaded.images.max()) == (("cat",), value)


def test_two_folders_of_one_split_are_refused(tmp_path):
    for name in ("train", "training", "test"):
        _save(tmp_path / name / "cat/0.png", 100)
    with pytest.raises(DataError, match="test, train, training, of which two are the"):
        data.load(str(tmp_path))


def test_splits_without_class_folders_are_splits_of_one_class(tmp_path):
    # Otherwise the user's own test images would be trained on, as a class.
    _save(tmp_path / "train/0.png", 100)
    _save(tmp_path / "test/0.png", 200)
    _save(tmp_path / "val/0.png", 50)
    for split, value in (("train", 100), ("test", 200)):
        loaded = data.load(str(tmp_path), split)
        assert loaded.class_names == ("all",)
        assert len(loaded) == 1
        assert loaded.images.max() == value
        assert "1 file used, 1 left out (1 in neither train nor test)" in loaded.note


def test_a_class_may_be_called_train_beside_others(tmp_path):
    _save(tmp_path / "train/0.png", 100)
    _save(tmp_path / "car/0.png", 200)
    assert data.load(str(tmp_path)).class_names == ("car", "train")
    assert not data.has_test(str(tmp_path))


def test_what_is_in_no_split_or_no_class_is_counted(tmp_path):
    _save(tmp_path / "train/cat/0.png", 100)
    for name in ("train/1.png", "val/cat/2.png", "val/3.png", "test/4.png", "5.png"):
        _save(tmp_path / name, 200)
    loaded = data.load(str(tmp_path))
    assert loaded.images.max() == 100  # and test, without classes, is no split
    assert not data.has_test(str(tmp_path))
    assert "1 file used, 5 left out" in loaded.note
    assert "3 in neither train nor test" in loaded.note
    assert "2 outside the class folders" in loaded.note


@pytest.mark.parametrize("name", ["photos", "cats"])
def test_class_folders_that_hold_splits_are_refused(tmp_path, name):
    for split in ("Train", "val"):
        _save(tmp_path / name / split / "0.png", 100)
    message = rf"class folder .*{name} holds folders Train, val\. Give .*{name}"
    with pytest.raises(DataError, match=message):
        data.load(str(tmp_path))
    assert not data.has_test(str(tmp_path))


def test_a_class_only_in_test_is_refused(tmp_path):
    _save(tmp_path / "train/cat/0.png", 1)
    _save(tmp_path / "test/cat/0.png", 1)
    _save(tmp_path / "test/emu/0.png", 1)
    with pytest.raises(DataError, match=r"emu is not a class of .*train\. Add .* too"):
        data.load(str(tmp_path), "test")


def test_a_class_missing_in_test_is_named(tmp_path):
    _save(tmp_path / "train/cat/0.png", 100)
    _save(tmp_path / "train/dog/0.png", 100)
    _save(tmp_path / "test/cat/0.png", 100)
    remedy = r"train.dog exists. Put images .*; or remove test, and one image in"
    with pytest.raises(DataError, match=rf"test.dog is missing, but .*{remedy}"):
        data.load(str(tmp_path), "test")
    (tmp_path / "test/dog").mkdir()
    with pytest.raises(
        DataError, match=rf"test.dog holds no images .*, but .*{remedy}"
    ):
        data.load(str(tmp_path), "test")
    assert len(data.load(str(tmp_path))) == 2


def test_a_folder_without_splits_has_only_train(cats_and_dogs):
    with pytest.raises(DataError, match=r"no split 'test'; it has train.*sub-folders"):
        data.load(str(cats_and_dogs), "test")


def test_mixed_sizes_are_refused_naming_two_files_and_their_sizes(cats_and_dogs):
    _save(cats_and_dogs / "dog/b.png", 1, size=(8, 6))
    message = r"cat.a\.PNG is 4x5 and .*dog.b\.png is 6x8"
    with pytest.raises(DataError, match=message):
        data.load(str(cats_and_dogs))


def test_of_mixed_sizes_those_are_named_that_could_be_read(cats_and_dogs):
    (cats_and_dogs / "cat/a.PNG").write_bytes(b"no image")
    _save(cats_and_dogs / "dog/b.png", 1, size=(8, 6))
    with pytest.raises(DataError, match=r"cat.b\.bmp is 4x5 and .*dog.b\.png is 6x8"):
        data.load(str(cats_and_dogs))


def test_gray_images_among_rgb_ones_become_rgb(cats_and_dogs):
    _save(cats_and_dogs / "dog/b.png", (1, 2, 3), mode="RGB")
    loaded = data.load(str(cats_and_dogs))
    assert loaded.shape == (4, 5, 3)
    assert loaded.images[:, 0, 0].tolist() == [[10] * 3, [20] * 3, [30] * 3, [1, 2, 3]]
    assert loaded.note.endswith("0 left out; 3 gray among RGB made RGB.")


@pytest.mark.parametrize("background", [255, 0])
def test_transparent_images_are_laid_on_a_background(cats_and_dogs, background):
    _save(cats_and_dogs / "dog/b.png", (10, 0), mode="LA")
    loaded = folder.read(cats_and_dogs, background=background)
    assert (loaded.images[-1] == background).all()
    level = {255: "white", 0: "black"}[background]
    assert f"1 with transparency laid on {level}" in loaded.note


def test_an_image_that_does_not_say_what_it_shows_is_refused(tmp_path):
    _save(tmp_path / "all/0.tif", 0.5, mode="F")
    with pytest.raises(DataError, match=r"0\.tif has floating-point numbers.*8 bits"):
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


def test_all_corrupt_images_are_named_at_once(cats_and_dogs):
    for number in range(6):
        (cats_and_dogs / f"dog/b{number}.png").write_bytes(b"no image")
    with pytest.raises(DataError) as caught:
        data.load(str(cats_and_dogs))
    said = str(caught.value)
    assert "b0.png cannot be read" in said
    assert "Nor can 5 more: " in said
    assert "b3.png, ..." in said
    assert said.endswith("remove the unreadable files.")
    assert "\n" not in said


# --------------------------------------------------------------- which files are read


def test_one_line_says_how_many_files_were_used_and_left_out(cats_and_dogs):
    for name in ("README.txt", "cat/Thumbs.db", "cat/._a.png", ".cache/x.png"):
        (cats_and_dogs / name).parent.mkdir(exist_ok=True)
        (cats_and_dogs / name).write_bytes(b"x")
    _save(cats_and_dogs / "__MACOSX/cat/a.png", 1)
    _save(cats_and_dogs / "cat/@eaDir/a.png", 1)
    _save(cats_and_dogs / "c.png", 200)
    (cats_and_dogs / "cat/notes.heic").write_bytes(b"x")
    loaded = data.load(str(cats_and_dogs))
    assert (len(loaded), loaded.class_names) == (3, ("cat", "dog"))
    assert loaded.note == (
        f"The folder {cats_and_dogs} (train): 3 files used, 8 left out (5 hidden or "
        "the system's, 2 not readable as pictures: .heic .txt, 1 outside the class "
        "folders)."
    )


def test_pictures_of_any_suffix_or_none_are_read_at_any_depth(tmp_path):
    _save(tmp_path / "cat/a.gif", 10)
    _save(tmp_path / "cat/2020/may/b.jpeg", 20)
    (tmp_path / "cat/2020/may/b.jpeg").rename(tmp_path / "cat/2020/may/b.JFIF")
    _save(tmp_path / "cat/c.png", 30)
    (tmp_path / "cat/c.png").rename(tmp_path / "cat/c")
    _save(tmp_path / "dog/d.png", 40)
    loaded = data.load(str(tmp_path))
    assert loaded.images[:, 0, 0, 0].tolist() == [20, 10, 30, 40]  # 2020 is before a
    assert loaded.labels.tolist() == [0, 0, 0, 1]
    assert "4 files used, 0 left out" in loaded.note
    # Images to be evaluated are found by the same reader.
    np.testing.assert_array_equal(folder.flat(tmp_path).images, loaded.images)


def test_linked_folders_are_followed_and_circles_are_not(tmp_path):
    _save(tmp_path / "far/a.png", 100)
    _save(tmp_path / "set/cat/b.png", 200)
    (tmp_path / "set/dog").symlink_to(tmp_path / "far")
    (tmp_path / "set/cat/round").symlink_to(tmp_path / "set")
    (tmp_path / "set/cat/lost.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "set/cat/itself.png").symlink_to("itself.png")
    loaded = data.load(str(tmp_path / "set"))
    assert loaded.images[:, 0, 0, 0].tolist() == [200, 100]
    assert "2 broken links, 1 links to a parent folder" in loaded.note
    np.testing.assert_array_equal(folder.flat(tmp_path / "set").images, loaded.images)


def test_further_frames_are_counted(tmp_path):
    frames = [Image.new("L", (5, 4), value) for value in (50, 100, 150)]
    (tmp_path / "all").mkdir()
    frames[0].save(tmp_path / "all/a.gif", save_all=True, append_images=frames[1:])
    _save(tmp_path / "all/b.png", 200)
    loaded = data.load(str(tmp_path))
    assert loaded.images[:, 0, 0, 0].tolist() == [50, 200]
    assert loaded.note.endswith("0 left out; 2 further frames of 1 not used.")


def test_what_is_no_regular_file_is_passed_over_at_once(tmp_path):
    _save(tmp_path / "all/a.png", 100)
    os.mkfifo(tmp_path / "all/pipe.png")
    (tmp_path / "all/zero.png").symlink_to("/dev/zero")
    _save(tmp_path / "all/folder.png/b.png", 200)
    loaded = data.load(str(tmp_path))
    assert len(loaded) == 2
    assert "2 files used, 2 left out (2 not regular files)" in loaded.note


def test_a_folder_that_cannot_be_listed_is_named(cats_and_dogs, monkeypatch):
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"dog cannot be listed: Permission denied\."):
        data.load(str(cats_and_dogs))


def test_a_folder_of_nothing_that_can_be_read_says_what_it_has(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"x")
    with pytest.raises(
        DataError, match=r"holds no images .* 1 left out \(1 not .*heic"
    ):
        folder.flat(tmp_path)


def test_images_outside_class_folders_are_refused_with_a_remedy(tmp_path):
    _save(tmp_path / "0.png", 0)
    with pytest.raises(
        DataError, match=r"no class sub-folders.*one sub-folder per class"
    ):
        data.load(str(tmp_path))


def test_a_further_folder_of_images_makes_no_classes_of_the_splits(tmp_path):
    for name in ("train", "test", "masks"):
        _save(tmp_path / name / "0.png", 7)
    found = folder.read(tmp_path, "train")
    assert (len(found), found.class_names) == (1, ("all",))
    assert len(folder.read(tmp_path, "test")) == 1
    assert "1 left out" in found.note
