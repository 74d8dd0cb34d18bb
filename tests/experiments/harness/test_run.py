"""How every experiment runs, on a GAN of a few weights: alarms, and the way back."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from experiments import harness
from experiments.harness.report.run_report import health
from ganzoo import callbacks, runs
from ganzoo.callbacks import DivergedError
from ganzoo.runs.reports import Report

STEPS, BATCH = 3, 8


@dataclasses.dataclass(frozen=True)
class Config(harness.Config):
    dataset: str = "noise"
    epochs: int = 3
    rate: float = 0.01


def build(config: Config) -> ganzoo.GAN:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = ganzoo.GAN(
        keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh")]),
        keras.Sequential([keras.Input((4,)), layers.Dense(1)]),
        seed=5,
    )
    adam = keras.optimizers.Adam
    # Cheaper without a graph for a few steps.
    model.compile(adam(config.rate), adam(config.rate), run_eagerly=True)
    return model


class Poison(keras.callbacks.Callback):
    """Breaks a weight after some step, as long as the learning rate is so high."""

    def __init__(self, step: int, rate: float):
        super().__init__()
        self.step, self.rate = step, rate

    def on_train_batch_end(self, batch, logs=None):
        high = float(self.model.generator_optimizer.learning_rate) > self.rate
        if int(self.model.step) == self.step and high:
            weight = self.model.generator.trainable_weights[-1]
            weight.assign(np.full(weight.shape, np.nan))


class Points(harness.Data):
    """Three batches of points, again and again."""

    fingerprint = "noise"
    steps_per_epoch = STEPS

    def batches(self, step: int = 0):
        parts = np.split(self.train, STEPS)
        order = [parts[number % STEPS] for number in range(step, step + 100)]
        return tf.data.Dataset.from_tensor_slices(np.stack(order))


@pytest.fixture
def train(tmp_path):
    """Starts or resumes a run in the test's folder; returns it, and its model."""
    numbers = np.random.default_rng(0)
    points = numbers.uniform(-1, 1, (STEPS * BATCH, 4)).astype("float32")

    def go(name: str = "run", poison: tuple = (), **changes):
        config = Config(output=str(tmp_path / name), deterministic=False, **changes)
        built = []
        experiment = harness.Experiment(
            config=Config,
            data=lambda config: Points(config, points),
            build=lambda config: built.append(build(config)) or built[0],
            inputs=harness.images_of(4),
            callbacks=lambda *rest: [Poison(*poison)] if poison else [],
            report=harness.Sections(lambda *rest: "A GAN of a few weights", ()),
        )
        return experiment.run(config), built[0]

    return go


def weights(model) -> list[np.ndarray]:
    return [value.numpy() for value in model.weights]


def logged(folder: runs.Run) -> bytes:
    return (folder.path / "steps.csv").read_bytes()


def test_half_the_rate_carries_a_run_over_a_nan_and_the_report_says_so(train, capsys):
    folder, model = train(poison=(5, 0.004), on_nan="rollback")
    assert int(model.step) == 9
    assert float(model.generator_optimizer.learning_rate) < 0.004
    shown = capsys.readouterr().out
    # At 0.01, then at 0.005; at 0.0025 no longer. Epoch 1 had been saved at step 3.
    for rate in ("0.005", "0.0025"):
        assert (
            f"became NaN or infinite at step 6. Back to step 3, with half the learning "
            f"rates: now {rate} and {rate} (generator and discriminator)."
        ) in shown
    rows = folder.rows("steps.csv")
    assert [row["step"] for row in rows] == list(range(1, 10))
    assert np.isfinite([row["generator_loss"] for row in rows]).all()
    assert [row["epoch"] for row in folder.rows("history.csv")] == [1, 2, 3]
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert report.count("Back to step 3, with half the learning rates") == 2
    assert json.loads((folder.path / "health.json").read_text())["rollbacks"]


def test_a_halved_rate_is_that_of_the_resumed_run(train):
    train(poison=(5, 0.006), on_nan="rollback", epochs=2)
    folder, model = train(on_nan="rollback", epochs=3)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(0.005)
    whole, reference = train("whole", poison=(5, 0.006), on_nan="rollback", epochs=3)
    assert logged(folder) == logged(whole)
    for found, expected in zip(weights(model), weights(reference), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_after_three_rollbacks_the_error_is_the_usual_one(train):
    with pytest.raises(
        DivergedError, match=r"at step 2; the last good checkpoint is .*_0+\."
    ):
        train(poison=(1, 0.0), on_nan="rollback")


def test_the_run_ends_with_its_generator_as_a_keras_model(train):
    folder, model = train()
    found = keras.saving.load_model(folder.path / "generator.keras", compile=False)
    noise = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(found(noise), model.generator(noise))


def test_by_default_a_nan_stops_the_run(train):
    with pytest.raises(DivergedError, match="at step 6; the last good checkpoint"):
        train(poison=(5, 0.004))
    folder, _ = train(poison=())  # and the same command goes on
    assert not (folder.path / "rollbacks.json").exists()


def test_a_run_without_a_nan_is_the_same_with_and_without_the_way_back(train):
    plain, model = train("plain")
    careful, other = train("careful", on_nan="rollback")
    assert logged(plain) == logged(careful)
    for found, expected in zip(weights(model), weights(other), strict=True):
        np.testing.assert_array_equal(found, expected)
    report = (plain.path / "report.md").read_text(encoding="utf-8")
    assert "## Health\n\nNo alarm.\n\nChecked after every epoch: discr" in report


def test_a_folder_from_before_there_was_the_choice_is_resumed(train, tmp_path):
    train(epochs=1)
    path = tmp_path / "run" / "config.json"
    settings = json.loads(path.read_text())
    assert settings.pop("on_nan") == "stop"
    path.write_text(json.dumps(settings))
    for choice in ("stop", "rollback"):
        folder, model = train(epochs=2, on_nan=choice)
        assert int(model.step) == 6
    # Its rows have no gradient's norm in the columns of old.
    assert callbacks.write_health(folder, model)["epochs"] == 2


def test_another_word_is_refused(train):
    with pytest.raises(ValueError, match="on_nan='retry' must be one of stop, roll"):
        train(on_nan="retry")


def test_the_alarms_of_several_runs_stand_in_one_table(tmp_path):
    alarm = {"first": 2, "last": None, "sentence": "Bad.", "remedy": "Good."}
    for name, alarms in (("one", []), ("two", [alarm, alarm | {"last": 4}])):
        (tmp_path / name).mkdir()
        found = {"looked_at": ["modes lost"], "alarms": alarms, "rollbacks": []}
        (tmp_path / name / "health.json").write_text(json.dumps(found))
    report = Report(tmp_path, "Two")
    health(report, *(tmp_path / name for name in ("one", "two", "three")))
    text = report.write().read_text()
    assert "| run | epochs | alarm | remedy |" in text
    assert "| two | 2 to the end | Bad. | Good. |\n| two | 2 to 4 | Bad. |" in text
    assert "Checked after every epoch: modes lost. Checked" in text


def test_a_folder_without_health_has_no_section(tmp_path):
    report = Report(tmp_path, "None")
    health(report, tmp_path)
    assert "Health" not in report.write().read_text()
