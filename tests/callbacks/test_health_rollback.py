import types

import keras
import numpy as np
import pytest

from ganzoo import runs
from ganzoo.callbacks import Diverged, GeneratorGradient, health_rollback
from ganzoo.callbacks.health import recent_gradient
from ganzoo.files import read_json
from tests.gans.conftest import build_batches, build_gan


def rates(game) -> list[float]:
    both = (game.generator_optimizer, game.discriminator_optimizer)
    return [pytest.approx(float(optimizer.learning_rate)) for optimizer in both]


def fail(game, step: int) -> Diverged:
    """Leaves a game as a NaN at that step does; returns what is raised."""
    for weight in game.generator.trainable_weights:
        weight.assign(np.full(weight.shape, np.nan))
    game.step.assign(step)
    return Diverged(f"generator_loss became NaN or infinite at step {step}; the rest.")


@pytest.fixture
def saved(run, game):
    """A run folder with a checkpoint of step 4, and its game; its rates are 0.01."""
    game.step.assign(4)
    run.save(game)
    run.append_rows("steps.csv", [{"step": step} for step in range(1, 8)])
    return run, game


def test_a_rollback_restores_weights_and_step_and_halves_the_rates(saved, state_of):
    run, game = saved
    before = state_of(game)
    noted = health_rollback.roll_back(run, game, fail(game, 7))
    changed = [
        index
        for index, (old, new) in enumerate(zip(before, state_of(game), strict=True))
        if not np.array_equal(old, new)
    ]
    assert len(changed) == 2 and rates(game) == [0.005, 0.005]
    assert int(game.step) == 4
    assert [row["step"] for row in run.rows("steps.csv")] == [1, 2, 3, 4]
    assert health_rollback.in_words(noted) == (
        "generator_loss became NaN or infinite at step 7. Back to step 4, with half "
        "the learning rates: now 0.005 and 0.005 (generator and discriminator)."
    )
    assert read_json(run.path / "rollbacks.json") == {"rollbacks": [noted]}


def test_the_fourth_failure_is_the_usual_error(saved):
    run, game = saved
    for number in (1, 2, 3):
        health_rollback.roll_back(run, game, fail(game, 7))
        assert rates(game) == [0.01 / 2**number] * 2
    error = fail(game, 7)
    with pytest.raises(Diverged) as caught:
        health_rollback.roll_back(run, game, error)
    assert caught.value is error
    assert len(health_rollback.rollbacks(run)) == 3


def test_a_checkpoint_from_before_the_rollback_is_resumed_with_the_new_rates(
    saved, game
):
    run, _ = saved
    health_rollback.roll_back(run, game, fail(game, 7))
    # Killed right after it: the only checkpoint still has the old rates.
    again = runs.Run(run.path, {}, fingerprint=run._read_dict("manifest.json")["data"])
    again.restore(game)
    assert rates(game) == [0.01, 0.01]
    health_rollback.resume(again, game)
    assert rates(game) == [0.005, 0.005]
    again.save(game)
    again.restore(game)
    health_rollback.resume(again, game)  # twice is once
    assert rates(game) == [0.005, 0.005]


def test_without_a_checkpoint_there_is_no_way_back_and_prepare_makes_one(run, game):
    with pytest.raises(Diverged):
        health_rollback.roll_back(run, game, fail(game, 2))
    for weight in game.generator.trainable_weights:
        weight.assign(np.ones(weight.shape))
    game.step.assign(0)
    health_rollback.prepare(run, game)
    health_rollback.prepare(run, game)
    assert len(run.checkpoints()) == 1
    health_rollback.roll_back(run, game, fail(game, 2))
    assert int(game.step) == 0


def test_a_run_that_never_rolled_back_keeps_its_rates(run, game):
    health_rollback.resume(run, game)
    assert rates(game) == [0.01, 0.01] and health_rollback.rollbacks(run) == []


# ------------------------------------------------- schedules, and several optimizers


def several_rates():
    """Optimizers with a schedule and a number, in one; and with a schedule."""
    opt = keras.optimizers
    decay = opt.schedules.ExponentialDecay(0.1, 2, 0.5)
    parts = opt.OptimizerMap(opt.SGD(decay, name="w"), {".*bias": opt.SGD(0.01)})
    return opt.MultiOptimizer(parts), opt.SGD(decay)


@pytest.fixture
def scheduled(run):
    """A run folder with a checkpoint of such a game."""
    game = build_gan()
    game.compile(*several_rates(), run_eagerly=True)
    run.save(game)
    return run, game


def test_rates_of_schedules_and_of_several_optimizers_are_halved(scheduled):
    run, game = scheduled
    noted = health_rollback.roll_back(run, game, fail(game, 7))
    assert noted["generator_learning_rate"] == [pytest.approx(0.005), {"scale": 0.5}]
    assert noted["discriminator_learning_rate"] == {"scale": 0.5}
    assert "now 0.005, 0.5 of its schedule and 0.5 of its sch" in (
        health_rollback.in_words(noted)
    )
    health_rollback.roll_back(run, game, fail(game, 7))
    for again in range(2):  # twice is once
        health_rollback.resume(run, game)
        plain, schedule = game.generator_optimizer.optimizers
        assert float(plain.learning_rate) == pytest.approx(0.0025)
        for optimizer in (schedule, game.discriminator_optimizer):
            optimizer.iterations.assign(2 * again)
            expected = 0.1 / 2**again / 4
            assert float(optimizer.learning_rate) == pytest.approx(expected)


def test_a_halved_schedule_trains_at_half_the_rate(run):
    games = []
    for scale in (0.1, 0.05):
        game = build_gan()
        constant = keras.optimizers.schedules.PiecewiseConstantDecay([9], [scale, 1.0])
        game.compile(keras.optimizers.SGD(constant), keras.optimizers.SGD(scale))
        games.append(game)
    games[0].fit(build_batches(1), verbose=0)  # its train step was traced
    for weight, value in zip(games[0].weights, build_gan().weights, strict=True):
        weight.assign(value)
    games[0].step.assign(0)
    run.save(games[0])
    health_rollback.roll_back(run, games[0], fail(games[0], 1))
    for game in games:
        game.fit(build_batches(1), verbose=0)
    for first, second in zip(*(game.get_weights() for game in games), strict=True):
        np.testing.assert_allclose(first, second, rtol=0, atol=1e-6)


def test_a_halved_schedule_is_saved_with_its_optimizer():
    _, optimizer = several_rates()
    game = types.SimpleNamespace(
        generator_optimizer=optimizer, discriminator_optimizer=optimizer
    )
    noted = {"scale": 0.25}
    names = ("generator_learning_rate", "discriminator_learning_rate")
    health_rollback._set_rates(game, dict.fromkeys(names, noted))
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    assert float(again.learning_rate) == pytest.approx(0.025)
    game.generator_optimizer = again
    assert health_rollback._rate(game, "generator") == noted


# ------------------------------------------------------------------ the gradient's norm


def test_the_gradients_norm_is_that_of_adams_first_moments(game):
    for number, moment in enumerate(game.generator_optimizer._momentums):
        moment.assign(np.full(moment.shape, number + 1.0))
    sizes = [int(np.prod(m.shape)) for m in game.generator_optimizer._momentums]
    expected = sum(n * (i + 1) ** 2 for i, n in enumerate(sizes)) ** 0.5
    assert recent_gradient(game.generator_optimizer) == pytest.approx(expected)
    logs = {}
    callback = GeneratorGradient()
    callback.set_model(game)
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
    game = types.SimpleNamespace(**players)
    noted = {"generator_learning_rate": 0.25, "discriminator_learning_rate": 0.125}
    assert health_rollback._rate(game, "generator") == 0.5
    health_rollback._set_rates(game, noted)
    assert health_rollback._rate(game, "generator") == 0.25
    assert health_rollback._rate(game, "discriminator") == 0.125
    game.generator_optimizer._momentums[0].assign([3.0, 4.0, 0.0])
    assert recent_gradient(game.generator_optimizer) == 5.0
