"""One way to open a generator: by name, from a file, from a run folder."""

import json

import keras
import numpy as np
import pytest

from ganzoo import zoo
from ganzoo.zoo import locating, sidecar
from ganzoo.zoo.sampling import Sampler

NAMES = ["cat", "dog", "owl"]
BOXES = [[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]


def conditional() -> keras.Model:
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([noise, keras.ops.one_hot(label, 3)])
    drawn = keras.layers.Dense(16, activation="tanh")(joined)
    return keras.Model([noise, label], keras.layers.Reshape((4, 4, 1))(drawn))


def plain(size: int = 3) -> keras.Model:
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(16, activation="tanh")
    return keras.Sequential(
        [keras.Input((size,)), dense, keras.layers.Reshape((4, 4, 1))]
    )


@pytest.fixture
def run(tmp_path):
    """A run folder of a conditional generator."""
    conditional().save(tmp_path / "generator.keras")
    described = {"classes": {"num_classes": 3, "names": NAMES}, "pixel_offset": 128.0}
    sidecar.write(tmp_path / "generator.keras", described | {"image_shape": [4, 4, 1]})
    return tmp_path


def test_a_name_of_the_zoo_is_its_generator():
    found = zoo.open_generator("mnist_m_conditional")
    expected = zoo.sample("mnist_m_conditional", 3, seed=2)
    np.testing.assert_array_equal(found.sample(3, seed=2), expected)
    assert locating.image_shape("mnist_m_conditional") == (32, 32, 3)


def test_a_run_folder_knows_its_classes_and_its_gray(run):
    found = zoo.open_generator(run)
    assert found.conditioning.names == tuple(NAMES)
    assert found.pixel_offset == 128.0
    assert locating.image_shape(str(run)) == (4, 4, 1)
    same = zoo.open_generator(run / "generator.keras")
    np.testing.assert_array_equal(found.sample(5), same.sample(5))
    alone = run / "other.keras"
    (run / "generator.keras").rename(alone)
    assert zoo.open_generator(alone).conditioning.names == ("0", "1", "2")
    assert locating.image_shape(str(alone)) is None


def test_classes_are_chosen_by_name_or_number(run):
    found = zoo.open_generator(run)
    for words in (["owl", "cat"], ["OWL", "0"], [2, 0]):
        noise, labels = found.of_classes(words).inputs(5)
        np.testing.assert_array_equal(labels, [2, 0, 2, 0, 2])
        np.testing.assert_array_equal(noise, found.inputs(5)[0])
    with pytest.raises(
        ValueError, match=r"no class 'dgo' among the 3: cat, dog, owl\. .* mean dog\?"
    ):
        found.of_classes(["dgo"])
    with pytest.raises(ValueError, match="no class '3'"):
        found.of_classes(["3"])
    with pytest.raises(ValueError, match="takes no classes; classes cannot be chosen"):
        Sampler(plain()).of_classes(["cat"])
    with pytest.raises(ValueError, match="python -m ganzoo draw"):
        zoo.open_generator("multi_digit_mnist").of_classes(["3"])


def test_codes_of_a_run_follow_its_noise(tmp_path):
    plain(6).save(tmp_path / "generator.keras")
    described = {"codes": {"categorical": [3], "continuous": 1}}
    sidecar.write(tmp_path / "generator.keras", described)
    found = zoo.open_generator(tmp_path)
    assert (found.noise_dim, found.codes.size) == (2, 4)
    assert (found.inputs(9)[0].numpy()[:, 2:5].sum(axis=1) == 1).all()


def test_boxes_of_a_run_are_those_it_was_trained_with(tmp_path):
    layers = keras.layers
    inputs = [
        keras.Input((None, 3)),
        keras.Input((None,), dtype="int32"),
        keras.Input((None, 4)),
    ]
    known = layers.Embedding(10, 4)(inputs[1])
    means = [layers.GlobalAveragePooling1D()(one) for one in (known, *inputs[::2])]
    drawn = layers.Dense(16, activation="tanh")(layers.Concatenate()(means))
    network = keras.Model(inputs, layers.Reshape((4, 4, 1))(drawn))
    network.save(tmp_path / "generator.keras")
    layout = {"labels": [[1, 2]], "boxes": BOXES, "max_objects": 3}
    sidecar.write(tmp_path / "generator.keras", {"layout": layout})
    found = zoo.open_generator(tmp_path)
    expected = Sampler(network, conditioning=zoo.Layout(**layout))
    np.testing.assert_array_equal(found.sample(3), expected.sample(3))
    with pytest.raises(ValueError, match="takes boxes: leave out --num-classes"):
        zoo.open_generator(tmp_path, num_classes=3)


@pytest.mark.parametrize(
    "described",
    [
        [],
        {"image_shape": [4, 4]},
        {"pixel_offset": float("nan")},
        {"pixel_offset": "128"},
        {"classes": {"num_classes": 3, "names": ["cat"]}},
        {"classes": {"num_classes": 3, "names": [1, 2, 3]}},
        {"classes": {"num_classes": 1, "names": ["\x1b[2J"]}},
        {"classes": {"num_classes": 0}},
        {"classes": {"num_classes": 3, "chosen": [9]}},
        {"codes": {"other": 1}},
        {"layout": {"labels": [[1]], "boxes": [], "max_objects": 10**9}},
    ],
)
def test_a_damaged_description_is_refused(run, described):
    (run / "generator.json").write_text(json.dumps(described))
    with pytest.raises(ValueError, match="does not describe a generator"):
        zoo.open_generator(run)


def test_what_is_no_generator_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"no generator\.keras; give a .keras file or"):
        zoo.open_generator(tmp_path)
    for name in ("config.json", "manifest.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ValueError, match=r"a run folder without a generator\.keras"):
        zoo.open_generator(tmp_path)
    (tmp_path / "picture.png").write_text("x")
    with pytest.raises(ValueError, match="is a single file: give a generator of the"):
        zoo.open_generator(tmp_path / "picture.png")
    with pytest.raises(ValueError, match="leave out --num-classes"):
        zoo.open_generator("mnist_dcgan", num_classes=3)
