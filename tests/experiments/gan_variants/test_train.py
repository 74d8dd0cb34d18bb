import dataclasses
import functools
import re
import runpy

import h5py
import keras
import numpy as np
import pytest

from experiments import gan_variants
from experiments.gan_variants import benchmarks, digits, infogan
from experiments.harness import compare
from experiments.harness.report import comparison
from ganzoo import data, networks
from ganzoo.files import read_json, read_rows
from ganzoo.runs import RunError

SMALL = {
    "dataset": "digits",
    "epochs": 1,
    "batch_size": 40,
    "train_images": 160,
    "measure_samples": 40,
    "show_epochs": (1, 9),
    "latent_dim": 4,
    "sample_count": 4,
    # For good, and for the whole process, if it were on.
    "deterministic": False,
}
ALONE = {
    "ring": {"dataset": "ring", "epoch_steps": 3, "batch_size": 32},
    "stacked": {"epoch_steps": 2, "filters": 4},
    "discogan": {"width": 4},
    "infogan": {"noise_dim": 4, "units": 8},
    "features": {"label_counts": (30,), "draws": 2, "test_images": 50},
    "unrolled": {"unrolled_steps": 2},
    "minibatch": {"similarities": 3},
}


def small(name: str, output, **changes):
    """Settings of a run of a few steps."""
    kind = gan_variants.PAPER.commands[name].config
    fields = {field.name for field in dataclasses.fields(kind)}
    wanted = SMALL | {"output": str(output)} | ALONE.get(name, {}) | changes
    return kind(**{key: value for key, value in wanted.items() if key in fields})


@pytest.fixture
def one_layer(monkeypatch):
    """Fully connected networks of one small layer, and few samples to probe.

    The networks as they are have their own tests.
    """
    for name in ("mnist_mlp_generator", "mnist_mlp_discriminator"):
        build = functools.partial(getattr(networks, name), units=(16,))
        monkeypatch.setattr(networks, name, build)
    monkeypatch.setattr(infogan, "PROBED", 50)


def figures_of(folder, text: str) -> set[str]:
    """The figures of a report, each of which is there."""
    names = re.findall(r"!\[[^\]]+\]\(figures/(\w+)\.png\)", text)
    assert {path.stem for path in (folder / "figures").iterdir()} == set(names)
    return set(names)


SHOWN = {
    "vanilla": ({"samples", "losses_first_pass", "duplicate_share"}, "A GAN, dense"),
    "minibatch": ({"class_divergence"}, "A GAN, dense, minibatch discrimination"),
    "unrolled": ({"fresh"}, "A GAN, dense, unrolled 2 steps"),
    "infogan": ({"categorical", "continuous_1", "purity"}, "finds the digits"),
    "discogan": ({"mapping", "truth", "reconstruction"}, "Scores on held-out pairs"),
    "features": ({"errors"}, "| trained discriminator |"),
    "ring": ({"clouds", "modes", "high_quality"}, "modes, of 8"),
    "stacked": ({"modes", "mode_divergence", "samples"}, "modes, of 1,000"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_run_leaves_its_report(tmp_path, name, one_layer, without_graphs):
    config = small(name, tmp_path / "run")
    folder = gan_variants.run(config)
    figures, text = SHOWN[name]
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert figures <= figures_of(folder.path, report)
    assert text in report
    assert "nan" not in report.lower().split()
    assert len(folder.rows("history.csv")) == 1


@pytest.mark.parametrize("name", ["ring", "features"])
@pytest.mark.slow
def test_a_finished_run_only_writes_its_report_again(tmp_path, name):
    config = small(name, tmp_path / "run")
    folder = gan_variants.run(config)
    rows = folder.rows("history.csv")
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    (folder.path / "report.md").unlink()
    again = gan_variants.run(config)
    assert again.rows("history.csv") == rows
    assert (folder.path / "report.md").read_text(encoding="utf-8") == report
    assert len(read_json(folder.path / "manifest.json")["starts"]) == 1
    with pytest.raises(RunError, match="other settings"):
        gan_variants.run(dataclasses.replace(config, batch_size=8))


def test_a_longer_run_goes_on_where_a_shorter_one_ended(tmp_path):
    def trained(name, *epochs):
        for count in epochs:
            folder = gan_variants.run(small("ring", tmp_path / name, epochs=count))
        return folder, sorted((folder.path / "checkpoints").glob("*.h5"))[-1]

    (once, whole), (twice, torn) = trained("once", 2), trained("twice", 1, 2)
    assert twice.rows("steps.csv") == once.rows("steps.csv")
    assert len(twice.rows("history.csv")) == 2
    with h5py.File(whole) as expected, h5py.File(torn) as found:
        names = []
        expected.visit(names.append)
        for name in names:
            if isinstance(expected[name], h5py.Dataset):
                np.testing.assert_array_equal(found[name][()], expected[name][()])
    assert read_json(twice.path / "config.json")["epochs"] == 2


@pytest.mark.slow
def test_variants_are_compared_by_mean_and_spread(tmp_path, monkeypatch):
    one = benchmarks.BENCHMARKS["ring"]
    tiny = dataclasses.replace(
        one.experiment, config=lambda output, **fields: small("ring", output, **fields)
    )
    tested = dataclasses.replace(one, experiment=tiny)
    monkeypatch.setitem(benchmarks.BENCHMARKS, "ring", tested)
    config = gan_variants.Compare(
        systems=("gan", "unrolled-1"), seeds=2, epochs=2, output=str(tmp_path / "all")
    )
    folder = gan_variants.run(config)
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder, report) == {"modes", "high_quality", "samples"}
    runs = {path.name for path in folder.iterdir() if path.is_dir()} - {"figures"}
    assert runs == {f"{s}_seed{n}" for s in ("gan", "unrolled-1") for n in (0, 1)}
    assert read_json(folder / "unrolled-1_seed1/config.json")["unrolled_steps"] == 1
    assert "| gan | 2 | 2 | 6 | 0.0 ± 0.0 | 0.0 ± 0.0 | 1 |" in report
    monkeypatch.setattr("sys.argv", ["compare.py", "--the-last-one", "2"])
    gan_variants.run(config)  # the command that asked for this table, not for a run
    assert "--the-last-one 2`" in (folder / "report.md").read_text(encoding="utf-8")


def test_the_table_has_mean_and_standard_deviation():
    one = benchmarks.BENCHMARKS["ring"]
    last = [
        {"epoch": 1, "step": 10, "modes": modes, "high_quality": share}
        for modes, share in ((4, 0.5), (6, 0.7), (8, 0.9))
    ]
    row = comparison.table_row("unrolled-5", last, one)
    assert row["modes, of 8"] == "6.0 ± 2.0"
    assert row["high quality"] == "70.0% ± 20.0%"
    assert row["modes, of 8: published"] == "7.6"
    assert row["seeds"] == "3"


@pytest.mark.parametrize("name", benchmarks.BENCHMARKS)
def test_every_variant_of_a_benchmark_has_fields_that_pass(name, tmp_path):
    config = gan_variants.Compare(bed=name, output=str(tmp_path))
    config.check_values()
    one = benchmarks.BENCHMARKS[name]
    for variant in one.variants:
        compare.configured(config, one, config.folder, variant, 3).check()
    assert set(one.published) <= set(one.variants)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("vanilla", {"architecture": "cnn"}, "architecture='cnn' must be one of mlp"),
        ("vanilla", {"unrolled_steps": -1}, "unrolled_steps=-1 must be at least 0"),
        ("vanilla", {"similarities": -1}, "similarities=-1 must be at least 0"),
        ("minibatch", {"batch_size": 1}, "batch_size=1; use at least 2"),
        ("vanilla", {"show_epochs": ()}, r"show_epochs=\(\) must be epochs"),
        ("minibatch", {"architecture": "dcgan"}, "similarities=3 needs architecture"),
        ("vanilla", {"packing": 2, "architecture": "dcgan"}, "packing=2 needs archit"),
        (
            "vanilla",
            {"packing": 3, "batch_size": 8},
            "packing=3 must divide batch_s",
        ),
        ("ring", {"packing": 2, "penalty": "r1"}, "packing=2 would count the gradient"),
        ("ring", {"dataset": "torus"}, "dataset='torus' must be one of ring, grid"),
        ("ring", {"epoch_steps": 0}, "epoch_steps=0 must be at least 1"),
        ("stacked", {"fraction": 0.3}, "fraction=0.3 of filters=4"),
        ("infogan", {"categories": 1}, "categories=1 must be at least 2"),
        ("infogan", {"continuous": -1}, "continuous=-1 must be at least 0"),
        ("discogan", {"width": 0}, "width=0 must be at least 1"),
        ("discogan", {"generator": "unet"}, "generator='unet' must be one of symm"),
        ("discogan", {"generator_learning_rate": 0.0}, "learning_rate=0.0 must be abo"),
        ("features", {"label_counts": ()}, r"label_counts=\(\) must be at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path, name, changes, message):
    with pytest.raises(ValueError, match=message):
        gan_variants.run(small(name, tmp_path / "run", **changes))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bed": "moon"}, "bed='moon' must be one of digits, ring, stacked"),
        ({"seeds": 0}, "seeds=0 must be at least 1"),
        ({"systems": ("gan", "vae")}, "no 'vae' on the benchmark 'ring'; use 'gan'"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        gan_variants.run(gan_variants.Compare(output=str(tmp_path / "x"), **changes))


def test_every_knob_arrives():
    config = gan_variants.Unrolled(
        unrolled_steps=3,
        loss="hinge",
        penalty="r1",
        update="simultaneous",
        discriminator_steps=2,
        generator_learning_rate=0.25,
        discriminator_learning_rate=0.125,
        beta_1=0.75,
        ema_half_life=100.0,
        seed=7,
    )
    model = digits.UNROLLED.build_model(config)
    assert (model.unrolled_steps, model.discriminator_steps) == (3, 2)
    assert (model.update, model.seed, model.ema_half_life) == ("simultaneous", 7, 100.0)
    assert model.adversarial_loss.name == "hinge"
    assert model.penalty is not None
    assert float(model.generator_optimizer.learning_rate) == 0.25
    assert float(model.discriminator_optimizer.learning_rate) == 0.125
    assert (
        model.generator_optimizer.beta_1 == model.discriminator_optimizer.beta_1 == 0.75
    )


@pytest.mark.parametrize("architecture", ["mlp", "dcgan"])
def test_the_networks_are_those_asked_for(architecture):
    config = gan_variants.Vanilla(architecture=architecture, latent_dim=5)
    gan = digits.VANILLA.build_model(config)
    generator, discriminator = gan.generator, gan.discriminator
    assert generator.input_shape == (None, 5)
    assert discriminator.input_shape == generator.output_shape == (None, 28, 28, 1)
    convolutional = any(
        isinstance(x, keras.layers.Conv2D) for x in discriminator.layers
    )
    assert convolutional == (architecture == "dcgan")


def test_help_names_the_sub_commands(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gan_variants", "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("experiments.gan_variants", run_name="__main__")
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in gan_variants.PAPER.commands)


def test_color_images_are_refused_where_digits_are_drawn(tmp_path):
    path = tmp_path / "color.npz"
    np.savez(path, images=np.zeros((8, 28, 28, 3), np.uint8))
    with pytest.raises(data.DataError, match=r"generate \(28, 28, 1\)"):
        gan_variants.run(small("vanilla", tmp_path / "run", dataset=str(path)))


def test_every_variant_is_trained_for_the_same_time(tmp_path):
    config = gan_variants.Compare(
        systems=("gan", "pacgan"), seeds=1, hours=1e-9, output=str(tmp_path), smoke=True
    )
    folder = gan_variants.run(config)
    for name in config.systems:
        rows = read_rows(folder / f"{name}_seed0" / "history.csv")
        assert [row["epoch"] for row in rows] == [1]
    assert read_json(folder / "pacgan_seed0" / "config.json")["packing"] == 2
