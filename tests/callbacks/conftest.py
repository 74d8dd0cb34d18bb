"""A tiny GAN that trains in eager steps, and run folders of it."""

import types

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import callbacks, data, runs
from ganzoo.layers import Dropout

BATCH, STEPS, EPOCHS, IMAGE = 8, 3, 2, (4, 4, 1)


@pytest.fixture(scope="session")
def image_set() -> data.ImageSet:
    numbers = np.random.default_rng(3)
    return data.ImageSet(
        images=numbers.integers(0, 256, (BATCH * STEPS, *IMAGE)).astype("uint8"),
        labels=numbers.integers(0, 2, BATCH * STEPS).astype("int32"),
        class_names=("a", "b"),
        name="noise",
        split="train",
    )


def build_gan(eager: bool = True, **compiled) -> ganzoo.GAN:
    """Dense players of 4x4 images with everything that a resumed run could forget."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(6, use_bias=False),
            layers.BatchNormalization(),
            layers.Dense(16, activation="tanh"),
            layers.Reshape(IMAGE),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input(IMAGE), layers.Flatten(), layers.Dense(6, "relu"), Dropout(0.4)]
        + [layers.Dense(1)]
    )
    gan = ganzoo.GAN(generator, discriminator, ema_half_life=50.0, seed=5)
    optimizers = (keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01))
    gan.compile(*optimizers, run_eagerly=eager, **compiled)
    return gan


def state(gan: ganzoo.GAN) -> list[np.ndarray]:
    """Everything that decides how a run goes on."""
    kept = [
        *gan.weights,
        *gan.generator_optimizer.variables,
        *gan.discriminator_optimizer.variables,
    ]
    return [variable.numpy() for variable in kept]


def train_game(path, image_set, make=(), minutes=1e9, last=(), gan=None) -> tuple:
    """Starts or resumes a run in a folder.

    Args:
        path: The folder.
        image_set: The images.
        make: Functions of the run that make more callbacks, to stand before the log.
        minutes: Between checkpoints; tiny is after every step.
        last: More callbacks, to stand last.
        gan: A GAN in place of a new one.
    """
    gan = gan or build_gan()
    run = runs.Run(path, {"epochs": EPOCHS}, fingerprint=image_set.fingerprint)
    run.restore(gan)
    runs.fit(
        gan,
        lambda step: data.training_batches(image_set, BATCH, seed=1, start_step=step),
        epochs=EPOCHS,
        steps_per_epoch=STEPS,
        callbacks=[
            callbacks.Throughput(BATCH),
            *(function(run) for function in make),
            callbacks.Log(run),
            callbacks.Checkpoint(run, minutes),
            *last,
        ],
    )
    return run, gan


class At(keras.callbacks.Callback):
    """Calls a function at the end of a step."""

    def __init__(self, step: int, function):
        super().__init__()
        self.step, self.function = step, function

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == self.step:
            self.function(self.model)


@pytest.fixture
def gan() -> ganzoo.GAN:
    return build_gan()


@pytest.fixture
def train(image_set):
    return lambda path, **others: train_game(path, image_set, **others)


@pytest.fixture
def state_of():
    return state


@pytest.fixture
def at():
    return At


@pytest.fixture
def run(tmp_path, image_set) -> runs.Run:
    return runs.Run(tmp_path / "run", {}, fingerprint=image_set.fingerprint)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, image_set):
    """A run with all that is written without a classifier: its folder and its GAN."""
    return train_game(
        tmp_path_factory.mktemp("finished") / "run",
        image_set,
        make=[
            callbacks.NanGuard,
            lambda run: callbacks.SampleGrids(run, image_set.images, count=4),
        ],
        last=[],
    )


@pytest.fixture
def stub():
    """A GAN as far as a callback looks at one that is at some step."""

    def make(step: int = 0, **others):
        return types.SimpleNamespace(
            step=step, data_seconds=0.0, steps_per_execution=1, metrics=[], **others
        )

    return make
