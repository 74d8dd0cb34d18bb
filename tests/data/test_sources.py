import numpy as np
import pytest
from sklearn.datasets import load_digits

from ganzoo import data
from ganzoo.data import DataError, sources


def _write(path, **arrays):
    np.savez_compressed(path, **arrays)
    return str(path)


def _images(count=6):
    return np.arange(count * 16).reshape(count, 4, 4).astype(np.uint8)


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


def test_npz_gives_back_its_arrays(tmp_path):
    labels = np.array([2, 0, 1, 1, 0, 2])
    path = _write(tmp_path / "mine.npz", images=_images(), labels=labels)
    loaded = data.load(path)
    np.testing.assert_array_equal(loaded.images[..., 0], _images())
    np.testing.assert_array_equal(loaded.labels, labels)
    assert (loaded.name, loaded.split) == ("mine", "train")
    assert loaded.class_names == ("0", "1", "2")


def test_npz_may_have_no_labels(tmp_path):
    assert data.load(_write(tmp_path / "x.npz", images=_images())).class_names == (
        "all",
    )


def test_npz_may_name_its_classes(tmp_path):
    arrays = {"labels": np.zeros(6, int), "class_names": np.array(["cat", "dog"])}
    path = _write(tmp_path / "x.npz", images=_images(), **arrays)
    assert data.load(path).class_names == ("cat", "dog")


def test_npz_test_split_shares_its_classes_with_the_train_split(tmp_path):
    path = _write(
        tmp_path / "x.npz",
        images=_images(),
        labels=np.array([0, 1, 2, 3, 0, 1]),
        test_images=_images(2) + np.uint8(100),
        test_labels=np.array([0, 1]),
    )
    test = data.load(path, "test")
    np.testing.assert_array_equal(test.images[..., 0], _images(2) + np.uint8(100))
    assert test.class_names == data.load(path).class_names == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": _images()}, r"no array 'images'; it has x.*savez_compressed"),
        ({"images": _images() / 255}, r"float64.*np\.round\(255 \* images\)"),
        ({"images": np.full((2, 4, 4), np.nan)}, "NaN"),
        ({"images": _images(), "labels": np.zeros(5, int)}, r"\(5,\), but \(6,\)"),
        ({"images": _images(), "labels": -np.ones(6, int)}, "label -1 of image 0"),
        ({"images": np.array([None])}, "cannot be read"),
    ],
)
def test_wrong_npz_is_refused_in_words(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        data.load(_write(tmp_path / "bad.npz", **arrays))


def test_npz_label_beyond_its_class_names_is_refused(tmp_path):
    arrays = {"labels": np.full(6, 2), "class_names": np.array(["cat", "dog"])}
    path = _write(tmp_path / "x.npz", images=_images(), **arrays)
    with pytest.raises(DataError, match="label 2 of image 0 is out of range"):
        data.load(path)


def test_npz_without_test_images_has_no_test_split(tmp_path):
    path = _write(tmp_path / "x.npz", images=_images())
    with pytest.raises(DataError, match=r"no split 'test'; it has train.*test_images"):
        data.load(path, "test")


@pytest.mark.parametrize("keep", [0, 10, 100])
def test_a_truncated_npz_is_named_by_its_path(tmp_path, keep):
    path = tmp_path / "broken.npz"
    _write(path, images=_images())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"broken\.npz cannot be read"):
        data.load(str(path))


def test_an_npz_with_a_damaged_array_is_named_by_its_path(tmp_path):
    path = tmp_path / "broken.npz"
    np.savez(path, images=_images())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.npz cannot be read"):
        data.load(str(path))


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
    with pytest.raises(DataError, match=r"images\.tar' is no folder"):
        data.load(str(path))


def test_an_existing_folder_goes_before_a_tfds_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    with pytest.raises(DataError, match="folder mnist holds no class sub-folders"):
        data.load("mnist")


def test_loading_digits_does_not_import_tfds(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_datasets", None)
    assert len(sources.digits("test")) == 296
