"""Class-conditional generators and refiners in the zoo."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import io

from ganzoo import data, networks, weights, zoo
from ganzoo.__main__ import main
from ganzoo.feeds import Classes, Drawings


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo in a folder of its own: a generator of ten classes, and a refiner."""
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
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
    assert zoo.layout("chosen") == Classes(10)
    generator = zoo.load("chosen")
    images = zoo.sample(generator, 12, layout=zoo.layout("chosen"), batch_size=5)
    labels = tf.constant(np.arange(12) % 10, tf.int32)
    expected = generator([zoo.latents(4, 12), labels], training=False)
    np.testing.assert_array_equal(images, data.to_uint8(expected.numpy()))
    with pytest.raises(ValueError, match="needs a layout"):
        zoo.sample(generator, 3)


def test_a_refiner_refines_drawn_house_numbers(own_zoo):
    assert zoo.layout("refiner") == Drawings("source")
    refiner = zoo.load("refiner")
    images = zoo.sample(refiner, 3, layout=zoo.layout("refiner"), seed=7)
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
    with pytest.raises(ValueError, match="'chosen' draws no objects in boxes"):
        zoo.draw("chosen", [1], [[0.1, 0.1, 0.5, 0.5]])
