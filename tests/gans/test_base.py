"""`fit()` and `evaluate()`: steps, executions, logs, resuming."""

import warnings
from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import data, distribute, layers
from ganzoo.random import EVALUATION
from tests.gans.tiny import Bare

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps


def adam():
    return keras.optimizers.Adam(0.01)


# ------------------------------------------------------------------------------- resume


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            {"networks": {"dropout": layers.Dropout}, "ema_half_life": 30.0},
            id="alternating",
        ),
        pytest.param(
            {
                "networks": {
                    "dropout": keras.layers.Dropout,
                    "norm": layers.BatchNormalization,
                },
                "update": "simultaneous",
                "discriminator_steps": 2,
            },
            id="simultaneous_with_stock_dropout",
        ),
    ],
)
def test_resumed_run_equals_the_uninterrupted_one_to_the_bit(
    case, tiny_gan, image_set, state_of, tmp_path, graphs
):
    k = case.get("discriminator_steps", 1)

    def fit(gan, start, steps):
        # The one with longer steps needs no graph: nothing of resuming depends on it.
        gan.run_eagerly = k > 1
        batches = data.training_batches(
            image_set, 8, seed=2, start_step=start, discriminator_steps=k
        )
        gan.fit(batches, steps_per_epoch=steps, verbose=0)
        return gan

    def fresh(seed):
        networks = case["networks"] | {"seed": seed}
        return tiny_gan(optimizer=adam, **(case | {"networks": networks}))

    whole = fit(fresh(seed=1), 0, 6)
    path = tmp_path / "step_3.weights.h5"
    fit(fresh(seed=1), 0, 3).save_weights(path)
    resumed = fresh(seed=2)
    resumed.load_weights(path)
    assert int(resumed.step) == 3
    fit(resumed, 3, 3)
    for expected, value in zip(state_of(whole), state_of(resumed), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_stock_dropout_draws_a_new_mask_every_step(tiny_gan, tiny_batches):
    gan = tiny_gan(networks={"dropout": keras.layers.Dropout})
    (seeds,) = gan._seed_generators
    states = []
    for _ in range(2):
        gan.fit(tiny_batches(1), verbose=0)
        states.append(seeds.state.numpy())
    assert not np.array_equal(*states)


# ------------------------------------------------------------ several steps a call, XLA


def strategy_of(name, mirrored):
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    return mirrored(2) if name == "mirrored" else None


class Walk(Bare):
    """Trains one number, at little cost."""

    reported = ("loss",)

    def __init__(self):
        super().__init__(seed=1)
        self.place = self.add_weight(shape=(1,), initializer="ones", name="place")

    def compile(self, **kwargs):
        super().compile(**kwargs)
        with self.distribute_strategy.scope():
            self.only = keras.optimizers.Adam(0.1)
            self.only.build([self.place])

    def train_step(self, data):
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        noise = self.random().normal([images.shape[0] or tf.shape(images)[0], 1])
        with tf.GradientTape() as tape:
            far = tf.reduce_mean(images, [1, 2]) - self.place.value + noise
            loss = distribute.global_mean(tf.square(far[:, 0]))
        self.only.apply(tape.gradient(loss, [self.place.value]), [self.place])
        self.step.assign_add(1)
        return self.log({"loss": tf.square(far[:, 0])})


@pytest.mark.parametrize("name", ["default", "one_device", "mirrored"])
def test_two_steps_per_execution_equal_one(
    name, tiny_gan, tiny_batches, learned, mirrored, batch_logs
):
    strategy = strategy_of(name, mirrored)

    def built(**compiled):
        if name == "default":
            networks = {"dropout": layers.Dropout}
            return tiny_gan(networks=networks, optimizer=adam, compiled=compiled)
        with strategy.scope():  # what the strategy runs is not its business
            model = Walk()
            model.compile(**compiled)
        return model

    def learned_by(model):
        return learned(model) if name == "default" else model.place.numpy()

    one = built()
    expected = one.fit(tiny_batches(4), verbose=0, callbacks=[batch_logs]).history

    two = built(steps_per_execution=2)
    pairs = type(batch_logs)()
    logs = two.fit(tiny_batches(4), verbose=0, callbacks=[pairs]).history
    np.testing.assert_allclose(learned_by(two), learned_by(one), rtol=0, atol=1e-6)
    assert int(two.step) == 4
    assert two.data_seconds == 0.0
    for key, values in expected.items():
        np.testing.assert_allclose(logs[key], values, rtol=0, atol=1e-6)
    for number, pair in enumerate(pairs.logs):
        both = batch_logs.logs[2 * number : 2 * number + 2]
        for key, value in pair.items():
            mean = np.mean([step[key] for step in both])
            np.testing.assert_allclose(value, mean, rtol=0, atol=1e-6)


def test_xla_changes_nothing_but_rounding(tiny_gan, tiny_batches, learned, graphs):
    """With a strategy; without one, `test_every_model` shows it."""
    case = {"networks": {"dropout": layers.Dropout}, "ema_half_life": 30.0}
    strategy = strategy_of("one_device", None)
    plain, compiled = (
        tiny_gan(strategy, compiled={"jit_compile": jit}, **case)
        for jit in (False, True)
    )
    for gan in (plain, compiled):
        gan.fit(tiny_batches(), verbose=0)
    np.testing.assert_allclose(learned(compiled), learned(plain), rtol=0, atol=1e-5)


def ends(tiny_batches) -> dict[str, tuple]:
    """Three batches of 8 in all ways in which data may end within an execution."""
    batches = tiny_batches(3)
    parts = list(batches.as_numpy_iterator())

    class Sequence(keras.utils.PyDataset):
        num_batches = 3

        def __getitem__(self, index):
            return (parts[index],)

    return {
        "arrays": (np.concatenate(parts), {"batch_size": 8, "shuffle": False}),
        "known length": (batches, {}),
        "longer epoch": (batches, {"steps_per_epoch": 4}),
        "unknown length": (batches.filter(lambda batch: True), {}),
        "generator": (((part,) for part in parts), {}),
        "PyDataset": (Sequence(), {"shuffle": False}),
    }


@pytest.mark.filterwarnings("ignore:.*ran out of data")
@pytest.mark.parametrize(
    ("replicas", "name"),
    [
        (1, "arrays"),
        (1, "known length"),
        (1, "longer epoch"),
        (1, "unknown length"),
        (1, "generator"),
        (1, "PyDataset"),
        (2, "unknown length"),
        pytest.param(2, "arrays", marks=pytest.mark.slow),
    ],
)
def test_the_rest_of_an_execution_is_run_to_the_bit(
    replicas, name, tiny_batches, mirrored
):
    seen = []
    for each in (1, 2, 4) if name == "known length" else (1, 2):
        with mirrored(replicas).scope() if replicas > 1 else nullcontext():
            gan = Walk()
            gan.compile(steps_per_execution=each)
        images, options = ends(tiny_batches)[name]
        history = gan.fit(images, verbose=0, **options).history
        assert int(gan.step) == gan.only.iterations.numpy() == 3
        seen.append([gan.place.numpy(), *history["loss"]])
    assert all(run == seen[0] for run in seen)


@pytest.mark.slow
def test_the_rest_of_a_gans_execution_is_run_to_the_bit(
    tiny_gan, tiny_batches, state_of, graphs
):
    case = {"networks": {"dropout": layers.Dropout}, "optimizer": adam}
    one = tiny_gan(**case)
    two = tiny_gan(compiled={"steps_per_execution": 2}, **case)
    histories = [gan.fit(tiny_batches(3), verbose=0).history for gan in (one, two)]
    assert histories[0] == histories[1]
    for value, expected in zip(state_of(two), state_of(one), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_an_epoch_that_says_how_long_it_is_must_be_whole_executions(
    tiny_gan, tiny_batches
):
    gan = tiny_gan(compiled={"steps_per_execution": 2})
    with pytest.raises(ValueError, match="pass steps_per_epoch=2 "):
        gan.fit(tiny_batches(3).repeat(), steps_per_epoch=3, verbose=0)
    with pytest.raises(ValueError, match="An epoch of 3 steps"):
        gan.fit(np.zeros((24, 4, 4, 1)), batch_size=8, steps_per_epoch=3, verbose=0)


def test_eager_steps_equal_compiled_ones(tiny_gan, tiny_batches, learned, graphs):
    compiled, eager = tiny_gan(), tiny_gan(compiled={"run_eagerly": True})
    for gan in (compiled, eager):
        gan.fit(tiny_batches(2), verbose=0)
    np.testing.assert_allclose(learned(eager), learned(compiled), rtol=0, atol=1e-6)


def test_train_on_batch_is_one_step_of_fit(tiny_gan, tiny_batches, learned, graphs):
    fitted, gan = tiny_gan(), tiny_gan()
    logs = fitted.fit(tiny_batches(1), verbose=0).history
    (batch,) = tiny_batches(1)
    reported = gan.train_on_batch(batch.numpy(), return_dict=True)
    np.testing.assert_array_equal(learned(gan), learned(fitted))
    for key, values in logs.items():
        np.testing.assert_allclose(reported[key], values[0], rtol=1e-6)


# --------------------------------------------------------------------------------- logs


def test_batch_logs_are_the_steps_own_and_epoch_logs_their_means(
    tiny_gan, tiny_batches, batch_logs
):
    gan = tiny_gan()
    history = gan.fit(
        tiny_batches(3), epochs=2, verbose=0, callbacks=[batch_logs]
    ).history
    assert len(batch_logs.logs) == 6
    for key, means in history.items():
        steps = np.array([step[key] for step in batch_logs.logs]).reshape(2, 3)
        assert len(np.unique(steps)) == 6
        np.testing.assert_allclose(means, steps.mean(1), rtol=1e-6)


def test_logged_losses_equal_the_equations(tiny_gan, tiny_batches, batch_logs):
    gan = tiny_gan(update="simultaneous")
    (real,) = tiny_batches(1)
    fake = gan.generator(gan.random().normal([8, 4]))
    on_real, on_fake = (gan.discriminator(images).numpy() for images in (real, fake))
    gan.fit(tiny_batches(1), verbose=0, callbacks=[batch_logs])
    (logs,) = batch_logs.logs
    expected = {
        "discriminator_loss": np.logaddexp(0, -on_real) + np.logaddexp(0, on_fake),
        "generator_loss": np.logaddexp(0, -on_fake),
        "real_probability": 1 / (1 + np.exp(-on_real)),
        "fake_probability": 1 / (1 + np.exp(-on_fake)),
    }
    for key, values in expected.items():
        np.testing.assert_allclose(logs[key], values.mean(), rtol=1e-5)


def test_fit_counts_the_seconds_it_waited_for_data(tiny_gan, tiny_batches, learned):
    gan, reset = tiny_gan(), tiny_gan()
    assert gan.data_seconds == 0.0
    gan.fit(tiny_batches(1), verbose=0)
    first = gan.data_seconds
    gan.fit(tiny_batches(1), verbose=0)
    assert gan.data_seconds > first > 0.0
    reset.fit(tiny_batches(1), verbose=0)
    reset.data_seconds = 0.0
    reset.evaluate(tiny_batches(1), verbose=0)
    assert reset.data_seconds == 0.0  # evaluation is not training


def test_fit_on_a_dataset_gives_no_warning(tiny_gan, tiny_batches, graphs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny_gan().fit(tiny_batches(1), verbose=0)


def test_fit_takes_arrays_too(tiny_gan):
    images = np.zeros((8, 4, 4, 1), "float32")
    gan = tiny_gan()
    gan.fit(images, batch_size=4, verbose=0)
    assert int(gan.step) == 2


class Phased(Bare):
    """Reports which of its phases a step belongs to."""

    reported = ("phase",)

    def __init__(self, *lengths):
        super().__init__()
        self.lengths = lengths

    def phases(self):
        return [
            (length, lambda images, phase=phase: self.take(images, phase))
            for phase, length in enumerate(self.lengths)
        ]

    def train_step(self, images):
        return self.take(images, len(self.lengths))

    def take(self, images, phase):
        self.step.assign_add(1)
        return self.log({"phase": tf.fill(tf.shape(images)[:1], float(phase))})


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((), [0, 0, 0, 0, 0, 0]),
        ((2,), [0, 0, 1, 1, 1, 1]),
        ((2, 0, 1), [0, 0, 2, 3, 3, 3]),
        ((9,), [0, 0, 0, 0, 0, 0]),
    ],
)
def test_each_phase_takes_its_number_of_steps(
    lengths, expected, replicas, tiny_batches, batch_logs, mirrored
):
    with mirrored(replicas).scope():
        gan = Phased(*lengths)
        gan.compile()
    for batches in (tiny_batches(4), tiny_batches(2)):  # the saved counter decides
        gan.fit(batches, verbose=0, callbacks=[batch_logs])
    assert [logs["phase"] for logs in batch_logs.logs] == expected


def test_a_model_without_networks_has_no_terms_to_report():
    gan = Bare(seed=3)
    assert gan.metrics == []
    gan.track(["loss"])
    assert [tracker.name for tracker in gan.metrics] == ["loss"]


# --------------------------------------------------------------------------- evaluation


def losses_by_hand(gan, batches):
    """Means over all examples of both losses, with the noise of an evaluation."""
    values = []
    for number, real in enumerate(batches):
        gan.evaluation_step.assign(number)
        noise = gan.random(EVALUATION).normal([len(real), 4])
        on_real = gan.discriminator(real).numpy()
        on_fake = gan.discriminator(gan.generator(noise)).numpy()
        losses = np.logaddexp(0, -on_real) + np.logaddexp(0, on_fake)
        values.append(np.concatenate([losses, np.logaddexp(0, -on_fake)], axis=1))
    return np.concatenate(values).mean(0)


@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_evaluation_is_the_mean_over_the_whole_set_partial_batch_included(
    steps_per_execution, tiny_gan, tiny_batches, state_of, graphs
):
    one = steps_per_execution == 1  # at a time needs no graph
    compiled = {"steps_per_execution": steps_per_execution, "run_eagerly": one}
    gan = tiny_gan(
        compiled=compiled,
        networks={"norm": layers.BatchNormalization, "dropout": layers.Dropout},
    )
    gan.fit(tiny_batches(2), verbose=0)
    images = np.random.default_rng(4).uniform(-1, 1, (20, 4, 4, 1)).astype("float32")
    batches = tf.data.Dataset.from_tensor_slices(images).batch(8)
    before = state_of(gan)
    first = gan.evaluate(batches, verbose=0, return_dict=True)
    assert first == gan.evaluate(batches, verbose=0, return_dict=True)
    for value, expected in zip(state_of(gan), before, strict=True):
        np.testing.assert_array_equal(value, expected)

    expected = losses_by_hand(gan, batches)
    measured = [first["discriminator_loss"], first["generator_loss"]]
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_validation_between_epochs_changes_nothing_in_training(
    tiny_gan, tiny_batches, learned
):
    plain, validated = tiny_gan(), tiny_gan()
    expected = plain.fit(tiny_batches(), epochs=2, verbose=0).history
    logs = validated.fit(
        tiny_batches(), epochs=2, verbose=0, validation_data=tiny_batches(1)
    ).history
    np.testing.assert_array_equal(learned(validated), learned(plain))
    assert logs["generator_loss"] == expected["generator_loss"]
    assert len(logs["val_generator_loss"]) == 2
