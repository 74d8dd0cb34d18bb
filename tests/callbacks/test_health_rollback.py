import types

import keras
import numpy as np
import pytest

from ganzoo import runs
from ganzoo.callbacks import DivergedError, GeneratorGradient, health_rollback
from ganzoo.callbacks.health import recent_gradient
from ganzoo.files import read_json
from tests.gans.tiny import build_batches, build_gan


def rates(gan) -> list[float]:
    both = (gan.generator_optimizer, gan.discriminator_optimizer)
    return [pytest.approx(float(optimizer.learning_rate)) for optimizer in both]


def fail(gan, step: int) -> DivergedError:
    """Leaves a GAN as a NaN at that step does; returns what is raised."""
    for weight in gan.generator.trainable_weights:
        weight.assign(np.full(weight.shape, np.nan))
    gan.step.assign(step)
    return DivergedError(
        f"generator_loss became NaN or infinite at step {step}; the rest."
    )


@pytest.fixture
def saved(run, gan):
    """A run folder with a checkpoint of step 4, and its GAN; its rates are 0.01."""
    gan.step.assign(4)
    run.save(gan)
    run.append_rows("steps.csv", [{"step": step} for step in range(1, 8)])
    return run, gan


def test_a_rollback_restores_weights_and_step_and_halves_the_rates(saved, state_of):
    run, gan = saved
    before = state_of(gan)
    noted = health_rollback.roll_back(run, gan, fail(gan, 7))
    changed = [
        index
        for index, (old, new) in enumerate(zip(before, state_of(gan), strict=True))
        if not np.array_equal(old, new)
    ]
    assert len(changed) == 2
    assert rates(gan) == [0.005, 0.005]
    assert int(gan.step) == 4
    assert [row["step"] for row in run.rows("steps.csv")] == [1, 2, 3, 4]
    assert health_rollback.in_words(noted) == (
        "generator_loss became NaN or infinite at step 7. Back to step 4, with half "
        "the learning rates: now 0.005 and 0.005 (generator and discriminator)."
    )
    assert read_json(run.path / "rollbacks.json") == {"rollbacks": [noted]}


def test_the_fourth_failure_is_the_usual_error(saved):
    run, gan = saved
    for number in (1, 2, 3):
        health_rollback.roll_back(run, gan, fail(gan, 7))
        assert rates(gan) == [0.01 / 2**number] * 2
    error = fail(gan, 7)
    with pytest.raises(DivergedError) as caught:
        health_rollback.roll_back(run, gan, error)
    assert caught.value is error
    assert len(health_rollback.rollbacks(run)) == 3


def test_a_checkpoint_from_before_the_rollback_is_resumed_with_the_new_rates(
    saved, gan
):
    run, _ = saved
    health_rollback.roll_back(run, gan, fail(gan, 7))
    # Killed right after it: the only checkpoint still has the old rates.
    again = runs.Run(run.path, {}, fingerprint=run._read_dict("manifest.json")["data"])
    again.restore(gan)
    assert rates(gan) == [0.01, 0.01]
    health_rollback.resume(again, gan)
    assert rates(gan) == [0.005, 0.005]
    again.save(gan)
    again.restore(gan)
    health_rollback.resume(again, gan)  # twice is once
    assert rates(gan) == [0.005, 0.005]


def test_without_a_checkpoint_there_is_no_way_back_and_prepare_makes_one(run, gan):
    with pytest.raises(DivergedError):
        health_rollback.roll_back(run, gan, fail(gan, 2))
    for weight in gan.generator.trainable_weights:
        weight.assign(np.ones(weight.shape))
    gan.step.assign(0)
    health_rollback.prepare(run, gan)
    health_rollback.prepare(run, gan)
    assert len(run.checkpoints()) == 1
    health_rollback.roll_back(run, gan, fail(gan, 2))
    assert int(gan.step) == 0


def test_a_run_that_never_rolled_back_keeps_its_rates(run, gan):
    health_rollback.resume(run, gan)
    assert rates(gan) == [0.01, 0.01]
    assert health_rollback.rollbacks(run) == []


# ------------------------------------------------- schedules, and several optimizers


def several_rates():
    """Optimizers with a schedule and a number, in one; and with a schedule."""
    opt = keras.optimizers
    if not hasattr(opt, "MultiOptimizer"):
        pytest.skip("this Keras has no several optimizers in one")
    decay = opt.schedules.ExponentialDecay(0.1, 2, 0.5)
    parts = opt.OptimizerMap(opt.SGD(decay, name="w"), {".*bias": opt.SGD(0.01)})
    return opt.MultiOptimizer(parts), opt.SGD(decay)


@pytest.fixture
def scheduled(run):
    """A run folder with a checkpoint of such a GAN."""
    gan = build_gan()
    gan.compile(*several_rates(), run_eagerly=True)
    run.save(gan)
    return run, gan


def test_rates_of_schedules_and_of_several_optimizers_are_halved(scheduled):
    run, gan = scheduled
    noted = health_rollback.roll_back(run, gan, fail(gan, 7))
    assert noted["generator_learning_rate"] == [pytest.approx(0.005), {"scale": 0.5}]
    assert noted["discriminator_learning_rate"] == {"scale": 0.5}
    assert "now 0.005, 0.5 of its schedule and 0.5 of its sch" in (
        health_rollback.in_words(noted)
    )
    health_rollback.roll_back(run, gan, fail(gan, 7))
    for again in range(2):  # twice is once
        health_rollback.resume(run, gan)
        plain, schedule = gan.generator_optimizer.optimizers
        assert float(plain.learning_rate) == pytest.approx(0.0025)
        for optimizer in (schedule, gan.discriminator_optimizer):
            optimizer.iterations.assign(2 * again)
            expected = 0.1 / 2**again / 4
            assert float(optimizer.learning_rate) == pytest.approx(expected)


def test_a_halved_schedule_trains_at_half_the_rate(run):
    gans = []
    for scale in (0.1, 0.05):
        gan = build_gan()
        constant = keras.optimizers.schedules.PiecewiseConstantDecay([9], [scale, 1.0])
        gan.compile(keras.optimizers.SGD(constant), keras.optimizers.SGD(scale))
        gans.append(gan)
    gans[0].fit(build_batches(1), verbose=0)  # its train step was traced
    for weight, value in zip(gans[0].weights, build_gan().weights, strict=True):
        weight.assign(value)
    gans[0].step.assign(0)
    run.save(gans[0])
    health_rollback.roll_back(run, gans[0], fail(gans[0], 1))
    for gan in gans:
        gan.fit(build_batches(1), verbose=0)
    for first, second in zip(*(gan.get_weights() for gan in gans), strict=True):
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-6)


def test_a_halved_schedule_is_saved_with_its_optimizer():
    _, optimizer = several_rates()
    gan = types.SimpleNamespace(
        generator_optimizer=optimizer, discriminator_optimizer=optimizer
    )
    noted = {"scale": 0.25}
    names = ("generator_learning_rate", "discriminator_learning_rate")
    health_rollback._set_rates(gan, dict.fromkeys(names, noted))
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    assert float(again.learning_rate) == pytest.approx(0.025)
    gan.generator_optimizer = again
    assert health_rollback._rate(gan, "generator") == noted


# ------------------------------------------------------------------ the gradient's norm


def test_the_gradients_norm_is_that_of_adams_first_moments(gan):
    for number, moment in enumerate(gan.generator_optimizer._momentums):
        moment.assign(np.full(moment.shape, number + 1.0))
    sizes = [int(np.prod(m.shape)) for m in gan.generator_optimizer._momentums]
    expected = sum(n * (i + 1) ** 2 for i, n in enumerate(sizes)) ** 0.5
    assert recent_gradient(gan.generator_optimizer) == pytest.approx(expected)
    logs = {}
    callback = GeneratorGradient()
    callback.set_model(gan)
    callback.on_epoch_end(0, logs)
    assert logs == {"generator_gradient": pytest.approx(expected)}


def test_rmsprop_knows_the_squares_and_plain_sgd_nothing():
    weights = [keras.Variable(np.zeros(3, "float32"))]
    rmsprop, sgd = keras.optimizers.RMSprop(0.1), keras.optimizers.SGD(0.1)
    for optimizer in (rmsprop, sgd):
        optimizer.build(weights)
    rmsprop._velocities[0].assign([9.0, 16.0, 0.0])
    assert recent_gradient(rmsprop) == pytest.approx(5.0)
    assert recent_gradient(sgd) is None


def test_rates_and_gradients_are_read_and_set_on_two_replicas(mirrored):
    with mirrored(2).scope():
        weights = [keras.Variable(np.zeros(3, "float32"))]
        players = {
            f"{name}_optimizer": keras.optimizers.Adam(0.5)
            for name in ("generator", "discriminator")
        }
        for optimizer in players.values():
            optimizer.build(weights)
    gan = types.SimpleNamespace(**players)
    noted = {"generator_learning_rate": 0.25, "discriminator_learning_rate": 0.125}
    assert health_rollback._rate(gan, "generator") == 0.5
    health_rollback._set_rates(gan, noted)
    assert health_rollback._rate(gan, "generator") == 0.25
    assert health_rollback._rate(gan, "discriminator") == 0.125
    gan.generator_optimizer._momentums[0].assign([3.0, 4.0, 0.0])
    assert recent_gradient(gan.generator_optimizer) == 5.0
