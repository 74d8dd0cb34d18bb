import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ganzoo import data
from ganzoo.data import DataError, sources


@pytest.fixture(scope="module")
def digits():
    return {split: data.load("digits", split) for split in ("train", "test")}


def test_digits_are_all_1797_in_two_splits(digits):
    assert (len(digits["train"]), len(digits["test"])) == (1501, 296)
    labels = np.concatenate([digits["train"].labels, digits["test"].labels])
    np.testing.assert_array_equal(
        np.bincount(labels), np.bincount(load_digits().target)
    )


def test_a_sixth_of_every_digit_is_test(digits):
    train, test = (np.bincount(digits[split].labels) for split in ("train", "test"))
    np.testing.assert_array_equal(test, (train + test) // 6)


def test_digits_have_the_form_of_mnist(digits):
    for part in digits.values():
        assert part.shape == (28, 28, 1)
        np.testing.assert_array_equal(part.images.max(axis=(1, 2, 3)), 255)
        frame = part.images.copy()
        frame[:, 3:-3, 3:-3] = 0
        # White on black, in the middle 20x20: outside it strokes only fade out.
        assert part.images.mean() > 30
        assert frame.mean() < 1


def test_digits_reduced_again_are_the_originals(digits):
    place = np.zeros(1797, int)
    target = load_digits().target
    for label in range(10):
        place[target == label] = np.arange((target == label).sum())
    originals = load_digits().images[place % 6 == 5]
    inner = digits["test"].images[:, 4:-4, 4:-4, 0].astype(float)
    for original, image in zip(originals, inner, strict=True):
        reduced = image.reshape(4, 5, 4, 5).mean(axis=(1, 3))
        blocks = original.reshape(4, 2, 4, 2).mean(axis=(1, 3))
        assert np.corrcoef(reduced.ravel(), blocks.ravel())[0, 1] > 0.95


def test_digits_are_the_same_every_time(digits):
    again = data.load("digits", "test")
    assert again.fingerprint == digits["test"].fingerprint
    assert again.name == "digits"
    assert again.class_names == tuple("0123456789")


def test_an_unknown_split_of_digits_is_refused_naming_those_there_are():
    with pytest.raises(DataError, match="no split 'validation'; it has train, test"):
        data.load("digits", "validation")


@pytest.mark.parametrize("name", ["missing.npz", "./missing", "/missing/folder"])
def test_a_missing_path_is_refused_naming_the_choices(name):
    with pytest.raises(DataError, match=r"missing.*'digits'.*folder.*\.npz.*TFDS"):
        data.load(name)


@pytest.mark.parametrize("name", ["", "two words", "C&A", "mnist:latest"])
def test_what_is_no_name_is_refused_naming_the_choices(name):
    with pytest.raises(DataError, match=r"'digits'.*folder.*\.npz.*TFDS"):
        data.load(name)


def test_a_file_that_is_neither_folder_nor_npz_is_refused(tmp_path):
    path = tmp_path / "images.tar"
    path.write_bytes(b"x")
    with pytest.raises(DataError, match=r"images\.tar' is not a folder"):
        data.load(str(path))


def test_an_existing_folder_goes_before_a_tfds_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    with pytest.raises(DataError, match="folder mnist holds no class sub-folders"):
        data.load("mnist")


def test_a_name_of_two_sets_is_refused_with_a_way_to_say_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in (("digits", 100), ("mnist", 200)):
        (tmp_path / name / "cat").mkdir(parents=True)
        Image.new("L", (5, 4), value).save(tmp_path / name / "cat/1.png")
    with pytest.raises(
        DataError, match=r"'digits' is .*with ganzoo.*folder.*\./digits"
    ):
        data.load("digits")
    assert data.load("./digits").images.max() == 100
    assert data.load("mnist", data_dir=str(tmp_path / "none")).images.max() == 200
    prepared = tmp_path / "tfds/mnist/3.0.1"
    prepared.mkdir(parents=True)
    (prepared / "dataset_info.json").write_text("{}")
    message = r"'mnist' is a data set of TFDS in .*\./mnist; .* mnist:3\.0\.1\."
    with pytest.raises(DataError, match=message):
        data.load("mnist", data_dir=str(tmp_path / "tfds"))
    # The set's own folder is not another one of that name.
    monkeypatch.chdir(tmp_path / "tfds")
    data.check("mnist", ".")
    assert not data.is_own("mnist")
    with pytest.raises(DataError, match=r"Give its name, mnist, and .*tfds as data"):
        data.load(str(tmp_path / "tfds/mnist"))


def test_which_sets_are_a_users_own(tmp_path):
    (tmp_path / "pets/cat").mkdir(parents=True)
    assert data.is_own(str(tmp_path / "pets"))
    assert data.is_own("any.npz")
    assert not any(map(data.is_own, ("digits", "mnist", "", str(tmp_path / "absent"))))


def test_a_check_reads_no_images(tmp_path):
    (tmp_path / "pets/cat").mkdir(parents=True)
    (tmp_path / "pets/cat/broken.png").write_bytes(b"x")
    data.check(str(tmp_path / "pets"))
    data.check("digits")
    for name in ("", "/nowhere", str(tmp_path / "pets/cat"), "absent.npz"):
        with pytest.raises(DataError):
            data.check(name)


def test_loading_digits_does_not_import_tfds(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_datasets", None)
    assert len(sources.digits("test")) == 296


def test_which_sets_have_test_images(tmp_path):
    images = np.zeros((3, 2, 2, 1), np.uint8)
    np.savez(tmp_path / "one.npz", images=images)
    np.savez(tmp_path / "two.npz", images=images, test_images=images)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    for folder in ("plain/cat", "split/train/cat", "split/test/cat"):
        (tmp_path / folder).mkdir(parents=True)
    without = {"one.npz", "plain"}
    for name in ("one.npz", "two.npz", "broken.npz", "absent.npz", "plain", "split"):
        assert data.has_test(str(tmp_path / name)) is (name not in without)
    assert data.has_test("mnist")
    assert data.has_test("digits")
    assert data.has_test("")


def test_arrays_are_refused_with_the_function_that_takes_them():
    pixels = np.zeros((4, 2, 2, 1), np.uint8)
    for use in (
        lambda: data.load(pixels),
        lambda: data.training_batches(pixels, 2, seed=0),
        lambda: data.evaluation_batches(pixels, 2),
    ):
        with pytest.raises(data.DataError, match=r"data\.image_set\(images, labels"):
            use()
