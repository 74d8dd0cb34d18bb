"""The worked example of docs/adding_a_gan.md, run as it stands there."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, random

PAGE = Path(__file__).parents[1] / "docs" / "adding_a_gan.md"
CODE = re.findall(
    r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S
)


@pytest.fixture(scope="module")
def kind() -> type[ganzoo.GAN]:
    names = {}
    exec(compile(CODE[0], str(PAGE), "exec"), names)
    return names["NoisyGAN"]


def players() -> tuple[keras.Model, keras.Model]:
    """Builds tiny dense players of 4x4 grey images, the same ones each time."""
    keras.utils.set_random_seed(1)
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Reshape((4, 4, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return generator, discriminator


def batches(steps: int) -> tf.data.Dataset:
    drawn = np.random.default_rng(0).uniform(-1, 1, (steps, 8, 4, 4, 1))
    return tf.data.Dataset.from_tensor_slices(drawn.astype(np.float32))


def trained(kind, steps: int, strategy=None, **arguments) -> ganzoo.GAN:
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        game = kind(*players(), seed=5, **arguments)
        game.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    game.fit(batches(steps), verbose=0, shuffle=False)
    return game


def weights(game: keras.Model) -> np.ndarray:
    return np.concatenate([np.ravel(w) for w in game.get_weights()])


def test_the_page_says_which_test_runs_it_and_the_example_is_short():
    assert Path(__file__).name in PAGE.read_text(encoding="utf-8")
    assert len([line for line in CODE[0].splitlines() if line.strip()]) <= 30


def test_the_discriminator_sees_noise_that_fades_away(kind):
    game = kind(*players(), noise=0.5, fade=4)
    images = next(iter(batches(1)))
    drawn = random.StepRandom.root(3).normal(images.shape)
    for step, left in ((0, 1.0), (1, 0.75), (4, 0.0), (9, 0.0)):
        game.step.assign(step)
        with layers.random_scope(random.StepRandom.root(3)):
            seen = game.discriminate(images, None)
        expected = game.discriminator(images + 0.5 * left * drawn)
        np.testing.assert_allclose(seen, expected, atol=1e-6)
    plain = game.discriminate(images, None, training=False)
    np.testing.assert_array_equal(plain, game.discriminator(images))


def test_two_replicas_train_as_one_does(kind, mirrored):
    one = weights(trained(kind, 3))
    two = weights(trained(kind, 3, mirrored(2)))
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_a_resumed_game_ends_in_the_same_bits(kind, tmp_path):
    whole = trained(kind, 4)
    first = kind(*players(), seed=5)
    first.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    first.fit(batches(4).take(2), verbose=0)
    first.save(tmp_path / "gan.keras")
    second = keras.saving.load_model(tmp_path / "gan.keras")
    assert (second.noise, second.fade) == (first.noise, first.fade)
    second.fit(batches(4).skip(2), verbose=0)
    np.testing.assert_array_equal(weights(second), weights(whole))


def test_the_training_code_fits_the_package(kind, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        kind, "fit", lambda self, data, **how: asked.update(how, data=data)
    )
    exec(compile(CODE[1], str(PAGE), "exec"), {"keras": keras, "NoisyGAN": kind})
    batch = next(iter(asked["data"]))
    assert batch.shape == (32, 28, 28, 1)
    assert asked["steps_per_epoch"] == 1797 // 32
