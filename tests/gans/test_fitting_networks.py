"""Networks that do not fit are refused at construction, in words."""

import keras
import pytest

from ganzoo import GAN, layers
from ganzoo.gans.checks_models import check_networks
from ganzoo.gans.randomness import stock_seed_generators


def generator(latent_dim=4, shape=(4, 4, 1), dtype=None):
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            keras.layers.Dense(shape[0] * shape[1] * shape[2], dtype=dtype),
            keras.layers.Reshape(shape),
        ]
    )


def discriminator(shape=(4, 4, 1), dtype=None):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(1, dtype=dtype),
        ]
    )


class Unbuilt(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(16)

    def call(self, noise):
        return keras.ops.reshape(self.dense(noise), (-1, 4, 4, 1))


class TwoOutputs(keras.layers.Layer):
    def call(self, images):
        return images, images


def test_the_noise_is_as_wide_as_the_generators_input():
    assert check_networks(generator(7), discriminator(), None, None) == 7
    assert check_networks(generator(7), discriminator(), 7, None) == 7


def test_checking_builds_subclassed_networks():
    network = Unbuilt()
    assert check_networks(network, discriminator(), 6, None) == 6
    assert network.dense.kernel.shape == (6, 16)


def test_image_sizes_may_be_left_open():
    discriminator = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            keras.layers.Conv2D(1, 2),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    assert check_networks(generator(), discriminator, None, None) == 4


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"discriminator takes .*5, 5, 1.*4, 4, 1"):
        GAN(generator(), discriminator((5, 5, 1)))
    with pytest.raises(ValueError, match=r"discriminator takes .*4, 4.*4, 4, 1"):
        GAN(generator(), discriminator((4, 4)))


def test_one_network_in_both_parts_is_refused():
    network = generator()
    with pytest.raises(ValueError, match="the same network"):
        GAN(network, network)


@pytest.mark.parametrize("wrong", [None, "dcgan", lambda noise: noise])
def test_what_is_no_network_is_refused(wrong):
    with pytest.raises(ValueError, match="generator must be a Keras model"):
        GAN(wrong, discriminator())
    with pytest.raises(ValueError, match="discriminator must be a Keras model"):
        GAN(generator(), wrong)


def test_a_width_of_the_noise_that_is_not_the_generators_is_refused():
    with pytest.raises(
        ValueError, match="latent_dim=5, but the generator's input has 4"
    ):
        GAN(generator(), discriminator(), latent_dim=5)


def test_a_generator_that_does_not_say_how_much_noise_it_takes_is_refused():
    with pytest.raises(ValueError, match="pass latent_dim"):
        GAN(Unbuilt(), discriminator())


def test_a_generator_of_images_is_refused_in_place_of_one_of_noise():
    with pytest.raises(ValueError, match="size of the generator's noise is unknown"):
        GAN(discriminator(), generator())


def test_networks_and_model_must_agree_on_labels(tiny_networks):
    with pytest.raises(ValueError, match=r"generator has 1 inputs, .* feeds it 2"):
        GAN(generator(), discriminator(), num_classes=3)
    conditional, critic = tiny_networks(num_classes=3)
    with pytest.raises(ValueError, match="discriminator has 1 inputs"):
        GAN(conditional, discriminator(), num_classes=3)
    with pytest.raises(ValueError, match=r"generator has 2 inputs, .* feeds it 1"):
        GAN(conditional, critic)


def test_a_model_of_one_class_is_refused(tiny_networks):
    with pytest.raises(ValueError, match="num_classes=1 must be at least 2"):
        GAN(*tiny_networks(num_classes=3), num_classes=1)


def test_more_than_one_output_is_refused():
    with pytest.raises(ValueError, match="discriminator must return one tensor"):
        GAN(generator(), TwoOutputs())


@pytest.mark.parametrize("part", ["generator", "discriminator"])
def test_float16_is_refused_where_it_computes(part):
    builders = {"generator": generator, "discriminator": discriminator}
    networks = {
        name: build(dtype="mixed_float16" if name == part else None)
        for name, build in builders.items()
    }
    with pytest.raises(ValueError, match=f"{part} computes in float16.*mixed_bfloat16"):
        GAN(**networks)


def test_only_stock_layers_are_reseeded():
    inner = keras.Sequential([keras.layers.Dropout(0.1), layers.Dropout(0.1)])
    outer = keras.Sequential(
        [keras.Input((3,)), inner, keras.layers.GaussianNoise(0.1)]
    )
    (dropout, _), noise = inner.layers, outer.layers[-1]
    found = stock_seed_generators(outer)
    assert {id(seeds) for seeds in found} == {
        id(dropout.seed_generator),
        id(noise.seed_generator),
    }
