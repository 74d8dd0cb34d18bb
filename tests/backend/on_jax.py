"""Tests of what JAX alone does; tests/backend/test_two_backends.py runs them on it."""

import keras
import numpy as np
import pytest

from ganzoo import backend, distribute
from tests.gans import tiny

ROWS = 16
IMAGES = np.random.default_rng(0).uniform(-1, 1, (ROWS, *tiny.IMAGE)).astype("float32")
LABELS = np.arange(ROWS, dtype="int64") % 3


def weights(model) -> np.ndarray:
    return np.concatenate([np.ravel(weight) for weight in model.get_weights()])


def pairs(count: int = 4):
    """Batches of images and labels, from a generator."""
    for start in range(0, ROWS, count):
        yield IMAGES[start : start + count], LABELS[start : start + count]


def test_within_an_epoch_variables_have_their_values():
    gan, steps, moved = tiny.build_gan(), [], []
    before = weights(gan.generator)

    def look(batch, logs):
        steps.append(int(gan.step))
        moved.append(not np.array_equal(weights(gan.generator), before))
        gan.generator_optimizer.learning_rate = 0.01 * (batch + 1)

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=look)
    gan.fit(IMAGES, batch_size=4, callbacks=[callback], verbose=0)
    assert steps == [1, 2, 3, 4]
    assert all(moved)
    # What a callback sets is what goes on.
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(0.04)


def test_arrays_are_shuffled_by_seed_and_step_alone():
    ends = []
    for number, seed in enumerate((5, 5, 6)):
        gan = tiny.build_gan(seed=seed)
        np.random.seed(number)
        gan.fit(IMAGES, batch_size=4, epochs=2, verbose=0)
        ends.append(weights(gan))
    np.testing.assert_array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])
    parts = tiny.build_gan(seed=5)
    for epoch in range(2):
        parts.fit(
            IMAGES, batch_size=4, initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )
    np.testing.assert_array_equal(weights(parts), ends[0])


def test_any_data_will_do():
    ends = []
    steps = tiny.Steps((IMAGES.reshape(4, 4, *tiny.IMAGE), LABELS.reshape(4, 4)))
    for data in (pairs(), steps):
        gan = tiny.build_gan(num_classes=3)
        gan.fit(data, shuffle=False, verbose=0)
        ends.append(weights(gan))
    gan = tiny.build_gan(num_classes=3)
    gan.fit(IMAGES, LABELS, batch_size=4, shuffle=False, verbose=0)
    for end in ends:
        np.testing.assert_array_equal(end, weights(gan))


def test_several_steps_per_execution_and_eager_steps_are_the_same():
    ends = []
    for compiled in ({}, {"steps_per_execution": 2}, {"run_eagerly": True}):
        gan = tiny.build_gan(compiled={"penalty": "r1", **compiled})
        gan.fit(IMAGES, batch_size=4, verbose=0, validation_data=IMAGES[:8])
        ends.append(weights(gan))
    np.testing.assert_array_equal(ends[1], ends[0])
    np.testing.assert_allclose(ends[2], ends[0], atol=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (IMAGES * 127 + 128, None, "lie in"),
        (IMAGES[..., 0], None, "axis of channels is missing"),
        (tiny.Steps(IMAGES.reshape(4, 4, *tiny.IMAGE) * 127 + 128), None, "lie in"),
        (tiny.Steps(IMAGES.reshape(4, 4, 16)), None, "have the shape"),
    ],
)
def test_wrong_images_are_refused(x, y, words):
    options = {} if isinstance(x, tiny.Steps) else {"batch_size": 4}
    with pytest.raises(ValueError, match=words):
        tiny.build_gan().fit(x, verbose=0, **options)


@pytest.mark.parametrize("wrong", [0, 3])
def test_wrong_labels_are_refused_in_every_batch(wrong):
    labels = LABELS.reshape(4, 4).copy()
    labels[wrong, 1] = 3
    data = tiny.Steps((IMAGES.reshape(4, 4, *tiny.IMAGE), labels))
    gan = tiny.build_gan(num_classes=3)
    with pytest.raises(ValueError, match="this model has the classes 0 to 2"):
        gan.fit(data, shuffle=False, verbose=0)
    assert int(gan.step) == wrong


def test_devices_share_a_single_batch():
    ends, logs = [], []
    for count in (None, 2):
        strategy = None
        if count is not None:
            devices = [f"CPU:{number}" for number in range(count)]
            strategy = distribute.strategy("mirrored", devices=devices)
        gan = tiny.build_gan(strategy)
        logs.append(gan.train_on_batch(IMAGES) + gan.test_on_batch(IMAGES))
        ends.append(weights(gan))
        assert gan.generate(3).shape == (3, *tiny.IMAGE)
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-6)
    np.testing.assert_allclose(logs[1], logs[0], atol=1e-6)
    with pytest.raises(ValueError, match=r"batch_size=3 \(global\).*take 2 or 4"):
        gan.train_on_batch(IMAGES[:3])
    with pytest.raises(ValueError, match=r"batch_size=5 \(global\)"):
        gan.fit(IMAGES, batch_size=5, verbose=0)


class FromNumPy(keras.layers.Layer):
    """Draws when it is traced: a constant, another one each time."""

    def call(self, inputs):
        return inputs + np.random.normal()


def test_numbers_that_become_constants_are_refused():
    generator, _ = tiny.build_networks()
    discriminator = keras.Sequential(
        [keras.Input(tiny.IMAGE), FromNumPy(), keras.layers.Flatten()]
        + [keras.layers.Dense(1)]
    )
    with pytest.raises(ValueError, match="changes each time it is traced"):
        tiny.ganzoo.GAN(generator, discriminator)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("gpu", {}, RuntimeError, r"There is no GPU:0 here \(found: 4 CPUs\)"),
        ("tpu", {}, RuntimeError, "There is no TPU:0 here"),
        ("mirrored", {}, RuntimeError, "There is no GPU:0 here"),
        ("mirrored", {"devices": ()}, ValueError, "names no device"),
        ("mirrored", {"devices": ["CPU:7"]}, RuntimeError, "There is no CPU:7 here"),
        ("cpu", {"devices": ["CPU:0"]}, ValueError, "is for 'mirrored'"),
        ("auto", {"tpu": "local"}, ValueError, "on JAX leave it out"),
        ("multi_worker", {}, RuntimeError, "KERAS_DISTRIBUTION_JOB_ADDRESSES="),
        ("cpus", {}, ValueError, "Unknown strategy"),
    ],
)
def test_strategies_that_are_not_there(name, options, error, words):
    with pytest.raises(error, match=words):
        distribute.strategy(name, **options)


def test_strategies_that_are_there():
    assert distribute.strategy("auto").device_mesh.devices.tolist() == ["cpu:0"]
    two = distribute.strategy("mirrored", devices=("/device:CPU:1", "cpu:2"))
    assert two.device_mesh.devices.tolist() == ["cpu:1", "cpu:2"]
    with two.scope():
        assert backend.device_kind() == "CPU"
    assert distribute.available_devices() == "4 CPUs"
    assert distribute.device_kind() == distribute.device_kind("cpu") == "CPU"
