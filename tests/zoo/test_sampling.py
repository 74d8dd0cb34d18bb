"""Generators with all that they are fed."""

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import boxes, data, networks
from ganzoo.gans.codes import Codes
from ganzoo.zoo import interpolation
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler, latents

pytestmark = pytest.mark.usefixtures("without_graphs")


@pytest.fixture(scope="module", autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def dense(*inputs: int) -> keras.Model:
    """A generator of 4x4 images that each of its inputs changes."""
    fed = [keras.Input((size,)) for size in inputs]
    joined = keras.layers.Concatenate()(fed) if len(fed) > 1 else fed[0]
    drawn = keras.layers.Dense(16, activation="tanh")(joined)
    return keras.Model(
        fed if len(fed) > 1 else fed[0], keras.layers.Reshape((4, 4, 1))(drawn)
    )


def floats(model, *inputs) -> np.ndarray:
    fed = [np.asarray(rows) for rows in inputs]
    return np.asarray(model(fed if len(fed) > 1 else fed[0], training=False))


def test_images_are_those_of_the_generator_and_sample_i_depends_on_seed_and_i():
    sampler = Sampler(dense(5))
    noise = sampler.inputs(7, seed=3)
    many = sampler.sample(7, seed=3, batch_size=4)
    np.testing.assert_array_equal(
        many, data.to_uint8(floats(sampler.generator, *noise))
    )
    np.testing.assert_array_equal(many[:2], sampler.sample(2, seed=3))
    assert not np.array_equal(many, sampler.sample(7, seed=4))
    assert (sampler.noise_dim, sampler.image_shape) == (5, (4, 4, 1))
    with pytest.raises(ValueError, match="count=0"):
        sampler.sample(0)


def test_the_grey_value_in_the_middle_is_where_zero_goes():
    model = dense(2)
    model.layers[-2].kernel.assign(np.zeros((2, 16)))
    assert (Sampler(model, pixel_offset=100.0).sample(1) == 100).all()


def test_a_network_of_bfloat16_is_drawn_from_too():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = Sampler(dense(3)).sample(2)
    assert images.dtype == np.uint8
    assert images.std() > 0


def test_between_two_ends_the_noise_moves_in_equal_steps():
    sampler = Sampler(dense(5))
    first, last = sampler.inputs(2, seed=1), sampler.inputs(2, seed=2)
    images = sampler.between(first, last, 3)
    middle = (np.asarray(first[0]) + np.asarray(last[0])) / 2
    expected = data.to_uint8(floats(sampler.generator, middle))
    assert images.shape == (6, 4, 4, 1)
    np.testing.assert_allclose(images[1::3], expected, atol=1)
    np.testing.assert_array_equal(images[0::3], sampler.draw(first))
    np.testing.assert_array_equal(images[2::3], sampler.draw(last))
    arcs = sampler.between(first, last, 3, interpolation.spherical)
    assert not np.array_equal(arcs, images)


def test_codes_stay_as_at_the_first_end():
    codes = Codes((3,), 1)
    sampler = Sampler(dense(2 + 4), codes)
    first, last = sampler.inputs(2, seed=1), sampler.inputs(2, seed=2)
    ends = sampler.between(first, last, 2)
    assert sampler.noise_dim == 2
    mixed = np.concatenate([last[0][:, :2], first[0][:, 2:]], axis=1)
    np.testing.assert_array_equal(ends[1::2], sampler.draw([mixed]))


def test_classes_stay_along_a_path_and_rows_have_one_after_another():
    arguments = {"latent_dim": 4, "width": 2, "num_classes": 10}
    sampler = Sampler(networks.svhn_generator(**arguments), conditioning=Classes(10))
    first, last = sampler.inputs(3, seed=1), sampler.inputs(3, seed=2)
    images = sampler.between(first, last, 2)
    expected = floats(sampler.generator, last[0], np.arange(3, dtype="int32"))
    np.testing.assert_allclose(images[1::2], data.to_uint8(expected), atol=1)


def test_boxes_stay_and_the_noise_of_every_object_moves():
    network = networks.layout_generator(
        latent_dim=4, size=16, object_size=8, width=1 / 32
    )
    layout = Layout([[1, 2]], boxes.grid(2), max_objects=4)
    sampler = Sampler(network, conditioning=layout)
    first, last = sampler.inputs(1, seed=1), sampler.inputs(1, seed=2)
    images = sampler.between(first, last, 3)
    assert images.shape == (3, 16, 16, 1)
    np.testing.assert_array_equal(images[2:], sampler.draw(last))


def test_what_cannot_be_fed_or_moved_is_refused():
    with pytest.raises(ValueError, match="needs its conditioning="):
        Sampler(dense(2, 3))
    refiner = networks.simgan_refiner(width=2, blocks=1)
    sampler = Sampler(refiner, conditioning=Drawings("source"))
    assert sampler.noise_dim == 0
    fed = sampler.inputs(1)
    with pytest.raises(ValueError, match="it has no noise to interpolate"):
        sampler.between(fed, fed, 2)


# ------------------------------------------------------------------------------ seeds


@pytest.mark.parametrize("seed", [2**70, 2**63, -(2**63) - 1, 1.5, "1", None])
def test_seeds_that_would_be_those_of_another_are_refused(seed):
    sampler = Sampler(dense(2))
    calls = [
        lambda: sampler.sample(1, seed),
        lambda: Classes(3).inputs(2, 1, seed),
        lambda: Layout([[1, 2]], boxes.grid(2), max_objects=4).inputs(2, 1, seed),
        lambda: interpolation.ends(1, 2, seed=seed),
        lambda: latents(4 + 3, 1, codes=Codes((3,), 0), seed=seed),
        lambda: ganzoo.GAN(dense(2), dense(2), seed=seed),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=rf"seed={seed!r} must be"):
            call()


def test_all_seeds_of_64_bits_are_different_ones():
    sampler = Sampler(dense(2))
    seeds = [0, 1, -1, 2**32, 2**63 - 1, -(2**63), np.int64(5)]
    drawn = {sampler.inputs(1, seed)[0].numpy().tobytes() for seed in seeds}
    assert len(drawn) == len(seeds)


def test_a_game_draws_other_images_for_every_seed():
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    game = ganzoo.GAN(dense(2), keras.Sequential(layers), seed=2**63 - 1)
    seeds = [0, -1, 2**63 - 1, -(2**63)]
    drawn = {game.generate(1, seed=seed).tobytes() for seed in seeds}
    assert len(drawn) == len(seeds)
    with pytest.raises(ValueError, match=f"seed={2**63} must be"):
        game.generate(1, seed=2**63)
