"""A run keeps its generator, described, from the first epoch on."""

import dataclasses
import signal

import keras
import numpy as np
import pytest

import ganzoo
from experiments import harness
from experiments.harness import generators
from ganzoo import callbacks, data, zoo
from ganzoo.files import read_json
from ganzoo.gans.codes import Codes

NAMES = ("cat", "dog")


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    dataset: str = "noise"
    epochs: int = 2
    batch_size: int = 8
    num_classes: int | None = 2


class Darker(harness.Data):
    """Images whose gray value 128 is 0."""

    batch_arguments = {"pixel_offset": 128.0}


def build(config: Config) -> ganzoo.GAN:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    noise, label = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = layers.Concatenate()([noise, keras.ops.one_hot(label, 2)])
    drawn = layers.Reshape((2, 2, 1))(layers.Dense(4, "tanh")(joined))
    image, other = keras.Input((2, 2, 1)), keras.Input((), dtype="int32")
    seen = layers.Concatenate()([layers.Flatten()(image), keras.ops.one_hot(other, 2)])
    model = ganzoo.GAN(
        keras.Model([noise, label], drawn),
        keras.Model([image, other], layers.Dense(1)(seen)),
        num_classes=2,
        ema_half_life=20,
        seed=5,
    )
    adam = keras.optimizers.Adam
    model.compile(adam(0.01), adam(0.01), run_eagerly=True)
    return model


class Stop(keras.callbacks.Callback):
    """Stops the run at a step, as Ctrl-C does."""

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == 1:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def start(tmp_path):
    """Starts a run; returns its folder and its model."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (24, 2, 2, 1)).astype(np.uint8)
    pets = data.ImageSet(
        images, np.arange(24, dtype=np.int32) % 2, NAMES, "pets", "train"
    )
    built = []

    def go(*called, **changes):
        config = Config(output=str(tmp_path / "run"), deterministic=False, **changes)
        experiment = harness.Experiment(
            config=Config,
            data=lambda config: Darker(config, pets),
            build=lambda config: built.append(build(config)) or built[-1],
            inputs=harness.images_of(2, 2, 1),
            callbacks=lambda *rest: list(called),
            report=harness.Sections(lambda *rest: "A GAN of a few weights", ()),
        )
        experiment.run(config)
        return built[-1]

    go.folder, go.built = tmp_path / "run", built
    return go


def test_a_finished_run_is_sampled_with_its_names_and_its_average(start):
    model = start()
    described = read_json(start.folder / "generator.json")
    assert described["image_shape"] == [2, 2, 1]
    assert described["step"] == 6
    assert described["data"]["images"] == 24
    found = zoo.open_generator(start.folder)
    assert found.conditioning.names == NAMES
    assert found.pixel_offset == 128.0
    inputs = [np.asarray(rows) for rows in found.inputs(5)]
    with model.averaged_weights():
        expected = model.generator(inputs).numpy()
    np.testing.assert_allclose(found.floats(inputs), expected, atol=1e-6)


def test_a_run_that_was_stopped_in_its_first_epoch_is_sampled(start):
    with pytest.raises(callbacks.Interrupted):
        start(Stop())
    assert read_json(start.folder / "generator.json")["step"] == 1
    assert zoo.open_generator(start.folder).of_classes(["dog"]).sample(3).shape[0] == 3


def test_a_run_is_sampled_while_it_trains_by_the_clock(start):
    steps = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            path = start.folder / "generator.json"
            steps.append(read_json(path)["step"] if path.exists() else 0)

    start(Look(), epochs=3)
    assert steps == [0, 3, 3]  # the next one is due in minutes
    assert read_json(start.folder / "generator.json")["step"] == 9


def test_a_run_of_codes_says_which_they_are(start):
    model = start()

    class Coded:
        sampling_generator, codes, step = model.generator, Codes((3, 2), 1), 7

    experiment = harness.Experiment(
        config=Config, data=None, build=None, inputs=None, report=None
    )
    config = Config(output="unused")
    loaded = Darker(config, data.load("digits", "train"))
    described = generators.described(Coded, experiment, config, loaded)
    assert described["codes"] == {"categorical": [3, 2], "continuous": 1}
    assert "classes" not in described


def test_the_models_with_inputs_of_their_own_have_a_generator_to_sample():
    for kind in (ganzoo.InfoGAN, ganzoo.LayoutGAN):
        assert kind.sampling_generator.fget(type("", (), {"generator": 3})()) == 3
