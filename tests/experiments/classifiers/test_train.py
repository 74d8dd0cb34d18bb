import numpy as np
import pytest
import tensorflow as tf

from experiments.classifiers import train
from experiments.classifiers.train import Config, Task, install
from ganzoo.data.augmentation import shift_offsets
from ganzoo.metrics import features

MOST = 2


def test_offsets_are_a_function_of_seed_and_step_and_reach_both_ends():
    def drawn(seed, step):
        return shift_offsets(seed, tf.constant(step, tf.int64), 200, MOST).numpy()

    np.testing.assert_array_equal(drawn(3, 5), drawn(3, 5))
    assert not np.array_equal(drawn(3, 5), drawn(3, 6))
    assert not np.array_equal(drawn(3, 5), drawn(4, 5))
    assert set(drawn(3, 5).ravel()) == {-2, -1, 0, 1, 2}


TASK = Task("some_classifier", ("some",), (8, 8, 1), 0.9, None)


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A run folder's two files, and an empty folder in place of the package's."""
    run_folder, package = tmp_path / "run", tmp_path / "package"
    for folder in (run_folder, package):
        folder.mkdir()
    for name in ("some_classifier.json", "some_classifier.npz"):
        (run_folder / name).write_text(name)
    monkeypatch.setattr(features, "FOLDER", package)
    return run_folder, package


def test_a_poor_classifier_is_not_installed(finished):
    run_folder, package = finished
    with pytest.raises(ValueError, match=r"not installed: .* 0\.8999 is below 0\.9"):
        install(run_folder, TASK, test_accuracy=0.8999)
    assert list(package.iterdir()) == []


def test_a_good_classifier_is_installed_byte_by_byte(finished):
    run_folder, package = finished
    install(run_folder, TASK, test_accuracy=0.9)
    assert {path.name: path.read_bytes() for path in package.iterdir()} == {
        path.name: path.read_bytes() for path in run_folder.iterdir()
    }


def test_only_a_classifier_of_its_own_data_is_installed(tmp_path):
    config = Config("other:1.0.0", str(tmp_path), install=True)
    with pytest.raises(ValueError, match="only a classifier of some can be installed"):
        train.run(config, TASK)
