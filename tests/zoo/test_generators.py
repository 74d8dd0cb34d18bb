import json

import keras
import numpy as np
import pytest
from skimage import io

from ganzoo import data, networks, zoo
from ganzoo.cli import main
from ganzoo.zoo import catalog

pytestmark = pytest.mark.usefixtures("without_graphs")
# Measured by `tests.benchmarks.zoo_measures`.
RENEWED = [name for name in zoo.names() if "by_extractor" in zoo.card(name)]


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo in a folder of its own, with one untrained generator."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    keras.utils.set_random_seed(0)
    generator = networks.mnist_generator(8)
    zoo.add("tiny", generator, "mnist_generator", {"latent_dim": 8}, {"title": "T"})
    return tmp_path, generator


def test_loaded_weights_are_the_stored_ones_rounded_to_float16(own_zoo):
    _, generator = own_zoo
    loaded = zoo.load("tiny")
    for stored, found in zip(generator.weights, loaded.weights, strict=True):
        rounded = np.asarray(stored).astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(rounded, np.asarray(found))


def test_names_are_those_with_a_builder_and_the_card_says_what_was_given(own_zoo):
    folder, _ = own_zoo
    (folder / "a_classifier.json").write_text("{}")
    assert zoo.names() == ("tiny",)
    card = zoo.card("tiny")
    assert card["title"] == "T"
    assert card["bytes"] == (folder / "tiny.npz").stat().st_size


def test_the_grid_shows_the_samples_of_seed_0(own_zoo):
    grid = io.imread(zoo.grid("tiny"))
    assert grid.shape[0] == grid.shape[1] == 2 * (8 * 28 + 9 * 2)


def test_sample_i_is_a_function_of_seed_and_i(own_zoo):
    _, generator = own_zoo
    many = zoo.sample(generator, 7, seed=3, batch_size=4)
    np.testing.assert_array_equal(many[:2], zoo.sample(generator, 2, seed=3))
    assert not np.array_equal(many, zoo.sample(generator, 7, seed=4))
    assert many.dtype == np.uint8
    assert many.shape == (7, 28, 28, 1)


def test_a_name_a_sampler_and_a_model_give_the_same_images(own_zoo):
    images = zoo.sample("tiny", 3, seed=2)
    np.testing.assert_array_equal(images, zoo.sample(zoo.sampler("tiny"), 3, seed=2))
    np.testing.assert_array_equal(images, zoo.sample(zoo.load("tiny"), 3, seed=2))
    assert images.shape[1:] == zoo.image_shape("tiny") == (28, 28, 1)


@pytest.mark.parametrize("own", ["codes", "conditioning", "pixel_offset"])
def test_a_name_has_its_own_inputs(own_zoo, own):
    given = {own: zoo.Classes(3) if own == "conditioning" else 1.0}
    with pytest.raises(ValueError, match=f"'tiny' has its own {own}; leave {own}= out"):
        zoo.sample("tiny", 1, **given)
    with pytest.raises(ValueError, match=r"There is no 'tine' in the zoo.*mean tiny"):
        zoo.sample("tine", 1)


def test_the_codes_of_an_infogan_are_drawn_as_in_training(own_zoo):
    described = {"categorical": [3], "continuous": 1}
    arguments = {"latent_dim": 8}
    generator = networks.mnist_generator(**arguments)
    entry = {"title": "T", "codes": described}
    zoo.add("coded", generator, "mnist_generator", arguments, entry)
    codes = zoo.codes("coded")
    assert (codes.size, zoo.codes("tiny")) == (4, None)

    latents = zoo.latents(8, 2000, codes=codes).numpy()
    assert latents.shape == (2000, 8)
    np.testing.assert_array_equal(latents[:, 4:7].sum(axis=1), 1)
    assert set(np.unique(latents[:, 4:7])) == {0, 1}
    assert np.abs(latents[:, 7]).max() <= 1
    assert latents[:, :4].std() > 0.9
    images = zoo.sample(generator, 3, codes=codes)
    expected = generator(latents[:3], training=False)
    np.testing.assert_array_equal(images, data.to_uint8(expected.numpy()))


def test_tampered_weights_are_refused(own_zoo):
    folder, _ = own_zoo
    path = folder / "tiny.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="SHA-256"):
        zoo.load("tiny")


def test_unknown_names_and_builders_are_refused_by_naming_those_there_are(own_zoo):
    _, generator = own_zoo
    with pytest.raises(ValueError, match="tiny"):
        zoo.load("none")
    with pytest.raises(ValueError, match="mnist_generator"):
        zoo.add("other", generator, "none", {}, {})
    with pytest.raises(ValueError, match="count=0"):
        zoo.sample(generator, 0)


def test_weights_of_over_five_megabytes_are_refused(own_zoo):
    big = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1_000_000)])
    with pytest.raises(ValueError, match="5,000,000"):
        zoo.add("big", big, "mnist_generator", {}, {})


def run_main(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["ganzoo", *arguments])
    main()


def test_the_command_line_lists_shows_and_samples(
    own_zoo, tmp_path, monkeypatch, capsys
):
    run_main(monkeypatch, "list")
    assert capsys.readouterr().out == "tiny: T\n"
    run_main(monkeypatch, "show", "tiny")
    printed = capsys.readouterr().out
    assert json.loads(printed[: printed.rindex("}") + 1])["name"] == "tiny"
    output = str(tmp_path / "grid.png")
    arguments = ["--count", "6", "--columns", "3", "--scale", "1", "--output", output]
    run_main(monkeypatch, "sample", "tiny", *arguments)
    assert io.imread(output).shape == (2 * 28 + 3 * 2, 3 * 28 + 4 * 2)


def test_the_command_line_ends_in_one_line_for_an_unknown_name(
    own_zoo, monkeypatch, capsys
):
    with pytest.raises(SystemExit) as end:
        run_main(monkeypatch, "sample", "none")
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: There is no 'none': give a generator of the zoo (")


@pytest.mark.parametrize("name", zoo.names())
def test_every_shipped_card_is_full(name):
    card = zoo.card(name)
    for key in ("title", "known_faults"):
        assert card[key].strip()
    assert card["command"].startswith("python -m experiments.")
    assert isinstance(card["config"]["seed"], int)
    assert card["data"]["images"] > 0
    assert len(card["data"]["fingerprint"]) == 64
    assert card["trained_on"]["time"]
    assert card["trained_on"]["versions"]
    assert card["training_seconds"] > 0
    assert card["measures"]
    assert card["weights"] in ("raw", "averaged")
    assert zoo.grid(name).is_file()


@pytest.mark.parametrize("name", RENEWED)
def test_every_renewed_card_has_two_unlike_extractors_with_intervals(name):
    card = zoo.card(name)
    assert card["images_seen"] >= card["step"] * card["config"]["batch_size"]
    found = card["by_extractor"]
    assert len(found) == 2
    assert "lite0" in found
    assert len({one["card"]["sha256"] for one in found.values()}) == 2
    for one in found.values():
        assert one["card"]["resize"]
        assert one["card"]["count"] >= 500
        assert one["seconds"] >= 0
        for key, (value, width) in one["generated"].items():
            floor, floor_width = one["real"][key]
            assert width >= 0
            assert floor_width >= 0
            if key in ("frechet_distance", "mind"):  # real images are the floor
                assert value > floor


@pytest.mark.parametrize("name", zoo.names())
def test_every_shipped_generator_loads_and_draws_what_its_card_says(name):
    card = zoo.card(name)
    assert card["bytes"] <= zoo.MAX_BYTES
    images = zoo.sample(name, 200)
    assert images.shape[1:] == zoo.image_shape(name)
    if "accuracy" in card["measures"]:  # house numbers, in colour
        assert images.shape == (200, 32, 32, 3)
        assert images.std(axis=0).mean() > 20
        assert card["measures"]["accuracy"] > 0.5
        return
    if "seen_accuracy" in card["measures"]:  # digits in boxes, before a background
        assert (images > 192).mean() > 0.02
        assert images.std(axis=0).mean() > 20
        assert card["measures"]["seen_accuracy"] > 0.9
        return
    if "CIFAR-10" in card["data"]["name"]:  # photographs of all brightnesses
        assert images.shape == (200, 32, 32, 3)
        assert images.std(axis=0).mean() > 20
        assert 0.3 < (images > 127).mean() < 0.6
        assert card["measures"]["frechet_distance"] < 10
        return
    # Digits: mostly dark, with strokes; neither blank nor noise.
    assert 0.05 < (images > 127).mean() < 0.3
    assert images.std(axis=0).mean() > 20
    measures = card["measures"]
    if "modes" in measures:  # three digits in the three channels
        assert images.shape == (200, 28, 28, 3)
        assert measures["modes"] == 1000
        assert measures["divergence"] < 0.1
        return
    assert min(measures["class_shares"]) > 0.05
    assert max(measures["class_shares"]) < 0.16
