"""What the explorer shows, without the page."""

import dataclasses
import io

import keras
import numpy as np
import pytest
from PIL import Image, ImageSequence

from ganzoo import boxes, data, networks
from ganzoo.explorer import pictures
from ganzoo.explorer.pictures import STEPS, Choice, Controls
from ganzoo.gans.codes import Codes
from ganzoo.zoo import interpolation
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler


def dense(size: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((size,)),
            layers.Dense(16, activation="tanh"),
            layers.Reshape((4, 4, 1)),
        ]
    )


@pytest.fixture(scope="module")
def plain() -> Sampler:
    return Sampler(dense(12))


@pytest.fixture(scope="module")
def coded() -> Sampler:
    return Sampler(dense(2 + 3 + 1), Codes((3,), 1))


@pytest.fixture(scope="module")
def layout() -> Sampler:
    network = networks.layout_generator(
        latent_dim=3, size=16, object_size=8, width=1 / 32, label_scale=3.0, seed=1
    )
    for layer in network.layers:
        if "pixels" in layer.name:
            layer.kernel.assign(layer.kernel.value * 30.0)
    return Sampler(network, conditioning=Layout([[1, 2]], boxes.grid(2), max_objects=3))


def test_the_controls_are_those_that_the_generator_has_use_for(plain, coded, layout):
    assert Controls.of(plain) == Controls(8)
    assert Controls.of(coded) == Controls(2, (3, 0))
    assert Controls.of(layout) == Controls(3, labels=10, boxes=True)
    refiner = networks.simgan_refiner(width=2, blocks=1)
    assert Controls.of(Sampler(refiner, conditioning=Drawings("source"))) == Controls(0)


def test_the_sliders_move_the_first_numbers_of_the_seeds_noise(plain):
    drawn = plain.inputs(1, seed=5)[0].numpy()[0]
    choice = Choice(seed=5)
    np.testing.assert_allclose(pictures.numbers(plain, choice), drawn[:8])
    moved = dataclasses.replace(choice, numbers=[1.5, -2.0])
    row = pictures.inputs(plain, moved)[0][0]
    np.testing.assert_allclose(row, [1.5, -2.0, *drawn[2:]], rtol=1e-6)
    assert pictures.numbers(plain, moved)[:2] == [1.5, -2.0]
    assert pictures.codes(plain, choice) == []
    beyond = dataclasses.replace(choice, numbers=[9.0])
    assert pictures.numbers(plain, beyond)[0] == pictures.LIMIT  # a slider ends there
    assert pictures.inputs(plain, Choice(seed=None))[0].shape == (1, 12)  # left empty


def test_codes_are_set_whole_where_they_are_categories(coded):
    choice = Choice(seed=1, codes=[2.0, -1.5])
    row = pictures.inputs(coded, choice)[0][0]
    np.testing.assert_array_equal(row[2:], [0, 0, 1, -1.5])
    assert pictures.codes(coded, choice) == [2.0, -1.5]
    drawn = pictures.inputs(coded, Choice(seed=1))[0][0]
    np.testing.assert_array_equal(drawn[:2], row[:2])
    assert drawn[2:5].sum() == 1
    with pytest.raises(ValueError, match="Code 0 is categorical"):
        pictures.inputs(coded, Choice(codes=[3.0, 0.0]))


def test_the_class_is_the_one_chosen():
    arguments = {"latent_dim": 4, "width": 2, "num_classes": 10}
    sampler = Sampler(networks.svhn_generator(**arguments), conditioning=Classes(10))
    assert Controls.of(sampler) == Controls(4, labels=10)
    noise, label = pictures.inputs(sampler, Choice(label=7))
    assert noise.shape == (1, 4)
    assert label.tolist() == [7]
    with pytest.raises(ValueError, match="class 10 must be 0 to 9"):
        pictures.inputs(sampler, Choice(label=10))


def test_a_path_leads_from_the_point_chosen_to_that_of_the_other_seed(plain):
    choice = Choice(seed=1, numbers=[2.0], last_seed=4, path="straight")
    images = pictures.walk(plain, choice)
    first = pictures.inputs(plain, choice)
    assert images.shape == (STEPS, 4, 4, 1)
    np.testing.assert_array_equal(images[:1], plain.draw(first))
    np.testing.assert_array_equal(images[-1:], plain.sample(1, seed=4))
    ends = first[0], plain.inputs(1, 4)[0].numpy()
    for path, way in pictures.PATHS.items():
        walked = pictures.walk(plain, dataclasses.replace(choice, path=path))
        middle = way(*ends, STEPS)[:, STEPS // 2]
        np.testing.assert_allclose(walked[[STEPS // 2]], plain.draw([middle]), atol=1)
    assert set(pictures.PATHS.values()) == {
        interpolation.linear,
        interpolation.spherical,
    }


def test_shown_are_the_image_at_the_place_and_the_whole_path_enlarged(plain):
    choice = Choice(position=3)
    image, strip = pictures.shown(plain, choice)
    walked = pictures.walk(plain, choice)
    assert image.shape == (560, 560)
    assert strip.shape[1] > 5 * strip.shape[0]
    np.testing.assert_array_equal(image[::140, ::140], walked[3, ..., 0])
    last, _ = pictures.shown(plain, Choice(position=99))
    np.testing.assert_array_equal(last[::140, ::140], walked[-1, ..., 0])


def test_the_film_goes_along_the_path_and_back_in_a_loop(plain):
    choice = Choice(seed=3)
    film = Image.open(io.BytesIO(pictures.film(plain, choice)))
    shown = [np.asarray(f.convert("L")) for f in ImageSequence.Iterator(film)]
    walked = pictures.walk(plain, choice)[..., 0]
    there = len(shown) // 2
    assert there == 4 * (STEPS - 1)
    assert film.info["loop"] == 0
    scale = len(shown[0]) // 4
    for number, image in enumerate(walked):
        found = shown[4 * number][::scale, ::scale]
        np.testing.assert_allclose(found.astype(int), image, atol=1)
    for number in range(1, there):
        np.testing.assert_array_equal(shown[-number], shown[number])


def test_a_refiner_shows_what_was_drawn_and_what_became_of_it():
    network = networks.simgan_refiner(width=2, blocks=1)
    sampler = Sampler(network, conditioning=Drawings("source"))
    images = pictures.walk(sampler, Choice(seed=3))
    drawn = data.draw_house_numbers(1, seed=3, style="source")
    np.testing.assert_array_equal(images[:1], drawn.images)
    np.testing.assert_array_equal(images[1:], sampler.sample(1, seed=3))
    image, _ = pictures.shown(sampler, Choice(seed=3))
    scale = len(image) // 32
    np.testing.assert_array_equal(image[::scale, ::scale], images[1])
    assert pictures.numbers(sampler, Choice()) == []


# ------------------------------------------------------------------------------- boxes


def test_a_layout_starts_with_the_boxes_of_its_card(layout):
    start = pictures.boxes_of(layout)
    assert [one["label"] for one in start] == [1, 2]
    np.testing.assert_allclose([one["box"] for one in start], boxes.grid(2))
    images = pictures.walk(layout, Choice(boxes=start))
    np.testing.assert_array_equal(images[:1], layout.sample(1))


def test_a_box_drawn_with_the_mouse_shows_there_and_nowhere_else(layout, plain):
    start = pictures.with_box(layout, [], 3, [0.0, 0.0, 0.5, 0.5])
    more = pictures.with_box(layout, start, 7, [1.0, 1.4, 0.5, 0.5])
    assert more[1] == {"label": 7, "box": [0.5, 0.5, 1.0, 1.0]}  # in order, cut off
    one, two = (
        layout.draw(pictures.inputs(layout, Choice(boxes=now)))[0]
        for now in (start, more)
    )
    changed = one != two
    assert changed[8:, 8:].mean() > 0.5
    changed[8:, 8:] = False
    assert not changed.any()
    assert pictures.boxes_of(plain) == []


def test_sliders_move_the_noise_of_the_last_box(layout):
    start = pictures.boxes_of(layout)
    choice = Choice(boxes=start, numbers=[3.0, 3.0, 3.0])
    noise = pictures.inputs(layout, choice)[0]
    drawn = layout.inputs(1)[0].numpy()
    np.testing.assert_array_equal(noise[0, 2], [3.0, 3.0, 3.0])
    np.testing.assert_array_equal(noise[0, :2], drawn[0, :2])


def test_boxes_that_cannot_be_drawn_are_refused_in_words(layout):
    with pytest.raises(ValueError, match="draw one with the mouse"):
        pictures.walk(layout, Choice())
    with pytest.raises(ValueError, match="drag to draw a larger box"):
        pictures.with_box(layout, [], 1, [0.5, 0.5, 0.51, 0.9])
    full = [{"label": 1, "box": [0, 0, 1, 1]}] * 3
    with pytest.raises(ValueError, match="The generator takes at most 3 boxes"):
        pictures.with_box(layout, full, 1, [0, 0, 1, 1])
    with pytest.raises(ValueError, match="cannot be drawn in"):
        pictures.inputs(layout, Choice(boxes=[{"label": 1, "box": [0, 0, 2, 1]}]))
