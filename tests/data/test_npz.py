"""Images and labels in .npz files."""

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, npz


def _write(path, **arrays):
    np.savez_compressed(path, **arrays)
    return str(path)


def _images(count=6):
    return np.arange(count * 16).reshape(count, 4, 4).astype(np.uint8)


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
        ({"images": np.array([None])}, "images holds Python objects"),
    ],
)
def test_wrong_npz_is_refused_in_words(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        data.load(_write(tmp_path / "bad.npz", **arrays))


def test_npz_labels_are_counted_from_0(tmp_path):
    labels = np.array([1, 2, 3, 4, 1, 2])
    path = _write(tmp_path / "x.npz", images=_images(), labels=labels)
    message = (
        r"labels go from 1 to 4, but are counted from 0: give labels - 1\. .*unique"
    )
    with pytest.raises(DataError, match=message):
        data.load(path)
    both = {"test_images": _images(), "test_labels": labels - 1}  # together from 0
    path = _write(tmp_path / "x.npz", images=_images(), labels=labels, **both)
    assert data.load(path).class_names == ("0", "1", "2", "3", "4")
    for names, counted in (
        ("abcde", None),
        ("abcd", r"0 to 3\. Count from 0: labels - 1"),
    ):
        arrays = {"labels": labels, "class_names": np.array(list(names))}
        path = _write(tmp_path / "x.npz", images=_images(), **arrays)
        if counted is None:
            np.testing.assert_array_equal(data.load(path).labels, labels)
            continue
        with pytest.raises(DataError, match=counted):
            data.load(path)


@pytest.mark.parametrize("kind", [float, int, bool, "uint8"])
def test_npz_labels_that_are_one_hot_are_refused_with_the_remedy(tmp_path, kind):
    hot = np.eye(3, dtype=kind)[[0, 1, 2, 2, 1, 0]]
    path = _write(tmp_path / "x.npz", images=_images(), labels=hot)
    with pytest.raises(DataError, match=r"\(6, 3\).*Give labels\.argmax\(axis=1\)"):
        data.load(path)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("images", r"np\.stack\(images\)"),
        ("labels", r"np\.array\(labels\.tolist\(\)\)"),
        ("class_names", r"np\.array\(class_names\.tolist\(\)\)"),
    ],
)
def test_npz_of_python_objects_is_refused_with_the_remedy(tmp_path, name, remedy):
    arrays = {
        "images": _images(),
        "labels": np.zeros(6, int),
        "class_names": np.array(["cat", "dog"]),
    }
    arrays[name] = arrays[name].astype(object)
    path = _write(tmp_path / "x.npz", **arrays)
    with pytest.raises(
        DataError, match=rf"{name} holds Python objects .*Save {name}={remedy}"
    ):
        data.load(path)


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


# ------------------------------------------------------------------- names of arrays


@pytest.mark.parametrize(
    "names",
    [
        ("images", "labels", "test_images", "test_labels"),
        ("x_train", "y_train", "x_test", "y_test"),  # Keras
        ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
    ],
)
def test_the_names_of_other_libraries_are_known(tmp_path, names):
    values = (
        _images(),
        np.arange(6)[:, None],
        _images(2) + np.uint8(9),
        np.ones(2, int),
    )
    path = _write(tmp_path / "x.npz", **dict(zip(names, values, strict=True)))
    assert data.has_test(path)
    train, test = data.load(path), data.load(path, "test")
    np.testing.assert_array_equal(train.images[..., 0], values[0])
    np.testing.assert_array_equal(test.images[..., 0], values[2])
    assert train.labels.tolist() == list(range(6))
    assert test.labels.tolist() == [1, 1]
    assert train.class_names == test.class_names == tuple("012345")
    assert train.note == test.note == ""


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_large_images_are_mapped_if_the_file_is_uncompressed(
    tmp_path, monkeypatch, save
):
    arrays = {"class_names": ["cat", "dog"], "images": _images(), "labels": [0, 1] * 3}
    save(tmp_path / "x.npz", **arrays, test_images=_images(2), test_labels=[1, 1])
    small = [npz.read(tmp_path / "x.npz", split) for split in ("train", "test")]
    monkeypatch.setattr(npz, "IN_MEMORY", 2 * _images()[0].nbytes + 128)
    large = [npz.read(tmp_path / "x.npz", split) for split in ("train", "test")]
    assert not any(data.is_mapped(one.images) for one in (*small, large[1]))
    assert data.is_mapped(large[0].images) is (save is np.savez)
    for one, other in zip(small, large, strict=True):
        assert one.fingerprint == other.fingerprint
        assert one.class_names == other.class_names


def test_a_single_array_without_a_name_is_taken_as_images(tmp_path):
    np.savez(tmp_path / "x.npz", _images())
    loaded = data.load(str(tmp_path / "x.npz"))
    np.testing.assert_array_equal(loaded.images[..., 0], _images())
    assert loaded.class_names == ("all",)
    assert not data.has_test(str(tmp_path / "x.npz"))


def test_several_arrays_without_names_are_refused_with_how_to_name_them(tmp_path):
    np.savez(tmp_path / "x.npz", _images(), np.zeros(6, int))
    message = r"no array 'images'; it has arr_0, arr_1\. .*without names.*images=images"
    with pytest.raises(DataError, match=message):
        data.load(str(tmp_path / "x.npz"))


def test_arrays_that_are_not_used_are_named(tmp_path):
    arrays = {"images": _images(), "x_train": _images(), "masks": _images()}
    loaded = data.load(_write(tmp_path / "x.npz", **arrays))
    assert (
        loaded.note == f"{tmp_path / 'x.npz'} (train): arrays left out: x_train, masks."
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (np.array([b"cat", "h\u00fchner".encode()]), ("cat", "h\u00fchner")),
        (np.array([3, 7]), ("3", "7")),
        (np.array(["cat", "dog"]), ("cat", "dog")),
        (np.array("cat"), r"class_names has the shape \(\), but one name per class"),
        (np.array([["cat", "dog"]]), r"class_names has the shape \(1, 2\)"),
        (np.array([b"\xff\xfe", b"dog"]), "class_names are bytes that are not UTF-8"),
    ],
)
def test_class_names_are_words(tmp_path, names, expected):
    arrays = {"images": _images(), "labels": np.arange(6) % 2, "class_names": names}
    path = _write(tmp_path / "x.npz", **arrays)
    if isinstance(expected, tuple):
        assert data.load(path).class_names == expected
        return
    with pytest.raises(DataError, match=expected):
        data.load(path)


def test_images_that_are_one_number_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"x \(train\): images have the shape \(\)"):
        data.load(_write(tmp_path / "x.npz", images=np.uint8(3)))


def test_values_of_0_to_16_are_no_pictures(tmp_path):
    few = np.arange(32).reshape(2, 4, 4).astype(np.uint8) % 17
    message = (
        r"x \(train\): .* all values are 0 to 16.*np\.rint\(images \* \(255 / 16\)\)"
    )
    with pytest.raises(DataError, match=message):
        data.load(_write(tmp_path / "x.npz", images=few))
    scaled = np.rint(few * (255 / 16)).astype(np.uint8)
    assert data.load(_write(tmp_path / "x.npz", images=scaled)).images.max() == 255
    with pytest.raises(DataError, match="all values are 0 or 1"):
        data.load(_write(tmp_path / "x.npz", images=few // 16))
    assert data.load(_write(tmp_path / "x.npz", images=few > 8)).images.max() == 255
    assert data.load(_write(tmp_path / "x.npz", images=few * 0)).images.max() == 0


def test_a_check_reads_no_array(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, images=_images())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    npz.check(path)
    for name, message in (("absent.npz", "There is no file"), ("y.npz", "no array")):
        np.savez(tmp_path / "y.npz", y=_images())
        with pytest.raises(DataError, match=message):
            npz.check(tmp_path / name)
