import csv
import dataclasses
import json

import numpy as np
import pytest

from experiments import cifar10_gan, mnist_gan
from experiments.harness import discover, publish
from experiments.harness.pages import fill
from ganzoo import distribute, float16_weights, networks, plots, zoo
from ganzoo.zoo import catalog, generators

pytestmark = pytest.mark.usefixtures("without_graphs")


@pytest.fixture
def finished_run(tmp_path, monkeypatch):
    """A run folder as two epochs leave it, in a working directory with a README."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path / "zoo")
    (tmp_path / "zoo").mkdir()
    text = "before\n<!-- results: mnist_gan -->\nold\n<!-- end -->\nafter\n"
    (tmp_path / "README.md").write_text(text)
    settings = mnist_gan.Config(
        dataset="digits", epochs=2, measure_samples=20, latent_dim=8, output="run"
    )
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "figures").mkdir()
    plots.save_image(folder / "figures" / "samples.png", np.zeros((4, 4, 1), np.uint8))
    (folder / "report.md").write_text("# A report\n")
    (folder / "config.json").write_text(json.dumps(dataclasses.asdict(settings)))
    start = {
        "command": "python -m experiments.mnist_gan --data-dir /some/where/tfds",
        "time": "2026-01-02T03:04:05+00:00",
        "system": "Linux x86_64",
        "devices": "1 CPU",
        "cpu_cores": 2,
    }
    (folder / "manifest.json").write_text(json.dumps({"starts": [start]}))
    shares = {f"class_{k}": 0.1 for k in range(10)}
    row = {"frechet_distance": 7.5, "confident_share": 0.5, "classifier_score": 4}
    (folder / "floor.json").write_text(json.dumps(row | shares))
    (folder / "measures.json").write_text(json.dumps({"count": 20}))
    with open(folder / "history.csv", "w") as file:
        writer = csv.DictWriter(file, ["epoch", "seconds", *row, *shares])
        writer.writeheader()
        for epoch in (1, 2):
            writer.writerow({"epoch": epoch, "seconds": 2.7} | row | shares)
    gan = mnist_gan.EXPERIMENT.build_model(settings)
    gan.save_weights(folder / "checkpoints" / "step_00000010.weights.h5")
    return gan


def test_publishing_copies_the_report_and_fills_the_readme(finished_run):
    publish.publish(publish.Config(run="run"))
    assert publish.Path("reports/mnist_gan/report.md").read_text() == "# A report\n"
    assert publish.Path("reports/mnist_gan/figures/samples.webp").exists()
    readme = publish.Path("README.md").read_text()
    assert readme.startswith("before\n<!-- results: mnist_gan -->\n`python -m")
    assert readme.endswith("<!-- end -->\nafter\n")
    assert "old" not in readme
    assert "/some/where" not in readme
    assert "| 2 | 7.50 | 50.0% | 4.00 | 10.0% | 10.0% |" in readme


def test_publishing_puts_the_checkpoint_into_the_zoo_and_measures_it(finished_run):
    publish.publish(publish.Config(run="run", zoo="mine", faults="none known"))
    card = zoo.card("mine")
    assert card["known_faults"] == "none known"
    assert card["training_seconds"] == 5
    assert card["measures"]["count"] == 20
    assert sum(card["measures"]["class_shares"]) == pytest.approx(1)
    assert "data_dir" not in card["config"]
    stored = zoo.load("mine").get_weights()
    for expected, found in zip(
        finished_run.generator.get_weights(), stored, strict=True
    ):
        np.testing.assert_allclose(expected, found, atol=1e-3)


def test_a_readme_without_markers_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("nothing\n")
    with pytest.raises(ValueError, match="results: mnist_gan"):
        fill(tmp_path / "README.md", "mnist_gan", "text")


@pytest.mark.parametrize("name", ["minibatch", "infogan", "stacked"])
def test_every_kind_of_generator_finds_its_way_into_the_zoo(
    finished_run, tmp_path, name
):
    experiment, _ = discover.zoo_entries()[name]
    small = {"dataset": "digits", "measure_samples": 20, "train_images": 160}
    small |= {"infogan": {"noise_dim": 4, "units": 8}}.get(name, {"latent_dim": 4})
    settings = experiment.config(**small)
    (tmp_path / "run" / "config.json").write_text(
        json.dumps(dataclasses.asdict(settings))
    )
    gan = experiment.build_model(settings)
    for path in (tmp_path / "run" / "checkpoints").iterdir():
        path.unlink()
    gan.save_weights(tmp_path / "run" / "checkpoints" / "step_00000010.weights.h5")
    (tmp_path / "README.md").write_text(f"<!-- results: {name} -->\n<!-- end -->\n")
    report = "# T\n\n| a |\n| --- |\n| 1 |\n"
    (tmp_path / "run" / "report.md").write_text(report)

    publish.publish(publish.Config(run="run", name=name, kind=name, zoo="mine"))
    card = zoo.card("mine")
    assert card["measures"]["count"] == 20
    assert card["data"]["images"] == 160
    assert ("codes" in card) == (name == "infogan")
    stored = zoo.load("mine").get_weights()
    expected = gan.generator.get_weights()
    if settings.ema_half_life is not None:
        with gan.averaged_weights():
            expected = gan.generator.get_weights()
    for found, value in zip(stored, expected, strict=True):
        np.testing.assert_allclose(found, value, atol=1e-3)
    assert "| 1 |" in (tmp_path / "README.md").read_text()


def test_a_generator_of_cifar10_finds_its_way_into_the_zoo(
    tmp_path, monkeypatch, noise_set, published, small_classifier
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "FOLDER", tmp_path / "zoo")
    (tmp_path / "zoo").mkdir()
    config = cifar10_gan.Config(
        dataset=noise_set,
        width=4,
        latent_dim=4,
        train_images=72,
        measure_samples=20,
        output="run",
    )
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "figures").mkdir()
    (folder / "report.md").write_text("# T\n\n| a |\n| --- |\n| 1 |\n")
    (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
    start = {"command": "python -m experiments.cifar10_gan dcgan"}
    (folder / "manifest.json").write_text(json.dumps({"starts": [start]}))
    (tmp_path / "README.md").write_text("<!-- results: c -->\n<!-- end -->\n")
    gan = cifar10_gan.EXPERIMENT.build_model(config, distribute.strategy("cpu"))
    gan.save_weights(folder / "checkpoints" / "step_00000010.weights.h5")

    kind = "cifar10_dcgan"
    publish.publish(publish.Config(run="run", name="c", kind=kind, zoo="mine"))
    card = zoo.card("mine")
    assert card["title"].startswith("DC-GAN of noise, first 72, 0 steps")
    assert card["data"]["images"] == 72
    assert card["pixel_offset"] == 128
    measured = card["measures"]
    assert measured["count"] == 20
    assert measured["card"]["reference_count"] == 60
    assert measured["card"]["sha256"] == small_classifier
    noise = zoo.latents(4, 2)
    levels = np.asarray(zoo.load("mine")(noise, training=False)) * 128 + 128
    shown = zoo.sample(zoo.load("mine"), 2, pixel_offset=zoo.pixel_offset("mine"))
    np.testing.assert_allclose(shown, np.clip(levels, 0, 255), atol=0.51)


@pytest.mark.parametrize(
    ("builder", "width"),
    [
        (networks.cifar10_dcgan_generator, 64),
        (networks.cifar10_resnet_generator, 128),
        (networks.cifar10_mlp_generator, 170),
        (networks.cifar10_sndcgan_generator, 48),
    ],
)
def test_generators_of_the_widths_that_are_named_fit_into_the_zoo(builder, width):
    assert len(float16_weights.to_bytes(builder(width=width))) < zoo.MAX_BYTES
    assert builder.__name__ in generators._BUILDERS
