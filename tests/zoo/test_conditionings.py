"""Class-conditional generators and refiners in the zoo."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import io

from ganzoo import data, networks, zoo
from ganzoo.cli import main
from ganzoo.zoo import catalog
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.sampling import Sampler

pytestmark = pytest.mark.usefixtures("without_graphs")


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo in a folder of its own: a generator of ten classes, and a refiner."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    keras.utils.set_random_seed(0)
    arguments = {"latent_dim": 4, "width": 2, "num_classes": 10}
    chosen = networks.svhn_generator(**arguments)
    entry = {"title": "T", "classes": {"num_classes": 10}}
    zoo.add("chosen", chosen, "svhn_generator", arguments, entry)
    refiner = networks.simgan_refiner(width=2, blocks=1)
    entry = {"title": "T", "drawings": {"style": "source"}}
    arguments = {"width": 2, "blocks": 1}
    zoo.add("refiner", refiner, "simgan_refiner", arguments, entry)
    return tmp_path


def test_image_i_is_of_class_i_modulo_their_number():
    noise, labels = Classes(3).inputs(4, 7)
    assert noise.shape == (7, 4)
    np.testing.assert_array_equal(labels, [0, 1, 2, 0, 1, 2, 0])
    fewer, _ = Classes(3).inputs(4, 2)
    np.testing.assert_allclose(noise[:2], fewer, rtol=1e-5)
    assert not np.array_equal(noise, Classes(3).inputs(4, 7, seed=1)[0])
    with pytest.raises(ValueError, match="count=0"):
        Classes(3).inputs(4, 0)


def test_a_conditional_generator_draws_every_class_from_the_same_noise(own_zoo):
    assert zoo.conditioning("chosen") == Classes(10)
    generator = zoo.load("chosen")
    conditioning = zoo.conditioning("chosen")
    images = zoo.sample(generator, 12, conditioning=conditioning, batch_size=5)
    labels = tf.constant(np.arange(12) % 10, tf.int32)
    expected = generator([zoo.latents(4, 12), labels], training=False)
    np.testing.assert_array_equal(images, data.to_uint8(expected.numpy()))
    with pytest.raises(ValueError, match="needs its conditioning="):
        zoo.sample(generator, 3)


def test_a_refiner_refines_drawn_house_numbers(own_zoo):
    assert zoo.conditioning("refiner") == Drawings("source")
    refiner = zoo.load("refiner")
    images = zoo.sample(refiner, 3, conditioning=zoo.conditioning("refiner"), seed=7)
    drawn = data.draw_house_numbers(3, seed=7, style="source")
    expected = refiner(data.to_float(drawn.images), training=False)
    np.testing.assert_array_equal(images, data.to_uint8(expected.numpy()))


@pytest.mark.parametrize("name", ["chosen", "refiner"])
def test_the_command_line_and_the_grid_show_both(own_zoo, name, monkeypatch):
    size = 2 * (8 * 32 + 9 * 2)
    assert io.imread(zoo.grid(name)).shape == (size, size, 3)
    output = str(own_zoo / "some.png")
    words = ["sample", name, "--count", "2", "--scale", "1", "--output", output]
    monkeypatch.setattr("sys.argv", ["ganzoo", *words])
    main()
    assert io.imread(output).shape == (32 + 4, 2 * 32 + 6, 3)


def test_neither_draws_objects_in_boxes(own_zoo):
    with pytest.raises(ValueError, match="'chosen' does not generate objects in boxes"):
        zoo.draw("chosen", [1], [[0.1, 0.1, 0.5, 0.5]])


# ---------------------------------------------------- generators that others have built


def conditional(first="noise", fed="Embedding", shape=(), dtype="int32", classes=10):
    """A generator of 4x4 images, from noise and labels in either order."""
    noise, label = keras.Input((3,)), keras.Input(shape, dtype=dtype)
    layers = keras.layers
    if fed == "Embedding":
        known = layers.Embedding(classes, 4)(label)
    elif fed == "counted from 1":
        known = layers.Embedding(classes + 1, 4)(keras.ops.cast(label + 1, "int64"))
    elif fed == "one_hot":
        known = keras.ops.one_hot(label, classes)
    elif fed == "CategoryEncoding":
        known = layers.CategoryEncoding(classes, output_mode="one_hot")(label)
    elif fed == "model":
        inner = keras.Input(shape, dtype=dtype)
        known = keras.Model(inner, layers.Embedding(classes, 4)(inner))(label)
    else:
        known = layers.Dense(4)(layers.Reshape((-1,))(label))
    joined = layers.Concatenate()([noise, layers.Flatten()(known)])
    drawn = layers.Reshape((4, 4, 1))(layers.Dense(16, activation="tanh")(joined))
    inputs = [noise, label] if first == "noise" else [label, noise]
    return keras.Model(inputs, drawn)


@pytest.mark.parametrize("first", ["noise", "label"])
@pytest.mark.parametrize(
    "how",
    [
        {"fed": "Embedding"},
        {"fed": "Embedding", "shape": (1,), "dtype": "float32"},
        {"fed": "one_hot"},
        {"fed": "counted from 1"},
        {"fed": "CategoryEncoding", "shape": (1,)},
        {"fed": "model"},
        {"fed": "Dense", "shape": (1,), "dtype": "float32"},
    ],
    ids=lambda how: "-".join(map(str, how.values())),
)
def test_labels_are_fed_as_labels_whatever_comes_first(first, how):
    generator = conditional(first, **how)
    sampler = Sampler(generator, conditioning=Classes(10))
    noise, labels = sampler.inputs(12)
    assert noise.shape == (12, 3)
    fed = tf.reshape(labels, (12, *how.get("shape", ())))
    given = [noise, fed] if first == "noise" else [fed, noise]
    expected = data.to_uint8(generator(given, training=False).numpy())
    np.testing.assert_allclose(sampler.sample(12), expected, atol=1)


@pytest.mark.parametrize(
    "fed", ["Embedding", "counted from 1", "one_hot", "CategoryEncoding", "model"]
)
@pytest.mark.parametrize("classes", [3, 9, 11, 20])
def test_another_number_of_classes_is_refused(fed, classes):
    message = f"num_classes={classes}, but the generator has 10 classes; use --num-c"
    with pytest.raises(ValueError, match=message):
        Sampler(conditional(fed=fed), conditioning=Classes(classes))


@pytest.mark.parametrize("classes", [0, -1, 2.5])
def test_a_number_of_classes_is_at_least_one(classes):
    with pytest.raises(ValueError, match=f"num_classes={classes} must be at least 1"):
        Classes(classes)


def test_labels_that_are_one_hot_are_refused_by_saying_how_to_build_it():
    generator = conditional(fed="Dense", shape=(10,), dtype="float32")
    with pytest.raises(
        ValueError, match=r"takes \(None, 3\) and \(None, 10\), of which"
    ):
        Sampler(generator, conditioning=Classes(10))
