"""A checkpoint is whole, and knows it."""

import resource

import h5py
import keras
import numpy as np
import pytest

from ganzoo import files
from ganzoo.runs import checkpoints

FACTS = {"logs": {"steps.csv": {"rows": 3}}, "files": {"samples/é.png": None}}


def network(value: float = 9.0) -> keras.Model:
    layers = [keras.Input((3,)), keras.layers.Dense(20), keras.layers.Dense(2)]
    model = keras.Sequential(layers)
    for weight in model.weights:
        weight.assign(np.full(weight.shape, value))
    return model


def values(model) -> set:
    return {float(v) for w in model.weights for v in w.numpy().ravel()}


@pytest.fixture
def path(tmp_path):
    path = checkpoints.path(tmp_path, 7)
    checkpoints.save(network(0.25), path, FACTS)
    return path


def test_weights_and_facts_come_back(path, tmp_path):
    model = network()
    assert checkpoints.load(model, path) == FACTS
    assert values(model) == {0.25}
    assert checkpoints.of(tmp_path) == [path]
    assert checkpoints.step(path) == 7
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_it_is_still_a_file_of_keras(path):
    model = network()
    model.load_weights(path)
    assert values(model) == {0.25}
    with h5py.File(path) as file:
        assert "layers" in file


def test_one_of_an_earlier_version_is_read(tmp_path):
    path = tmp_path / "old.weights.h5"
    network(0.5).save_weights(path)
    model = network()
    assert checkpoints.load(model, path) is None
    assert values(model) == {0.5}


def test_no_flipped_bit_is_loaded(path):
    whole, model = path.read_bytes(), network()
    chance = np.random.default_rng(0)
    some = chance.integers(0, 8 * len(whole), 50)
    last = 8 * np.arange(len(whole) - 180, len(whole))  # the facts and the SHA-256
    for bit in [*some, *(last + chance.integers(0, 8, len(last)))]:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(files.DamagedError, match="is damaged: its") as error:
            checkpoints.load(model, path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize("lost", [1, 50, 100, 150, 200, 1000])
@pytest.mark.parametrize("zeros", [False, True], ids=["cut off", "zeros"])
def test_one_whose_end_is_lost_is_not_taken_for_an_earlier_versions(path, lost, zeros):
    """A block of a disk that is gone takes the SHA-256 with it, and some weights."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost] + bytes(lost if zeros else 0))
    with pytest.raises((files.DamagedError, OSError)):
        checkpoints.load(network(), path)


def test_a_full_disk_is_one_error_and_leaves_the_old_file(path):
    whole, size = path.read_bytes(), path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in [*range(0, size, 997), size - 1]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        try:
            with pytest.raises(files.DiskFullError) as caught:
                checkpoints.save(network(0.75), path, FACTS)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert f"{path} could not be written" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == whole
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    checkpoints.save(network(0.75), path, FACTS)
    assert checkpoints.load(network(), path) == FACTS


def test_an_error_that_is_none_of_the_disks_is_left_as_it_is(tmp_path):
    class Broken:
        def save_weights(self, file):
            raise RuntimeError("no such layer")

    with pytest.raises(RuntimeError, match="no such layer"):
        checkpoints.save(Broken(), tmp_path / "a.weights.h5")
    assert not list(tmp_path.iterdir())


def test_links_to_other_files_are_not_followed(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.ones((3, 2))
    path = tmp_path / "old.weights.h5"
    network(0.5).save_weights(path)
    with h5py.File(path, "a") as file:
        file["stranger"] = h5py.ExternalLink(secret, "kernel")
    with pytest.raises(ValueError, match=r"link|file"):
        checkpoints.load(network(), path)


def test_a_disk_that_cannot_grow_is_told_of_afterwards(tmp_path):
    with open(tmp_path / "read_only", "wb") as file:
        pass
    with open(tmp_path / "read_only", "rb", buffering=0) as file:
        stream = checkpoints._Stream(file)
        stream.truncate(100)  # HDF5 must not see it: it would end the process
        first = stream.error
        assert isinstance(first, OSError)
        stream.write(b"more")
        assert stream.error is first


def test_no_save_makes_an_optimizer(tmp_path, monkeypatch):
    """Keras 3.15 would make one per save, whose variables are never freed."""
    from keras.src.optimizers.optimizer import Optimizer

    made, before = [], Optimizer.__init__

    def noted(self, *args, **kwargs):
        made.append(self)
        before(self, *args, **kwargs)

    model = network()
    model.compile(keras.optimizers.Adam(), "mse")
    model.optimizer.build(model.trainable_variables)
    checkpoints.save(model, checkpoints.path(tmp_path, 1))
    monkeypatch.setattr(Optimizer, "__init__", noted)
    checkpoints.save(model, checkpoints.path(tmp_path, 2))
    assert not made
