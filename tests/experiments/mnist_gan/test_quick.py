import dataclasses

import numpy as np
import pytest
from PIL import Image

from experiments.mnist_gan import PAPER, Quick, quick
from experiments.mnist_gan.config import VARIANTS, Compare
from ganzoo import data, plots, runs
from ganzoo.files import read_json, read_rows

EPOCH = 150  # steps, for 64 images in batches of 32
CONFIG = Quick(
    train_images=64,
    epochs=2,
    width=2,
    latent_dim=4,
    sample_count=20,
    measure_samples=40,
    deterministic=False,  # would be for the whole process
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of two epochs of few steps."""
    output = tmp_path_factory.mktemp("quick") / "run"
    return PAPER.run(dataclasses.replace(CONFIG, output=str(output)))


def test_a_run_measures_saves_and_reports(folder):
    last = read_rows(folder.path / "history.csv")[-1]
    assert last["epoch"] == 2
    assert last["frechet_distance"] > 0
    assert 0 <= last["confident_share"] <= 1
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# A quick GAN for digits: digits")
    assert "not the paper's settings" in report
    assert read_json(folder.path / "manifest.json")["starts"][0]["step"] == 0


def test_the_grid_has_a_column_per_digit(folder):
    model = PAPER.experiments["quick"].build_model(CONFIG)
    folder.restore(model, steps=2 * EPOCH, epoch_steps=EPOCH)
    images = model.generate(20, np.tile(np.arange(10), 2), average=True)
    grid = plots.tile(data.to_uint8(images), columns=10)
    saved = np.array(Image.open(folder.path / "samples" / "epoch_0002.png"))
    np.testing.assert_array_equal(saved, np.kron(grid.squeeze(), np.ones((3, 3))))


@pytest.mark.parametrize(
    ("batches", "steps"), [(1, 150), (46, 184), (149, 298), (150, 150), (151, 151)]
)
def test_an_epoch_is_whole_passes_of_at_least_150_steps(batches, steps):
    assert Quick().steps_per_epoch(32 * batches + 31) == steps
    assert Quick(smoke=True).steps_per_epoch(32 * batches) == batches


def test_a_run_with_shorter_epochs_is_not_numbered_on(folder):
    model = PAPER.experiments["quick"].build_model(CONFIG)
    with pytest.raises(runs.RunError, match="has epochs of 150 steps, which would now"):
        folder.restore(model, steps=2 * EPOCH, epoch_steps=EPOCH // 2)


def test_without_labels_the_networks_are_unconditional():
    step = quick.EXPERIMENT.train_step(dataclasses.replace(CONFIG, labels=False))
    assert step.model.num_classes is None
    assert step.batch.shape == (32, 28, 28, 1)


def test_another_number_of_classes_is_refused(tmp_path):
    images = np.zeros((40, 28, 28), np.uint8)
    images[::2, 5:20, 5:20] = 255
    path = tmp_path / "two.npz"
    np.savez(path, images=images, labels=np.arange(40) % 2)
    config = Quick(dataset=str(path), output=str(tmp_path / "run"), batch_size=4)
    with pytest.raises(data.DataError, match="has 2 classes"):
        PAPER.run(config)


def test_the_claims_are_about_the_whole_run_on_the_embedded_digits():
    settings = dataclasses.asdict(Quick())
    values = quick.EXPERIMENT.reference_values
    assert [v.when(settings) for v in values] == [True] * 12
    assert not any(v.when(settings | {"epochs": 2}) for v in values)
    assert not any(v.when(settings | {"dataset": "mnist"}) for v in values)


def test_seeds_are_compared_in_one_report(tmp_path):
    asked = Compare(("quick", "wide"), seeds=2, output=str(tmp_path / "c"), smoke=True)
    folder = PAPER.run(asked)
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "Mean and standard deviation over 2 seeds" in report
    wide = read_json(folder / "wide_seed1" / "config.json")
    assert (wide["seed"], wide["width"]) == (1, VARIANTS["wide"]["width"])
