"""The stages by themselves, their settings, and what is refused."""

import dataclasses
import re
import runpy
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import tree

from experiments import harness, svhn_training_images
from experiments.harness import command as commands
from experiments.harness.run import shrink
from experiments.svhn_training_images import (
    ClassifierConfig,
    Compare,
    Conditional,
    Dcgan,
    Dcgans,
    Draw,
    Simgan,
    classify,
    compare,
    pictures,
    simgan,
    train,
)
from experiments.svhn_training_images import (
    data as images,
)
from ganzoo import data

TINY = {"epochs": 1, "batch_size": 6, "width": 2, "deterministic": False}


@pytest.fixture
def digits_set(tmp_path):
    """Returns a function that writes a data set of noise, and its path."""

    def write(shape=(32, 32, 3), absent=(), names=tuple("0123456789")) -> str:
        labels = np.array([n % 10 for n in range(120) if n % 10 not in absent])
        numbers = np.random.default_rng(0)
        noise = numbers.integers(0, 256, (len(labels), *shape)).astype("uint8")
        path = tmp_path / "set.npz"
        arrays = {"images": noise, "labels": labels, "class_names": np.array(names)}
        np.savez(path, test_images=noise, test_labels=labels, **arrays)
        return str(path)

    return write


def test_one_digits_gan_is_trained_on_that_digit_alone(
    tmp_path, digits_set, without_graphs
):
    config = Dcgan(
        output=str(tmp_path / "run"),
        dataset=digits_set(),
        digit=3,
        latent_dim=4,
        sample_count=4,
        show_steps=(1, 2, 9),
        **TINY,
    )
    folder = svhn_training_images.run(config)
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert "# A DCGAN of one digit: set, digit 3" in report
    assert len(folder.rows("steps.csv")) == 2  # 12 images, in batches of 6
    grids = pictures.by_iteration(folder.path, config.show_steps)
    assert list(grids) == ["iteration 1", "iteration 2", "iteration 2, the end"]
    np.testing.assert_array_equal(*list(grids.values())[1:])


def test_drawn_digits_can_be_judged_like_any_data_set(
    tmp_path, digits_set, without_graphs
):
    drawn = svhn_training_images.run(
        Draw(output=str(tmp_path / "drawn"), style="source", count=70)
    )
    file = drawn.path / "house_numbers_source.npz"
    again = data.load(str(file))
    expected = data.draw_house_numbers(70, seed=0, style="source")
    assert again.fingerprint == expected.fingerprint
    folder = svhn_training_images.run(
        ClassifierConfig(
            output=str(tmp_path / "judge"),
            dataset=str(file),
            test_dataset=digits_set(),
            seeds=1,
            **TINY,
        )
    )
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    row = r"\| house_numbers_source train \(70 images\) \| set test \(120 images\) \| "
    assert re.search(row + r"[\d.]+% \|", report)


# ------------------------------------------------------------- settings, no training


def shapes(specs):
    """Shape and type of each part of a batch."""
    types = [keras.backend.standardize_dtype(one.dtype) for one in tree.flatten(specs)]
    return [tuple(one.shape) for one in tree.flatten(specs)], types


def test_what_a_step_is_given_is_what_fit_is_given(digits_set):
    images = data.load(digits_set())
    small = {"batch_size": 4, "width": 2}
    paper = svhn_training_images.PAPER
    for config in (Dcgan(**small), Conditional(discriminator_steps=2, **small)):
        step = paper.train_step(config)
        batches = harness.Data(config, images).batches()
        assert shapes(batches.element_spec) == shapes(step.batch)
        assert step.images == config.images_per_step
    config = Simgan(refiner_steps=3, discriminator_steps=2, **small)
    step = paper.train_step(config)
    loaded = simgan.Unpaired(config, images, synthetic=images)
    assert shapes(loaded.batches().element_spec) == shapes(step.batch)
    assert [part.shape[0] for part in step.batch] == [20, 8]
    assert step.images == 8
    assert step.model.batches_per_step == simgan.batches_per_step(config)


def test_only_models_have_steps():
    paper = svhn_training_images.PAPER
    assert paper.train_step_arguments() == (("dcgan",), ("conditional",), ("simgan",))
    with pytest.raises(
        ValueError, match="judge has no train step; use one of dcgan, cond"
    ):
        paper.train_step(ClassifierConfig())


def test_ten_gans_cost_as_much_as_the_conditional_one(digits_set):
    real = images.load(Dcgans(dataset=digits_set()))
    stages = Compare(gan_batch_size=4, gan_epochs=3).stages
    ten, one = stages["dcgans"], stages["conditional"]
    assert (ten.epochs, ten.batch_size, ten.width) == (3, one.batch_size, one.width)
    steps = sum(
        train.of_digit(ten, digit).steps_per_epoch(len(own))
        for digit, own in (
            (digit, images.of_digit(real.train, digit)) for digit in range(10)
        )
    )
    assert steps == one.steps_per_epoch(len(real.train)) == 30


def test_the_comparison_hands_its_settings_down():
    changes = {"gan_penalty": "r1", "gan_normalise": False, "gan_ema_half_life": 9.0}
    changes |= {"simgan_width": 5, "simgan_style": "rich", "judge_width": 7}
    changes |= {"judge_seeds": 2, "per_class": 11, "fonts": "system", "seed": 4}
    config = Compare(dataset="mnist_m", precision="mixed_bfloat16", **changes)
    stages = config.stages
    losses = {name: stage.loss for name, stage in list(stages.items())[:3]}
    assert losses == {
        "dcgans": "absolute_error",
        "dcgans_non_saturating": "non_saturating",
        "conditional": "non_saturating",
    }
    for stage in stages.values():
        assert (stage.seed, stage.precision) == (4, "mixed_bfloat16")
        assert stage.dataset == "mnist_m"
    for name in losses:
        assert (stages[name].penalty, stages[name].ema_half_life) == ("r1", 9.0)
    refined = stages["simgan"]
    assert (refined.width, refined.style, refined.fonts) == (5, "rich", "system")
    assert refined.drawn_images == 110
    assert (stages["judges"].width, stages["judges"].seeds) == (7, 2)
    # Every field of a prefix is a field of its stage, with the same default.
    plain = Compare().stages
    assert plain["dcgans"] == Dcgans(output="runs/svhn_training_images/compare/dcgans")
    assert dataclasses.replace(plain["simgan"], output="x") == Simgan(output="x")
    assert dataclasses.replace(plain["judges"], output="x") == ClassifierConfig(
        output="x"
    )


def test_every_knob_arrives():
    config = Conditional(
        width=3,
        latent_dim=5,
        slope=0.3,
        dropout=0.1,
        normalise=False,
        loss="hinge",
        penalty="r1",
        update="alternating",
        generator_learning_rate=0.25,
        precision="mixed_bfloat16",
        seed=11,
    )
    model = train.CONDITIONAL.build_model(config)
    assert (model.latent_dim, model.num_classes, model.seed) == (5, 10, 11)
    assert model.update == "alternating"
    assert model.penalty is not None
    assert model.adversarial_loss.name == "hinge"
    assert float(model.generator_optimizer.learning_rate) == 0.25
    layer = model.discriminator.get_layer("down_1")
    assert (layer.filters, layer.compute_dtype) == (3, "bfloat16")
    assert not any("norm" in layer.name for layer in model.discriminator.layers)
    config = Simgan(width=3, blocks=1, regularisation_weight=0.5, history_capacity=7)
    model = simgan.EXPERIMENT.build_model(config)
    assert (model.regularization_weight, model.history_capacity) == (0.5, 7)
    assert model.refiner.get_layer("conv").filters == 3


def test_the_defaults_are_the_sources():
    config = Dcgan()
    config.check()
    assert (config.digit, config.loss) == (5, "absolute_error")
    assert config.show_steps == (1, 51, 76, 201, 401, 701)
    assert config.dataset == Compare().dataset == "svhn_cropped"
    assert Compare().per_class == 7300
    assert Compare().judge_seeds == 3


def test_smoke_settings_are_settings():
    for kind, changes in (
        (Compare, compare.SMOKE),
        (Dcgan, train.SMOKE),
        (Conditional, train.SMOKE),
        (Simgan, simgan.SMOKE),
        (ClassifierConfig, classify.SMOKE),
    ):
        config = shrink(kind(smoke=True), changes)
        config.check()
        assert config.output == f"{kind().output}_smoke"


def test_a_picture_of_a_set_has_a_row_a_class():
    shown = np.arange(4, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    made = data.image_set(shown, np.array([1, 0, 1, 1]), name="n")
    picture = pictures.by_class(made, columns=2)
    np.testing.assert_array_equal(picture[2::3, 2::3, 0], [[1, 255], [0, 2]])


def test_the_first_images_of_each_class():
    shown = np.arange(6, dtype=np.uint8)[:, None, None, None]
    made = data.image_set(shown, np.array([1, 0, 1, 0, 0, 1]), name="n")
    part = images.first_of_each(made, 2)
    assert part.images.ravel().tolist() == [1, 3, 0, 2]
    assert part.labels.tolist() == [0, 0, 1, 1]


def test_what_is_held_out_is_the_last_of_each_class_and_not_trained_on():
    shown = np.arange(12, dtype=np.uint8)[:, None, None, None]
    made = data.image_set(shown, np.array([0] * 8 + [1] * 4), name="n")
    rest, part = images.held_out(made, 0.25)
    assert part.images.ravel().tolist() == [6, 7, 11]
    assert part.labels.tolist() == [0, 0, 1]
    assert rest.images.ravel().tolist() == [0, 1, 2, 3, 4, 5, 8, 9, 10]
    assert (rest.split, part.split) == ("train", "validation")
    assert rest.fingerprint != made.fingerprint
    with pytest.raises(data.DataError, match=r"validation=0\.05 of the 8 images of 0"):
        images.held_out(made, 0.05)


def test_settings_can_be_chosen_without_the_test_images(
    tmp_path, digits_set, without_graphs
):
    tiny = {"judge_epochs": 1, "judge_width": 2, "judge_seeds": 1}
    config = Compare(
        output=str(tmp_path / "run"),
        dataset=digits_set(),
        sets=("real",),
        validation=0.25,
        judge_batch_size=30,
        deterministic=False,
        **tiny,
    )
    compare.run(config)
    (found,) = compare.read_results(tmp_path / "run")
    assert found.numbers.keys() == {"validation/real"}
    report = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert "| real | 90 | set validation | 30 |" in report
    assert "held out of all training" in report


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("made", "changes", "message"),
    [
        ({"shape": (32, 32, 1)}, {}, r"\(32, 32, 1\); the networks of this experiment"),
        ({"shape": (32, 28, 3)}, {}, r"\(32, 28, 3\); the networks of this experiment"),
        (
            {"absent": (3, 8)},
            {},
            r"set \(train\) has no images of 3, 8, but every digit",
        ),
        ({"names": tuple("abcdefghij")}, {}, "has the classes a, b, .* must be 0, 1"),
        ({}, {"fonts": "EMPTY"}, r"There are no fonts \(.otf, .ttc, .ttf\) in"),
        ({}, {"fonts": "nowhere"}, "'nowhere' is not a folder"),
        ({}, {"gan_batch_size": 13}, "only 12 images, fewer than the 13"),
        ({}, {"per_class": 1}, "only 10 images, fewer than the 192"),
        ({}, {"judge_batch_size": 121}, "only 120 images, fewer than the 121"),
        ({}, {"sets": ("real", "fake")}, "sets: there is no 'fake'; use 'real', 'sou"),
        ({}, {"gan_normalise": True}, "dcgans: penalty=.*; add --no-normalise"),
        ({}, {"gan_width": 0}, "dcgans: width=0 must be at least 1"),
        ({}, {"judge_shear": -0.1}, "judges: shear=-0.1 must be at least 0"),
        (
            {},
            {"simgan_style": "poor"},
            "simgan: style='poor' must be one of source",
        ),
        ({}, {"judge_seeds": 0}, "judges: seeds=0 must be at least 1"),
        ({}, {"gan_show_steps": (0,)}, r"show_steps=\(0,\) must be steps, counted"),
        ({}, {"also_test": ("./none.npz",)}, "There is no file 'none.npz'"),
    ],
)
def test_bad_input_is_one_clear_error_before_any_training(
    tmp_path, digits_set, made, changes, message, monkeypatch, capsys
):
    if changes.get("fonts") == "EMPTY":
        (tmp_path / "fonts").mkdir()
        changes = {"fonts": str(tmp_path / "fonts")}
    fits = {"gan_batch_size": 6, "per_class": 60, "judge_batch_size": 6}
    config = Compare(
        output=str(tmp_path / "run"),
        dataset=digits_set(**made),
        data_dir=str(tmp_path),
        deterministic=False,
        **fits | changes,
    )
    monkeypatch.setattr(commands.tyro, "cli", lambda *a, **k: config)
    with pytest.raises(SystemExit) as stop:
        harness.main(svhn_training_images.PAPER, [])
    assert stop.value.code == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert re.search(message, said)
    assert len(said.splitlines()) == 1
    assert not Path(config.output).exists()


def test_a_digit_and_a_style_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="digit=10 must be from 0 to 9"):
        Dcgan(digit=10).check()
    with pytest.raises(ValueError, match="style='poor' must be one of source, rich"):
        Draw(style="poor").check_values()


def test_help_names_the_sub_commands(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["svhn_training_images", "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("experiments.svhn_training_images", run_name="__main__")
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in svhn_training_images.PAPER.commands)
