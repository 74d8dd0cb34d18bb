import dataclasses
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import ganzoo
from experiments import cifar10_gan, harness
from experiments.cifar10_gan import benchmark, evaluator, train
from experiments.cifar10_gan import config as configs
from experiments.cifar10_gan import data as images
from experiments.cifar10_gan.config import VARIANTS, Config
from experiments.harness import command as commands
from experiments.harness import compare
from experiments.harness import run as running
from ganzoo import data, distribute, float16_weights, losses, networks
from ganzoo.files import read_json, read_rows
from ganzoo.metrics import features
from ganzoo.runs import RunError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tiny(tmp_path, noise_set, published):
    """Returns settings of a run of a few steps on noise."""
    small = {
        "output": str(tmp_path / "run"),
        "dataset": noise_set,
        "epochs": 2,
        "batch_size": 12,
        "width": 4,
        "latent_dim": 4,
        "train_images": 72,
        "sample_count": 4,
        "extractor": "none",
        "measure_samples": 20,
        "measure_every_images": 1,
        "final_draws": 2,
        "neighbours": 8,
        # For good, and for the whole process, if it were on.
        "deterministic": False,
    }
    return lambda **changes: Config(**small | changes)


def figures_of(folder: Path, text: str) -> set[str]:
    """The figures of a report, each of which is there."""
    names = re.findall(r"!\[[^\]]+\]\(figures/(\w+)\.png\)", text)
    assert {path.stem for path in (folder / "figures").iterdir()} == set(names)
    return set(names)


FIGURES = {
    "samples", "fresh", "sum_by_step", "sum_whole", "whole_discriminator",
    "whole_generator", "losses_by_epoch", "losses_by_step", "discriminator",
    "examples_by_time", "nearest_by_structural_similarity", "nearest_by_pixels",
    "memorisation_by_pixels", "interpolation_linear", "interpolation_spherical",
}  # fmt: skip
SEEN = {"nearest_by_features", "memorisation_by_features", "frechet", "classes"}


def test_a_run_leaves_all_figures_and_measures(
    tiny, small_classifier, capsys, monkeypatch
):
    # Steps run eagerly, which is cheaper for a few, and the comparison of all images
    # with all as compiled as ever.
    eager = property(lambda model: True, lambda model, value: None)
    monkeypatch.setattr(ganzoo.GAN, "run_eagerly", eager)
    config = tiny(architecture="mlp", extractor="cifar10", ema_half_life=50.0)
    folder = cifar10_gan.run(config)
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder.path, report) == FIGURES | SEEN
    assert not re.search(r"\bnan\b|\binf\b|None", report, re.IGNORECASE)
    rows = folder.rows("history.csv")
    assert [row["step"] for row in rows] == [6, 12]
    for row in rows:  # epoch 1 is evaluated, and so is the last
        assert row["whole_generator_loss"] > 0
        assert row["frechet_distance"] > 0
        assert {"kernel_distance", "precision", "coverage"} <= row.keys()
    final = read_json(folder.path / "final.json")
    assert len(final["rows"]) == 2
    assert final["card"]["reference_count"] == 60
    assert final["card"]["sha256"] == small_classifier
    assert "mean and standard deviation over 2 sets of 20 samples" in report
    found = read_json(folder.path / "nearest.json")
    assert {len(kind["indices"]) for kind in found["nearest"].values()} == {8}
    # 72 images are trained on: 60 of the training and 12 of the test split.
    pixels = found["memorisation"]["pixels"]["card"]
    assert (pixels["train_count"], pixels["test_count"]) == (72, 18)

    # Again: nothing is trained, measured or searched, only the report is written anew.
    stamps = [folder.path / name for name in ("nearest.json", "final.json")]
    before = [path.stat().st_mtime_ns for path in stamps]
    (folder.path / "report.md").unlink()
    again = cifar10_gan.run(config)
    assert again.rows("history.csv") == rows
    assert (folder.path / "report.md").read_text(encoding="utf-8") == report
    assert [path.stat().st_mtime_ns for path in stamps] == before
    with pytest.raises(RunError, match=r"slope: 0\.01 -> 0\.2"):
        cifar10_gan.run(dataclasses.replace(config, slope=0.2))

    # More epochs go on from there, and what was looked up is looked up again.
    longer = cifar10_gan.run(dataclasses.replace(config, epochs=3))
    assert longer.rows("history.csv")[:2] == rows
    assert read_json(stamps[0])["step"] == read_json(stamps[1])["step"] == 18


@pytest.mark.slow
def test_variants_are_compared_in_one_table(tmp_path, noise_set, tiny):
    small = dataclasses.replace(train.EXPERIMENT, config=lambda **f: tiny(**f))
    variants = {name: fields | {"batch_size": 12} for name, fields in VARIANTS.items()}
    tested = dataclasses.replace(
        benchmark.BENCHMARK, experiment=small, variants=variants
    )
    config = benchmark.Compare(
        systems=("dcgan", "wgan-gp"),
        dataset=noise_set,
        epochs=1,
        precision="mixed_bfloat16",
        output=str(tmp_path / "all"),
    )
    folder = compare.run(config, tested, tmp_path / "all")
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder, report) == {"samples", "examples_by_time"}
    assert "| dcgan | 1 | 1 | 6 |" in report
    assert "| wgan-gp | 1 | 1 | 1 |" in report
    critic = read_rows(folder / "wgan-gp_seed0" / "history.csv")[0]
    assert "penalty" in critic
    assert "whole_penalty" in critic
    text = (folder / "wgan-gp_seed0" / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder / "wgan-gp_seed0", text) == FIGURES
    assert "# A GAN (dcgan, wasserstein, gradient penalty): noise" in text


@pytest.mark.slow
def test_a_smoke_run_of_the_command_goes_all_the_way(tmp_path, noise_set):
    words = ["mlp", "--smoke", "--dataset", noise_set, "--extractor", "none"]
    words += ["--width", "8", "--output", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cifar10_gan", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "noise: training on 60 of 60 training images, and on none of the 30 held-out "
        "test images.\n"
    )
    assert (tmp_path / "run" / "report.md").exists()
    config = read_json(tmp_path / "run" / "config.json")
    assert config["architecture"] == "mlp"
    assert config["epochs"] == 2


# ------------------------------------------------------------- settings, no training


def test_the_defaults_are_the_sources():
    config = Config()
    config.check()
    assert (config.batch_size, config.train_images, config.epochs) == (
        1024,
        59392,
        1000,
    )
    assert (config.latent_dim, config.slope, config.loss) == (
        128,
        0.01,
        "non_saturating",
    )
    assert config.generator_learning_rate == config.discriminator_learning_rate == 2e-4
    assert (config.beta_1, config.beta_2, config.update) == (0.5, 0.999, "alternating")
    assert config.train_images % config.batch_size == 0
    assert configs.ZERO_LEVEL == 128


def test_own_images_may_be_few_and_of_any_classes_and_without_test_images(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (45, 32, 32, 3), np.uint8)
    path = tmp_path / "own.npz"
    np.savez(path, images=pixels, labels=np.arange(45) % 2)
    for joined in (True, False):  # what is held out is not trained on, in any case
        found = images.load(Config(dataset=str(path), joined=joined))
        assert (len(found.train), len(found.test), len(found.held_out)) == (41, 4, 4)
        assert len(found.reference) == 41
        both = np.concatenate([found.train.images, found.test.images])
        assert sorted(map(bytes, both)) == sorted(map(bytes, pixels))
    with pytest.raises(ValueError, match="train_images=100 must be from 1 to 41"):
        images.load(Config(dataset=str(path), train_images=100))


def test_a_users_own_test_images_are_never_trained_on(tmp_path, capsys):
    for split, value in (("Train", 100), ("Test", 200)):
        for name in ("cat", "dog"):
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(3):
                image = Image.new("RGB", (32, 32), (value, number, 0))
                image.save(tmp_path / split / name / f"{number}.png")
    found = images.load(Config(dataset=str(tmp_path)))
    assert found.train.images[..., 0].max() == 100
    assert found.test.images[..., 0].min() == found.held_out.images[..., 0].min() == 200
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert said[0].endswith("(train): 6 files used, 0 left out.")
    assert said[2] == (
        f"{tmp_path.name}: training on 6 of 6 training images, and on none of the 6 "
        "held-out test images."
    )


def test_some_images_of_a_folder_are_of_all_its_classes(tmp_path):
    for name in ("cat", "dog", "emu"):
        (tmp_path / name).mkdir()
        for number in range(20):
            image = Image.new("RGB", (32, 32), (100, number, 0))
            image.save(tmp_path / name / f"{number:02d}.png")
    found = images.load(Config(dataset=str(tmp_path), train_images=12))
    assert np.bincount(found.train.labels).tolist() == [4, 4, 4]
    np.testing.assert_array_equal(found.reference.images, found.train.images)
    assert np.bincount(found.held_out.labels).tolist() == [2, 2, 2]
    smoke = Config(dataset=str(tmp_path), smoke=True, train_images=9, epochs=1)
    assert np.bincount(images.load(smoke).train.labels).tolist() == [3, 3, 3]


def test_the_sources_set_is_joined_and_cut_as_ever(monkeypatch):
    # As many images of one pixel: what is joined, and in which order, is what counts.
    def load(dataset, split, data_dir):
        numbers = np.arange(50_000) if split == "train" else np.arange(50_000, 60_000)
        pixels = numbers.astype("<u4").view(np.uint8).reshape(-1, 4)[:, None, None, :3]
        labels = numbers % 10
        return data.ImageSet(
            pixels, labels, tuple("0123456789"), "cifar10 3.0.2", split
        )

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(images, "SHAPE", (1, 1, 3))
    found = images.load(Config())
    assert (len(found.train), len(found.held_out)) == (59_392, 608)
    assert found.train.name == "cifar10 3.0.2, first 59,392"
    assert found.train.split == "train+test"
    numbers = found.train.images.reshape(-1, 3) @ [1, 256, 65_536]
    np.testing.assert_array_equal(numbers, np.arange(59_392))
    held_out = found.held_out.images.reshape(-1, 3) @ [1, 256, 65_536]
    np.testing.assert_array_equal(held_out, np.arange(59_392, 60_000))
    assert found.held_out.split == "test, 608 images not trained on"
    assert len(found.reference) == 50_000


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_fields_that_make_a_model(name):
    config = dataclasses.replace(configs.variant(name), width=4)
    config.check()
    model = cifar10_gan.EXPERIMENT.build_model(config, distribute.strategy("cpu"))
    assert model.generator.input_shape == (None, 128)
    assert model.discriminator.input_shape == (None, 32, 32, 3)
    assert model.adversarial_loss.name == config.loss
    rmsprop = isinstance(model.discriminator_optimizer, keras.optimizers.RMSprop)
    assert rmsprop == (name == "wgan")
    step = cifar10_gan.PAPER.steps[list(VARIANTS).index(name)]
    parsed = commands.tyro.cli(Config, args=step)
    assert parsed == dataclasses.replace(configs.variant(name), output=parsed.output)


def test_every_knob_arrives():
    config = Config(
        architecture="dcgan",
        width=4,
        latent_dim=7,
        slope=0.3,
        normalise=False,
        optimizer="rmsprop",
        generator_learning_rate=0.25,
        discriminator_learning_rate=0.125,
        loss="minimax",
        penalty="r1",
        discriminator_steps=3,
        update="simultaneous",
        ema_half_life=9.0,
        steps_per_execution=2,
        precision="mixed_bfloat16",
        seed=11,
    )
    config.check()
    model = cifar10_gan.EXPERIMENT.build_model(config, distribute.strategy("cpu"))
    assert (model.latent_dim, model.seed, model.ema_half_life) == (7, 11, 9.0)
    assert (model.discriminator_steps, model.update) == (3, "simultaneous")
    assert model.adversarial_loss.name == losses.minimax().name
    assert model.penalty is not None
    assert model.steps_per_execution == 2
    assert float(model.generator_optimizer.learning_rate) == 0.25
    assert float(model.discriminator_optimizer.learning_rate) == 0.125
    names = [layer.name for layer in model.discriminator.layers]
    assert not any("norm" in name for name in names)
    assert model.discriminator.layers[1].negative_slope == 0.3
    assert model.generator.layers[0].compute_dtype == "bfloat16"
    step = cifar10_gan.EXPERIMENT.train_step(config)
    assert step.batch.shape == (3 * 1024, 32, 32, 3)
    assert step.images == 3072


def test_the_networks_see_pixels_less_128_by_128(tiny, monkeypatch):
    class SeenError(Exception):
        pass

    def stop(experiment, config, loaded, model):
        (batch,) = loaded.batches(0).take(1)
        levels = batch.numpy() * 128 + 128
        np.testing.assert_array_equal(levels, np.rint(levels))
        assert levels.min() == 0
        assert levels.max() == 255
        raise SeenError

    monkeypatch.setattr(running, "train", stop)
    with pytest.raises(SeenError):
        cifar10_gan.run(tiny())


@pytest.mark.parametrize(
    ("changes", "train", "held_out", "reference"),
    [
        ({}, 72, 18, 60),
        ({"train_images": None}, 90, None, 60),
        ({"train_images": 40}, 40, 30, 40),
        ({"joined": False, "train_images": None}, 60, 30, 60),
        ({"joined": False, "train_images": 24}, 24, 30, 24),
    ],
)
def test_what_is_not_trained_on_is_held_out(tiny, changes, train, held_out, reference):
    sets = images.load(tiny(**changes))
    assert (len(sets.train), len(sets.reference)) == (train, reference)
    assert len(sets.test) == 30
    if held_out is None:
        assert sets.held_out is None
        return
    assert len(sets.held_out) == held_out
    trained = {image.tobytes() for image in sets.train.images}
    assert not any(image.tobytes() in trained for image in sets.held_out.images)


def test_without_the_classifier_a_run_says_so_and_measures_nothing(
    tiny, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(features, "FOLDER", tmp_path)
    assert evaluator.load_extractor(tiny(extractor="cifar10")) is None
    said = capsys.readouterr().err
    assert "python -m experiments.cifar10_classifier --install" in said
    assert len(said.splitlines()) == 1
    assert evaluator.load_extractor(tiny(extractor="none")) is None
    assert capsys.readouterr().err == ""


def test_another_networks_weights_are_refused_at_the_start(tiny, small_classifier):
    path = features.FOLDER / "cifar10_classifier.npz"
    other = float16_weights.save(networks.cifar10_classifier(16), path)
    card = path.with_suffix(".json")
    card.write_text(json.dumps({"sha256": other}))
    with pytest.raises(float16_weights.WeightsError, match="of another network"):
        cifar10_gan.run(tiny(extractor="cifar10"))
    card.write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(float16_weights.WeightsError, match="has SHA-256"):
        cifar10_gan.run(tiny(extractor="cifar10"))


@pytest.fixture
def gray_set(tmp_path):
    path = tmp_path / "gray.npz"
    np.savez(path, images=np.zeros((8, 32, 32, 1), np.uint8))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "vit"}, "architecture='vit' must be one of mlp, dcgan, sn"),
        ({"loss": "cross"}, "Unknown loss 'cross'. Use one of minimax"),
        ({"penalty": "r3"}, "Unknown penalty 'r3'"),
        ({"optimizer": "lion"}, "optimizer='lion' must be one of adam, rmsprop"),
        ({"penalty": "gradient_penalty"}, "add --no-normalise"),
        ({"width": 0}, "width=0 must be at least 1"),
        ({"measure_samples": 5}, "measure_samples=5 must be at least 12"),
        ({"dropout": 1.0}, "dropout=1.0 must be in"),
        ({"train_images": 91}, "train_images=91 must be from 1 to 90"),
        ({"batch_size": 73}, "only 72 images, fewer than the 73"),
        ({"steps_per_execution": 4}, "must divide the 6 steps of an epoch"),
        ({"extractor": "nowhere.h5"}, "nowhere.h5"),
        ({"strategy": "tpu"}, "There is no TPU here"),
    ],
)
def test_bad_settings_are_one_clear_line_and_leave_no_folder(
    tiny, changes, message, monkeypatch, capsys
):
    config = tiny(**changes)
    monkeypatch.setattr(commands.tyro, "cli", lambda *a, **k: config)
    with pytest.raises(SystemExit) as stop:
        harness.main(cifar10_gan.PAPER, [])
    assert stop.value.code == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert message in said
    assert len(said.splitlines()) == 1
    assert not Path(config.output).exists()


def test_images_that_the_networks_cannot_draw_are_refused(tiny, gray_set):
    with pytest.raises(data.DataError, match=r"\(32, 32, 1\); the networks of this"):
        cifar10_gan.run(tiny(dataset=gray_set))


def test_a_batch_that_the_replicas_cannot_share_is_refused(tiny, mirrored):
    with pytest.raises(ValueError, match=r"batch_size=13 .* shared equally by 2"):
        cifar10_gan.EXPERIMENT.build_model(tiny(batch_size=13), mirrored(2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": 0}, "seeds=0 must be at least 1"),
        ({"systems": ("dcgan", "vae")}, "systems: there is no 'vae'; use 'mlp', 'dcg"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, changes, message):
    config = benchmark.Compare(output=str(tmp_path / "x"), **changes)
    with pytest.raises(ValueError, match=message):
        benchmark.COMPARE.run(config)
    assert not (tmp_path / "x").exists()


def test_a_comparison_hands_its_settings_down(tmp_path):
    config = benchmark.Compare(
        dataset="cifar10_jpeg",
        data_dir="d",
        epochs=3,
        ema_half_life=5.0,
        precision="mixed_bfloat16",
    )
    one = compare.configured(config, benchmark.BENCHMARK, tmp_path, "wgan-gp", 2)
    assert (one.dataset, one.data_dir, one.epochs) == ("cifar10_jpeg", "d", 3)
    assert (one.ema_half_life, one.precision, one.seed) == (5.0, "mixed_bfloat16", 2)
    assert one.output == str(tmp_path / "wgan-gp_seed2")
    assert (one.batch_size, one.loss) == (64, "wasserstein")
    one.check()


@pytest.mark.parametrize("word", ["compare", "wgan-gp", "--help"])
def test_help_shows_the_knobs_of_the_first_word(word, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["cifar10_gan", word, "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("experiments.cifar10_gan", run_name="__main__")
    assert stop.value.code == 0
    shown = re.sub(r"\x1b\[[\d;]*m|[│\s]+", " ", capsys.readouterr().out)
    if word == "compare":
        assert "--systems" in shown
        assert "--seeds" in shown
        return
    penalty = "gradient_penalty" if word == "wgan-gp" else "None"
    assert re.search(rf"--penalty .{{,150}}\(default: {penalty}\)", shown)
