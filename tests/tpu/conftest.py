"""Tiny games, and steps that a TPU does not take."""

import keras
import pytest
import tensorflow as tf

import ganzoo
from experiments.harness.model import Step

IMAGE = (4, 4, 1)


def build_game(**arguments) -> ganzoo.GAN:
    """Builds and compiles a game of 4x4 images, the same one each time."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(8, use_bias=False),
            ganzoo.layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Dense(16, activation="tanh"),
            layers.Reshape(IMAGE),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Flatten(),
            layers.Dense(8),
            layers.LeakyReLU(),
            ganzoo.layers.Dropout(0.3),
            layers.Dense(1),
        ]
    )
    kind = arguments.pop("kind", ganzoo.GAN)
    game = kind(generator, discriminator, **({"seed": 5} | arguments))
    game.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.1))
    return game


class Planted(ganzoo.GAN):
    """A game whose losses go through a function that a TPU does not take."""

    planted = staticmethod(tf.identity)

    def generator_losses(self, fake_logits, real_logits):
        return super().generator_losses(type(self).planted(fake_logits), real_logits)


@pytest.fixture
def tiny_game():
    return build_game


@pytest.fixture
def tiny_step():
    """Returns a function that makes a step of 8 images, with something planted."""

    def step(planted=None, rows: int = 8) -> Step:
        kind = ganzoo.GAN
        if planted is not None:
            kind = type("Planted", (Planted,), {"planted": staticmethod(planted)})
        batch = tf.TensorSpec([rows, *IMAGE], tf.float32)
        return Step(build_game(kind=kind), batch, rows)

    return step
