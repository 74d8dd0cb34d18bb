import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import callbacks, data
from ganzoo.files import read_rows

pytestmark = pytest.mark.usefixtures("without_graphs")

KEYS = ("discriminator_loss", "generator_loss", "real_probability", "fake_probability")


def test_losses_over_the_whole_set_are_those_of_evaluate(tmp_path, train, image_set):
    def batches():
        return data.evaluation_batches(image_set, 9)  # the last one is partial

    found = []

    class Evaluated(callbacks.EvaluateTrainingSet):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            found.append(self.model.evaluate(batches(), verbose=0, return_dict=True))

    run, _ = train(tmp_path / "run", make=[lambda run: Evaluated(batches, {2})])
    first, last = read_rows(run.path / "history.csv")
    assert not any(key.startswith("whole_") for key in first)
    for key in KEYS:
        np.testing.assert_allclose(last[f"whole_{key}"], found[1][key], rtol=1e-6)
    # They leave the means over the steps as they were.
    steps = [row for row in run.rows("steps.csv") if row["epoch"] == 2]
    mean = np.mean([row["generator_loss"] for row in steps])
    np.testing.assert_allclose(last["generator_loss"], mean, rtol=1e-6)
    assert last["whole_generator_loss"] != last["generator_loss"]


def test_evaluating_changes_nothing_of_the_training(
    tmp_path, train, image_set, state_of
):
    def make(run):
        return callbacks.EvaluateTrainingSet(
            lambda: data.evaluation_batches(image_set, 8), epochs={1, 2}
        )

    states = []
    for name, makers in (("with", [make]), ("without", [])):
        run, gan = train(tmp_path / name, make=makers)
        states.append((state_of(gan), (run.path / "steps.csv").read_bytes()))
    (with_it, rows), (without, same_rows) = states
    assert rows == same_rows
    counter = gan.evaluation_step.value
    for found, expected, variable in zip(with_it, without, gan.weights, strict=False):
        if variable.value is not counter:
            np.testing.assert_array_equal(found, expected)


def test_two_replicas_evaluate_in_the_middle_of_fit_what_one_does(image_set, mirrored):
    def losses(strategy) -> list[float]:
        keras.utils.set_random_seed(1)
        with strategy.scope():
            generator = keras.Sequential(
                [keras.Input((3,)), keras.layers.Dense(16, activation="tanh")]
                + [keras.layers.Reshape((4, 4, 1))]
            )
            discriminator = keras.Sequential(
                [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
            )
            gan = ganzoo.GAN(generator, discriminator)
            gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        logged = []
        note = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: logged.append(logs["whole_generator_loss"])
        )
        whole = callbacks.EvaluateTrainingSet(
            lambda: data.evaluation_batches(image_set, 8), epochs={1, 2}
        )
        batches = data.training_batches(image_set, 8, seed=1)
        gan.fit(
            batches, epochs=2, steps_per_epoch=3, callbacks=[whole, note], verbose=0
        )
        return logged

    assert losses(mirrored(2)) == pytest.approx(losses(mirrored(1)), rel=1e-5)
