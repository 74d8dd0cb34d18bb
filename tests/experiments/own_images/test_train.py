import dataclasses

import numpy as np
import pytest
from PIL import Image

from experiments.own_images import PAPER, Config, report, start, train
from experiments.own_images.config import DCGAN, read_size
from ganzoo import data, zoo
from ganzoo.files import read_rows


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> str:
    """Pictures of three sizes in two classes, of which one is larger."""
    folder = tmp_path_factory.mktemp("pictures") / "photos"
    numbers = np.random.default_rng(0)
    for number in range(60):
        kind = folder / ("cats" if number % 3 else "dogs")
        kind.mkdir(parents=True, exist_ok=True)
        size = [(20, 16), (16, 40), (33, 33)][number % 3]
        pixels = numbers.integers(0, 256, (*size, 3)).astype("uint8")
        Image.fromarray(pixels).save(kind / f"{number}.png")
    return str(folder)


@pytest.fixture(scope="module")
def config(pictures, tmp_path_factory) -> Config:
    return Config(
        dataset=pictures,
        output=str(tmp_path_factory.mktemp("runs") / "photos"),
        size="16",
        width=4,
        latent_dim=4,
        epochs=2,
        epoch_steps=3,
        batch_size=8,
        sample_count=9,
        measure_samples=20,
        measure_every_images=1,
        neighbors=3,
        precision="float32",
        deterministic=False,  # would be for the whole process
    )


@pytest.fixture(scope="module")
def folder(config, tmp_path_factory):
    """A finished run."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANZOO_CACHE", str(cache))
        return PAPER.run(config)


def test_a_run_measures_and_keeps_the_best_and_the_last_generator(folder):
    rows = read_rows(folder.path / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(row["frechet_distance"] > 0 for row in rows)
    assert "classifier_score" not in rows[-1]
    for name in ("best.keras", "generator.keras"):
        sampler = zoo.read_generator(folder.path / name)
        assert sampler.sample(2).shape == (2, 16, 16, 3)


def test_a_grid_has_whole_rows(folder):
    with Image.open(folder.path / "samples" / "epoch_0002.png") as grid:
        assert grid.height == pytest.approx(2 * grid.width, rel=0.1)  # 8 in 2 columns


def test_the_report_speaks_of_the_pictures_and_their_classes(folder):
    text = (folder.path / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# A GAN of photos")
    assert "60 pictures, 16x16 pixels, color" in text
    assert "Classes: cats (40), dogs (20). The GAN learned to generate each." in text
    assert "Figure" not in text
    assert "CIFAR" not in text


def test_a_run_ends_after_its_hours_and_goes_on_with_more(folder, config):
    more = dataclasses.replace(config, epochs=3, hours=1e-9)
    PAPER.run(more)
    assert len(read_rows(folder.path / "history.csv")) == 2
    PAPER.run(dataclasses.replace(more, hours=1.0))
    assert len(read_rows(folder.path / "history.csv")) == 3


def test_it_starts_from_the_weights_of_another_run(folder, config, capsys):
    data = train.load(config)
    other = dataclasses.replace(config, seed=1, start_from=str(folder.path))
    model = train.EXPERIMENT.build_model(other, data=data)
    trained = train.EXPERIMENT.build_model(config, data=data)
    folder.restore(trained)
    before = [w.numpy() for w in model.discriminator.weights]
    begin = start.StartFrom(str(folder.path))
    begin.set_model(model)
    begin.on_train_begin()
    after = [w.numpy() for w in model.discriminator.weights]
    for mine, theirs in zip(after, trained.discriminator.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not all(map(np.array_equal, before, after))
    with trained.averaged_weights():
        expected = [w.numpy() for w in trained.generator.weights]
    for averages in (model.generator.weights, model.weight_average.values):
        for mine, theirs in zip(averages, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert "generator from" in capsys.readouterr().out


def test_a_run_that_resumes_keeps_its_own_weights(folder, config):
    model = train.EXPERIMENT.build_model(config, data=train.load(config))
    folder.restore(model)
    before = [w.numpy() for w in model.weights]
    begin = start.StartFrom("mnist_dcgan")
    begin.set_model(model)
    begin.on_train_begin()
    for mine, theirs in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_generator_that_does_not_fit_is_refused(config):
    model = train.EXPERIMENT.build_model(config, data=train.load(config))
    begin = start.StartFrom("mnist_dcgan")
    begin.set_model(model)
    with pytest.raises(ValueError, match="No weight of 'generator' fits"):
        begin.on_train_begin()


def test_frozen_layers_of_the_discriminator_do_not_learn(folder, config):
    other = dataclasses.replace(config, start_from=str(folder.path), freeze=0.5)
    model = train.EXPERIMENT.build_model(other, data=train.load(other))
    layers = [layer for layer in model.discriminator.layers if layer.weights]
    assert not layers[0].trainable
    assert layers[-1].trainable


def test_a_grid_has_a_class_per_column():
    np.testing.assert_array_equal(train.shown_classes(7, 3), [0, 1, 2, 0, 1, 2, 0])
    many = train.shown_classes(20, 200)
    np.testing.assert_array_equal(many[:10], np.arange(0, 200, 20))
    np.testing.assert_array_equal(many[:10], many[10:])


@pytest.mark.parametrize(
    ("images", "asked", "expected"),
    [(100, "auto", True), (30_000, "auto", False), (100, "none", False)]
    + [(30_000, "diff", True)],
)
def test_few_pictures_are_augmented(config, images, asked, expected):
    pixels = np.zeros((images, 16, 16, 1), np.uint8)
    pixels[::2] = 255
    config = dataclasses.replace(config, augment=asked)
    loaded = train.Pictures(config, data.image_set(pixels, name="x"))
    model = train.EXPERIMENT.build_model(config, data=loaded)
    names = [layer.name for layer in model.discriminator.layers]
    assert any("diff_augment" in name for name in names) is expected
    assert model.num_classes is None
    assert model.discriminator.input_shape[1:] == (16, 16, 1)


def test_the_dcgan_has_its_own_settings_unless_they_are_given():
    config = Config(recipe="dcgan", batch_size=16)
    expected = DCGAN | {"batch_size": 16}
    assert {name: getattr(config, name) for name in expected} == expected
    step = train.EXPERIMENT.train_step(dataclasses.replace(config, width=2, size="32"))
    assert step.model.penalty is None
    assert step.model.generator.output_shape[1:] == (32, 32, 3)


@pytest.mark.parametrize(
    ("text", "size"),
    [("64", (64, 64)), ("96x64", (96, 64)), ("65", None), ("0", None), ("144", None)]
    + [("64x", None), ("x64", None), ("64x64x3", None), ("-16", None), ("", None)],
)
def test_sizes_are_read_in_steps_of_16(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": "65"}, "size=65 must be 16 to 128 in steps of 16"),
        ({"recipe": "dcgan", "size": "48"}, "must be 16, 32, 64 or 128"),
        ({"freeze": 0.5}, "needs --from"),
        ({"fit": "stretch"}, "fit='stretch' must be one of crop, pad"),
        ({"background": 256}, "background=256 must be from 0 to 255"),
        ({"hours": 0.0}, "hours=0.0 must be above 0"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_read(fields, message):
    with pytest.raises(ValueError, match=message):
        Config(dataset="nowhere", **fields).check_values()


def test_pictures_are_set_aside_from_the_whole_set():
    images = np.arange(100, dtype=np.uint8)[:, None, None, None] * np.ones(
        (1, 16, 16, 1), np.uint8
    )
    aside, rest = report.set_aside(data.image_set(images, name="x"))
    assert len(aside) == 10
    whole = np.concatenate([aside.images, rest.images])[:, 0, 0, 0]
    np.testing.assert_array_equal(np.sort(whole), np.arange(100))
    few = data.image_set(images[:39], name="x")
    assert report.set_aside(few) == (None, few)


def test_half_of_the_pictures_are_near_the_others():
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (200, 16, 16, 1)).astype("uint8")
    images[:100] //= 4
    floor = report.between_halves(data.image_set(images, name="x"))
    assert 0 < floor < 20
