"""Tiny players, batches and games, and what every game must be able to do."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import data

LATENT, IMAGE, BATCH = 4, (4, 4, 1), 8


def build_players(
    *,
    norm: Callable[[], keras.Layer] | None = None,
    dropout: type[keras.Layer] | None = None,
    num_classes: int | None = None,
    seed: int = 1,
) -> tuple[keras.Model, keras.Model]:
    """Builds dense players of 4x4 grey images, the same ones for the same seed.

    Args:
        norm: A batch normalisation for the generator.
        dropout: A dropout layer for the discriminator.
        num_classes: Both take labels, too.
        seed: Of the initial weights.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    noise, images = keras.Input((LATENT,)), keras.Input(IMAGE)
    labels = [] if num_classes is None else [keras.Input((), dtype="int32")]

    def joined(features):
        embedded = [layers.Embedding(num_classes, 3)(label) for label in labels]
        return layers.Concatenate()([features, *embedded]) if labels else features

    # No bias before a normalisation: its gradient would be rounding error alone.
    hidden = layers.Dense(8, use_bias=norm is None)(joined(noise))
    if norm is not None:
        hidden = norm()(hidden)
    pixels = layers.Dense(16, activation="tanh")(layers.LeakyReLU()(hidden))
    generated = layers.Reshape(IMAGE, dtype="float32")(pixels)

    hidden = layers.Dense(8)(joined(layers.Flatten()(images)))
    hidden = layers.LeakyReLU()(hidden)
    if dropout is not None:
        hidden = dropout(0.4)(hidden)
    logits = layers.Dense(1)(hidden)

    def model(inputs, outputs):
        return keras.Model([inputs, *labels] if labels else inputs, outputs)

    return model(noise, generated), model(images, logits)


def build_batches(
    steps: int = 3, rows: int = BATCH, *, num_classes: int | None = None
) -> tf.data.Dataset:
    """Returns `steps` batches of random images, with labels where there are classes."""
    numbers = np.random.default_rng(0)
    images = numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")
    if num_classes is None:
        return tf.data.Dataset.from_tensor_slices(images)
    labels = numbers.integers(0, num_classes, (steps, rows)).astype("int32")
    return tf.data.Dataset.from_tensor_slices((images, labels))


def build_gan(
    strategy: tf.distribute.Strategy | None = None,
    *,
    players: dict | None = None,
    compiled: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    **arguments,
) -> ganzoo.GAN:
    """Builds and compiles a tiny game in the scope of a strategy."""
    with strategy.scope() if strategy else contextlib.nullcontext():
        both = build_players(
            num_classes=arguments.get("num_classes"), **(players or {})
        )
        gan = ganzoo.GAN(*both, **({"seed": 5} | arguments))
        gan.compile(optimizer(), optimizer(), **(compiled or {}))
    return gan


def learned_weights(gan: ganzoo.GAN) -> np.ndarray:
    """All weights of the players and their average, in one vector."""
    weights = [*gan.generator.weights, *gan.discriminator.weights, *gan.average]
    return np.concatenate([weight.numpy().ravel() for weight in weights])


def whole_state(gan: ganzoo.GAN) -> list[np.ndarray]:
    """Everything that decides how a run goes on."""
    variables = [
        *gan.generator.weights,
        *gan.discriminator.weights,
        *gan.generator_optimizer.variables,
        *gan.discriminator_optimizer.variables,
        *gan.average,
        gan.step,
    ]
    return [variable.numpy() for variable in variables]


class BatchLogs(keras.callbacks.Callback):
    """Keeps what `fit()` reports after every batch, as plain numbers."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append({name: float(value) for name, value in logs.items()})


def lasting(game) -> list[np.ndarray]:
    """The weights of any game and the state of its optimisers."""
    kept = [v for v in vars(game).values() if isinstance(v, keras.optimizers.Optimizer)]
    optimizers = [variable for optimizer in kept for variable in optimizer.variables]
    return [variable.numpy() for variable in game.weights + optimizers]


def check_any_game(build, tmp_path) -> None:
    """Checks what all games have in common.

    Args:
        build: Returns a new compiled game and finite training batches for it; its
            `seed` argument decides the initial weights.
        tmp_path: A folder to save in.
    """
    game, batches = build(seed=1)
    steps = int(batches.cardinality())
    history = game.fit(batches, epochs=2, verbose=0).history
    assert int(game.step) == 2 * steps
    assert set(history) == {tracker.name for tracker in game.metrics}
    assert np.isfinite(list(history.values())).all()

    images = game.generate(3, seed=7)
    assert images.shape == (3, *game.generator.output_shape[1:])
    assert images.dtype == np.float32
    assert np.abs(images).max() <= 1.0
    np.testing.assert_array_equal(images, game.generate(3, seed=7))

    config = game.get_config()
    assert type(game).from_config(config).get_config() == config

    other, batches = build(seed=2)
    assert not np.array_equal(images, other.generate(3, seed=7))
    game.save_weights(tmp_path / "game.weights.h5")
    other.load_weights(tmp_path / "game.weights.h5")
    for resumed in (game, other):
        resumed.fit(batches, verbose=0)
    for expected, value in zip(lasting(game), lasting(other), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.fixture
def tiny_players():
    return build_players


@pytest.fixture
def tiny_batches():
    return build_batches


@pytest.fixture
def tiny_gan():
    return build_gan


@pytest.fixture
def learned():
    return learned_weights


@pytest.fixture
def state_of():
    return whole_state


@pytest.fixture
def batch_logs():
    return BatchLogs()


@pytest.fixture
def check_game(tmp_path):
    return lambda build: check_any_game(build, tmp_path)


@pytest.fixture(scope="session")
def image_set() -> data.ImageSet:
    """64 random 4x4 images of 3 classes."""
    numbers = np.random.default_rng(3)
    return data.ImageSet(
        images=numbers.integers(0, 256, (64, *IMAGE)).astype("uint8"),
        labels=numbers.integers(0, 3, 64).astype("int32"),
        class_names=("a", "b", "c"),
        name="noise",
        split="train",
    )
