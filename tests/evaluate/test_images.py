"""What can be evaluated, by name or path."""

import keras
import numpy as np
import pytest
from PIL import Image

from ganzoo import data, networks, zoo
from ganzoo.evaluate.images import Subject, evenly, find
from ganzoo.evaluate.locating import GENERATOR, IMAGES, ZOO, locate
from ganzoo.zoo import catalog

pytestmark = pytest.mark.usefixtures("without_graphs")


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo in a folder of its own: a generator, and one of stacked digits."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    keras.utils.set_random_seed(0)
    arguments = {"latent_dim": 4}
    for name, measures in (("plain", {}), ("piled", {"modes": 9})):
        network = networks.mnist_generator(**arguments)
        entry = {"title": "T", "measures": measures}
        zoo.add(name, network, "mnist_generator", arguments, entry)
    return tmp_path


def real(shape) -> data.ImageSet:
    return data.image_set(np.zeros((2, *shape), np.uint8), name="real")


def test_a_name_of_the_zoo_is_that_generator(own_zoo):
    found = find("plain")
    assert (found.name, found.count, found.stacked) == (
        "zoo generator plain",
        None,
        False,
    )
    np.testing.assert_array_equal(
        found.take(3, seed=2), zoo.sample(zoo.load("plain"), 3, seed=2)
    )
    assert found.described(2) == "zoo generator plain, seed 2"
    assert find("piled").stacked


def test_a_path_is_the_generator_or_the_images_there(own_zoo):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "tanh")])
    model.add(keras.layers.Reshape((4, 4, 1)))
    model.save(own_zoo / "own.keras")
    assert find(str(own_zoo / "own.keras")).take(5, seed=0).shape == (5, 4, 4, 1)
    images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    np.savez(own_zoo / "own.npz", images=images)
    found = find(str(own_zoo / "own.npz"))
    assert (found.name, found.count) == ("own.npz", 3)
    assert found.described(7) == "own.npz"
    assert find(str(own_zoo)).images.ndim == 4  # the grids of the zoo
    run = own_zoo / "run"
    run.mkdir()
    model.save(run / "generator.keras")
    drawn = find(str(run))
    assert (drawn.name, drawn.count) == ("run", None)
    np.testing.assert_array_equal(
        drawn.take(2, seed=1), find(str(own_zoo / "own.keras")).take(2, seed=1)
    )


def test_what_is_not_there_is_answered_by_what_there_is(own_zoo):
    with pytest.raises(ValueError, match=r"of the zoo \(piled, plain\).*mean plain\?"):
        find("plane")
    with pytest.raises(ValueError, match="a run folder, a folder of images or an"):
        find("/nowhere/at/all")


def test_of_too_many_images_evenly_spaced_ones_are_taken():
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    subject = Subject("own", images)
    np.testing.assert_array_equal(subject.take(3, 0).ravel(), [0, 3, 6])
    np.testing.assert_array_equal(evenly(images, 10), images)
    with pytest.raises(ValueError, match="own has 10 images; count=11 is more"):
        subject.take(11, 0)


def test_grey_images_saved_in_colour_are_grey_where_the_real_ones_are():
    grey = np.arange(32, dtype=np.uint8).reshape(2, 4, 4, 1)
    subject = Subject("own", grey.repeat(3, axis=-1))
    found = subject.like(real((4, 4, 1)))
    np.testing.assert_array_equal(found.images, grey)
    assert found.name == "own (gray, saved in color)"
    assert subject.like(real((4, 4, 3))) is subject
    colour = np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3)
    with pytest.raises(ValueError, match="images of 4x4x3, but real has"):
        Subject("own", colour).like(real((4, 4, 1)))


def test_other_sizes_are_refused(own_zoo):
    with pytest.raises(ValueError, match="plain: images of 28x28x1, but real"):
        find("plain").like(real((32, 32, 3)))


# ------------------------------------------------------------------- names and options


def test_a_name_of_the_zoo_and_of_a_folder_is_refused_with_a_way_to_say_each(
    own_zoo, monkeypatch
):
    monkeypatch.chdir(own_zoo)
    (own_zoo / "plain").mkdir()
    Image.new("L", (4, 4), 100).save(own_zoo / "plain/a.png")
    with pytest.raises(ValueError, match=r"'plain' is a generator.*use \./plain; for"):
        find("plain")
    found = find("./plain")
    assert (found.name, found.count) == ("plain", 1)
    assert "1 file used, 0 left out" in found.note


@pytest.mark.parametrize("options", [{"num_classes": 10}, {"black": 0.0, "white": 1.0}])
def test_options_that_would_be_ignored_are_refused(own_zoo, options):
    flags = " and --".join(options).replace("_", "-")
    message = f"{{}}.*: leave out --{flags}, which describe a .keras"
    with pytest.raises(ValueError, match=message.format("plain is a generator")):
        find("plain", **options)
    with pytest.raises(ValueError, match=message.format("is images")):
        find(str(own_zoo), **options)
    assert find("plain", num_classes=None).sampler is not None


def test_a_thing_is_located_without_reading_it(own_zoo):
    (own_zoo / "broken.keras").write_text("x")
    (own_zoo / "broken.png").write_text("x")
    assert locate("plain")[0] == ZOO
    assert locate(str(own_zoo / "broken.keras"))[0] == GENERATOR
    assert locate(str(own_zoo))[0] == IMAGES
    for name in ("absent.keras", "absent.npz", "absent"):
        with pytest.raises(ValueError, match="There is no"):
            locate(str(own_zoo / name))
