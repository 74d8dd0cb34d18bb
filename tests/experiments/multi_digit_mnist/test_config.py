import dataclasses
from pathlib import Path

import numpy as np
import pytest

from experiments import harness, multi_digit_mnist
from experiments.harness import command as commands
from experiments.harness import compare
from experiments.multi_digit_mnist import benchmark, scenes, variants
from experiments.multi_digit_mnist.config import Config, labels_of
from experiments.multi_digit_mnist.variants import VARIANTS
from ganzoo import data, distribute


def test_the_defaults_are_the_sources():
    config = Config()
    config.check()
    assert (config.size, config.digit_size, config.objects) == (128, 32, 4)
    assert (config.images, config.batch_size, config.width) == (15_000, 32, 1.0)
    assert (config.generator_learning_rate, config.discriminator_learning_rate) == (
        1e-5,
        1e-4,
    )
    steps = data.steps_per_epoch(config.images, config.batch_size) * config.epochs
    assert abs(steps - 25_000) < 470  # less than an epoch
    assert tuple(map(labels_of, config.orders)) == data.SEEN_ORDERS
    assert config.joint
    assert not config.blank
    assert config.conditioning == "input"
    source = scenes.training(config, data.load("digits"))
    assert source.shape == (128, 128, 1)
    assert source.distinct == 15_000
    assert source.placement.kind == "grid"
    assert source.background == "cells"


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_fields_that_make_a_model(name):
    config = variants.variant(name)
    config.check()
    parsed = commands.tyro.cli(Config, args=variants.words(name))
    assert parsed == dataclasses.replace(config, output=parsed.output)
    scenes.training(config, data.load("digits"))
    assert config.output.endswith(f"/{name}")


def test_every_knob_arrives():
    config = Config(
        **VARIANTS["ours"]
        | {"size": 16, "object_size": 8, "width": 1 / 16, "scene_width": 1 / 32}
        | {"digit_size": 6, "latent_dim": 7, "seed": 11, "layout_image": True}
        | {"conditioning": "input", "merge_convolutions": 1, "context": 0.25}
        | {"draw_labels": True, "mismatch_weight": 0.25, "max_objects": 9}
        | {"dropout": 0.2, "precision": "mixed_bfloat16", "ema_half_life": 9.0}
    )
    config.check()
    model = multi_digit_mnist.EXPERIMENT.build_model(config, distribute.strategy("cpu"))
    assert (model.latent_dim, model.seed, model.max_objects) == (7, 11, 9)
    assert (model.draw_labels, model.mismatch_weight) == (True, 0.25)
    assert (model.update, model.ema_half_life) == (config.update, 9.0)
    drawing, judging = model.generator, model.discriminator
    assert drawing.get_layer("local_labels").scale == 10.0
    assert drawing.get_layer("local_conv_1").filters == 16
    assert drawing.get_layer("global_conv_1").filters == 8
    assert drawing.get_layer("layout")
    assert drawing.get_layer("merged_1")
    assert drawing.get_layer("local_conv_1").compute_dtype == "bfloat16"
    assert judging.get_layer("crop").context == 0.25
    assert judging.get_layer("blank")
    assert judging.get_layer("local_conv_1_dropout").rate == 0.2
    step = multi_digit_mnist.EXPERIMENT.train_step(config)
    images, (labels, own) = step.batch
    assert images.shape == (config.batch_size, 16, 16, 1)
    assert step.images == 16
    assert labels.shape == (config.batch_size, 4)
    assert own.shape[1:] == (4, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conditioning": "hope"}, "conditioning='hope' must be one of input, proj"),
        ({"placement": "there"}, "placement='there' must be one of grid, cells, any"),
        ({"background": "sky"}, "background='sky' must be one of cells, plain, pat"),
        ({"loss": "cross"}, "Unknown loss 'cross'. Use one of minimax"),
        ({"penalty": "r3"}, "Unknown penalty 'r3'"),
        ({"orders": ("01x3",)}, "orders: '01x3' must be digits without separators"),
        ({"orders": ("012",)}, "must have 4 labels each, one per digit"),
        ({"objects": 5, "orders": ()}, "objects=5 must be at most max_objects=4"),
        ({"width": 1 / 64}, "scales 32 channels to 0.5, which is not a whole number"),
        ({"size": 18}, "size=18 must be a multiple of 4"),
        ({"largest": 9}, "largest=9: 4 objects in an image of 16 pixels can have 1"),
        ({"digit_size": 9}, "4 objects in an image of 16 pixels can have 1 to 8"),
        ({"measure_images": 5}, "measure_images=5 must be at least 10"),
        ({"dropout": 1.0}, "dropout=1.0 must be in"),
        ({"mismatch_weight": 1.0}, "mismatch_weight=1.0 must be in"),
        ({"batch_size": 13}, "only 12 images, fewer than the 13"),
        ({"train_images": 61}, "train_images=61 must be from 1 to 60"),
        ({"strategy": "tpu"}, "There is no TPU here"),
    ],
)
def test_bad_settings_are_one_clear_line_and_leave_no_folder(
    tiny, tmp_path, changes, message, monkeypatch, capsys
):
    config = tiny(**{"output": str(tmp_path / "run")} | changes)
    monkeypatch.setattr(commands.tyro, "cli", lambda *a, **k: config)
    with pytest.raises(SystemExit) as stop:
        harness.main(multi_digit_mnist.PAPER, [])
    assert stop.value.code == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert message in said
    assert len(said.splitlines()) == 1
    assert not Path(config.output).exists()


def test_a_digit_that_is_missing_is_refused(tiny, tmp_path):
    path = tmp_path / "even.npz"
    images = np.zeros((20, 28, 28), np.uint8)
    names = np.array([str(n) for n in range(10)])
    labels = np.arange(20) % 5 * 2
    parts = {"images": images, "labels": labels, "class_names": names}
    np.savez(path, **parts, test_images=images, test_labels=labels)
    with pytest.raises(data.DataError, match=r"no digit with label 1 in"):
        multi_digit_mnist.run(tiny(dataset=str(path), train_images=None))


def test_a_comparison_hands_its_settings_down(tmp_path):
    config = benchmark.Compare(data_dir="d", epochs=3, precision="mixed_bfloat16")
    one = compare.configured(config, benchmark.BENCHMARK, tmp_path, "ours-joint", 2)
    assert (one.dataset, one.data_dir, one.epochs) == ("mnist", "d", 3)
    assert (one.joint, one.conditioning, one.seed) == (True, "projection", 2)
    assert (one.ema_half_life, one.size) == (5000.0, 64)
    one.check()
    with pytest.raises(ValueError, match="there is no 'theirs'; use 'source', 'ours'"):
        benchmark.COMPARE.run(
            benchmark.Compare(systems=("theirs",), output=str(tmp_path / "x"))
        )
