import pathlib
import shutil

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, tfds_source


def _store(root, name="pets", version="1.0.0", config=None, *, label=True, image=None):
    """Writes a prepared TFDS set that no builder code knows: 5 + 2 images."""
    import tensorflow_datasets as tfds

    features = {"image": image or tfds.features.Image(shape=(4, 5, 1)), "id": np.int64}
    if label:
        features["label"] = tfds.features.ClassLabel(names=["cat", "dog"])
    examples = [
        {
            "image": np.full((4, 5 + index % 2 * bool(image), 1), index, np.uint8),
            "id": index,
            "label": index % 2,
        }
        for index in range(7)
    ]
    examples = [{key: row[key] for key in features} for row in examples]
    examples = list(enumerate(examples))
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=version,
        config=config,
        features=tfds.features.FeaturesDict(features),
        split_datasets={"train": examples[:5], "test": examples[5:]},
        data_dir=root,
        disable_shuffling=True,
    )
    return root


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return str(_store(tmp_path_factory.mktemp("tfds")))


@pytest.fixture
def no_tfds_builder(monkeypatch):
    """Fails if anything but reading the prepared set is tried."""
    import tensorflow_datasets as tfds

    def refuse(*args, **kwargs):
        raise AssertionError("looked beyond the prepared set")

    monkeypatch.setattr(tfds, "builder", refuse)


@pytest.mark.usefixtures("no_tfds_builder")
def test_a_prepared_set_is_read_without_builder_code(prepared):
    train = data.load("pets", "train", prepared)
    np.testing.assert_array_equal(train.images[:, 0, 0, 0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(train.labels, [0, 1, 0, 1, 0])
    assert train.shape == (4, 5, 1)
    assert train.class_names == ("cat", "dog")
    assert (train.name, train.split) == ("pets 1.0.0", "train")


def test_each_split_has_its_own_images(prepared):
    test = data.load("pets", "test", prepared)
    np.testing.assert_array_equal(test.images[:, 0, 0, 0], [5, 6])


def test_whether_there_is_a_test_split_is_known(prepared, tmp_path):
    assert data.has_test("pets", prepared)
    shutil.copytree(prepared, tmp_path / "tfds")
    (path,) = (tmp_path / "tfds").rglob("dataset_info.json")
    path.write_text(path.read_text().replace('"test"', '"other"'))
    assert not data.has_test("pets", str(tmp_path / "tfds"))
    path.write_text("{")
    assert data.has_test("pets", str(tmp_path / "tfds"))
    assert data.has_test("absent", prepared)


def test_a_part_of_a_split_is_its_beginning(prepared):
    part = data.load("pets", "train[:3]", prepared)
    np.testing.assert_array_equal(part.images[:, 0, 0, 0], [0, 1, 2])


def test_the_data_folder_may_come_from_the_environment(prepared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", prepared)
    assert len(data.load("pets")) == 5


def test_a_set_without_class_label_has_the_one_class_all(tmp_path):
    _store(tmp_path, label=False)
    loaded = data.load("pets", "train", str(tmp_path))
    assert loaded.class_names == ("all",)
    np.testing.assert_array_equal(loaded.images[:, 0, 0, 0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(loaded.labels, np.zeros(5))


def test_a_config_is_part_of_the_reported_name(tmp_path):
    _store(tmp_path, config="small")
    loaded = data.load("pets/small", "train", str(tmp_path))
    assert loaded.name == "pets/small 1.0.0"
    assert len(data.load("pets/small:1.0.0", "test", str(tmp_path))) == 2


def test_the_highest_prepared_version_is_taken_by_number(tmp_path):
    for version in ("9.0.0", "10.0.0", "2.0.0", "10.0.0.incompleteABC"):
        folder = tmp_path / "pets" / version
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").touch()
    (tmp_path / "pets" / "11.0.0").mkdir()

    def found(version):
        folder = tfds_source.prepared_folder(tmp_path, "pets", None, version)
        return folder and folder.name

    assert found(None) == "10.0.0"
    assert found("9.0.0") == "9.0.0"
    assert found("2.*.*") == "2.0.0"
    assert found("3.0.0") is None


def test_an_unknown_split_is_refused_naming_those_there_are(prepared):
    with pytest.raises(DataError, match="no split 'validation'; it has test, train"):
        data.load("pets", "validation", prepared)


@pytest.mark.parametrize("split", ["train[", "train[:x]", "test[5:"])
def test_a_malformed_part_is_refused(prepared, split):
    with pytest.raises(DataError, match="no split"):
        data.load("pets", split, prepared)


def test_a_part_with_no_images_is_refused(prepared):
    with pytest.raises(DataError, match=r"no images in the split 'train\[:0\]'"):
        data.load("pets", "train[:0]", prepared)


def test_images_of_mixed_sizes_are_refused(tmp_path):
    import tensorflow_datasets as tfds

    _store(tmp_path, image=tfds.features.Image(shape=(None, None, 1)))
    with pytest.raises(DataError, match=r"mixed sizes.*one size is needed"):
        data.load("pets", "train", str(tmp_path))


def test_a_set_without_images_is_refused_naming_what_it_has(tmp_path):
    import tensorflow_datasets as tfds

    tensor = tfds.features.Tensor(shape=(4, None, 1), dtype=np.uint8)
    _store(tmp_path, image=tensor)
    with pytest.raises(DataError, match=r"no image under the key 'image'.*id"):
        data.load("pets", "train", str(tmp_path))


def _damage(path, how):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        del content[-20:]
    elif how == "changed":
        content[len(content) // 2] ^= 0xFF
    else:
        content.clear()
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["truncated", "changed", "emptied", "missing"])
def test_a_damaged_record_file_is_named_by_its_path(prepared, tmp_path, how):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    (path,) = pathlib.Path(tmp_path).glob("pets/1.0.0/*train.tfrecord*")
    _damage(path, how) if how != "missing" else path.unlink()
    with pytest.raises(DataError, match="missing, truncated or corrupt") as error:
        data.load("pets", "train", str(tmp_path))
    assert str(path) in str(error.value)


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json"])
def test_a_damaged_description_is_named_by_its_folder(prepared, tmp_path, name):
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    (tmp_path / "pets/1.0.0" / name).write_text('{"name": ')
    with pytest.raises(DataError, match=r"1\.0\.0 cannot be opened"):
        data.load("pets", "train", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "reported", "shape", "train", "test"),
    [
        ("mnist", "mnist 3.0.1", (28, 28, 1), 60000, 10000),
        ("cifar10_jpeg", "CIFAR-10 (JPEG copy) 1.0.0", (32, 32, 3), 50000, 10000),
        ("mnist_m", "mnist_m 1.0.0", (32, 32, 3), 59001, 9001),
        ("svhn_subset", "svhn_subset 1.0.0", (32, 32, 3), 1083, 486),
    ],
)
def test_real_sets_have_their_numbers_of_images(
    tfds_dir, name, reported, shape, train, test
):
    info = tfds_source.prepared_folder(pathlib.Path(tfds_dir), name, None, None)
    if info is None:
        pytest.skip(f"{name} is not prepared in {tfds_dir}")
    loaded = data.load(name, "test", str(tfds_dir))
    assert (len(loaded), loaded.shape, loaded.name) == (test, shape, reported)
    assert set(loaded.labels) == set(range(10))
    assert len(data.load(name, f"train[{train - 1}:]", str(tfds_dir))) == 1


def test_mnist_test_digits_have_their_known_shares(tfds_dir):
    counts = np.bincount(data.load("mnist", "test", str(tfds_dir)).labels)
    known = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    np.testing.assert_array_equal(counts, known)
