"""Each alarm goes off on a run made to fail that way, and on a sound one none does."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import callbacks, data, metrics, runs
from ganzoo.callbacks.health_rules import rules
from ganzoo.files import read_json

LATENT, BATCH, STEPS = 4, 32, 8


def players(shape, spread: float, judge: float) -> tuple[keras.Model, keras.Model]:
    """A generator of one layer that starts with samples of that spread, and a judge."""
    keras.utils.set_random_seed(3)
    layers, initial = keras.layers, keras.initializers
    size = int(np.prod(shape))
    generator = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense(size, kernel_initializer=initial.RandomNormal(0.0, spread)),
            layers.Activation("tanh" if len(shape) > 1 else "linear"),
            layers.Reshape(shape),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.Dense(1, kernel_initializer=initial.RandomNormal(0.0, judge)),
        ]
    )
    return generator, discriminator


def train(path, bed, shape, measure, *, rates, epochs, loss, spread, judge):
    """Trains with the alarms; returns the run folder and the GAN."""
    gan = ganzoo.GAN(*players(shape, spread, judge), seed=1)
    generator_rate, discriminator_rate = rates
    gan.compile(
        keras.optimizers.Adam(generator_rate, 0.5),
        keras.optimizers.Adam(discriminator_rate, 0.5),
        loss=loss,
    )
    run = runs.Run(path, {}, fingerprint=bed.fingerprint)
    run.restore(gan)
    board = callbacks.TensorBoard(run)
    modes = callbacks.ModeCoverage(
        run,
        [measure],
        count=200,
        every_images=1,
        images_per_epoch=1,
        epochs=epochs,
    )
    runs.fit(
        gan,
        lambda step: data.training_batches(bed, BATCH, seed=1, start_step=step),
        epochs=epochs,
        steps_per_epoch=STEPS,
        callbacks=[
            callbacks.NanGuard(run),
            callbacks.GeneratorGradient(),
            modes,
            callbacks.Log(run),
            callbacks.Health(run, board),
            board,
            callbacks.Checkpoint(run),
        ],
    )
    return run, gan


@pytest.fixture
def images(tmp_path):
    """Trains on images of noise; soundly, but for the changes."""

    def run(darkest: int = 0, **changes):
        numbers = np.random.default_rng(0)
        pixels = numbers.integers(darkest, 256, (400, 4, 4, 1)).astype("uint8")
        bed = data.image_set(pixels, np.zeros(400, "int32"), ("noise",), name="noise")
        threshold = metrics.DuplicateThreshold.build(bed, fraction=1e-3)
        measure = functools.partial(metrics.near_duplicates, threshold=threshold)
        sound = {"rates": (1e-3, 1e-3), "epochs": 3, "loss": "non_saturating"}
        sound |= {"spread": 1.0, "judge": 0.1}
        return train(tmp_path / "run", bed, (4, 4, 1), measure, **sound | changes)

    return run


@pytest.fixture
def points(tmp_path):
    """The same on two Gaussians, with a generator that starts all over them."""
    bed = data.GaussianMixture(np.array([[-1.0, 0.0], [1.0, 0.0]]), 0.4, "two")
    measure = functools.partial(metrics.point_modes, mixture=bed)
    sound = {"rates": (1e-4, 1e-4), "epochs": 6, "loss": "non_saturating"}
    sound |= {"spread": 1.0, "judge": 0.1}
    path = tmp_path / "run"
    return lambda **changes: train(path, bed, (2,), measure, **sound | changes)


def found(run, gan) -> dict:
    return {a["name"]: a for a in callbacks.write_health(run, gan)["alarms"]}


def written(run) -> list[str]:
    """Returns the texts of a run's event files, and the tags of its scalars."""
    texts = []
    for path in sorted((run.path / "tensorboard").iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                if value.tag == "alarms":
                    texts += tf.make_ndarray(value.tensor).ravel().tolist()
    return [text.decode() for text in texts]


def test_sound_runs_are_silent_though_all_is_looked_at(images, points, capsys):
    run, gan = images()
    health = callbacks.write_health(run, gan)
    assert health["alarms"] == health["rollbacks"] == []
    unmeasured = {"modes lost", "samples are blank"}
    assert health["looked_at"] == [name for name in rules() if name not in unmeasured]
    assert read_json(run.path / "health.json") == health
    assert written(run) == []
    assert capsys.readouterr().out == ""


def test_modes_that_are_covered_are_no_alarm(points):
    run, gan = points()
    health = callbacks.write_health(run, gan)
    assert health["alarms"] == []
    assert "modes lost" in health["looked_at"]


def test_a_discriminator_that_wins_and_leaves_no_gradient_is_told_of(images, capsys):
    run, gan = images(
        darkest=200, rates=(1e-9, 10.0), loss="minimax", spread=0.01, epochs=3
    )
    alarms = found(run, gan)
    won = alarms["discriminator has won"]
    vanished = alarms["generator's gradient has vanished"]
    assert won["last"] is None
    assert vanished["last"] is None
    shown = capsys.readouterr().out
    for alarm in (won, vanished):
        said = f"{alarm['sentence']} {alarm['remedy']}"
        assert f"alarm after epoch {alarm['first']}: {said}\n" in shown
        assert written(run).count(said) == 1


def test_a_discriminator_that_loses_and_a_single_image_are_told_of(images):
    run, gan = images(rates=(0.3, 1e-9), judge=2.0, epochs=4)
    alarms = found(run, gan)
    assert alarms["discriminator has lost"]["last"] is None
    repeated = alarms["samples repeat"]
    assert repeated["last"] is None


def test_a_generator_that_runs_off_from_all_modes_is_told_of(points):
    run, gan = points(rates=(0.3, 1e-9), judge=0.5)
    alarm = found(run, gan)["modes lost"]
    assert alarm["last"] is None
    assert "of 2 modes" in alarm["sentence"]
