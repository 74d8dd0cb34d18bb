import numpy as np
import pytest

from ganzoo.callbacks import Diverged, NanGuard


def poison(game):
    weight = game.generator.trainable_weights[-1]
    weight.assign(np.full(weight.shape, np.nan))


def test_a_generator_that_yields_nan_stops_the_run_and_names_the_step(
    tmp_path, train, at
):
    with pytest.raises(Diverged) as caught:
        # After step 4: step 5 is the first to see it.
        train(tmp_path, make=[NanGuard, lambda run: at(4, poison)])
    message = str(caught.value)
    assert "discriminator_loss" in message and "NaN or infinite at step 5;" in message
    assert f"{tmp_path}/checkpoints/step_00000003.weights.h5" in message
    run, game = train(tmp_path)  # the last good checkpoint is good
    assert np.isfinite([row["generator_loss"] for row in run.rows("steps.csv")]).all()
    assert int(game.step) == 6


def test_the_last_weights_of_an_epoch_are_looked_at_before_they_are_used(
    tmp_path, train, at
):
    with pytest.raises(Diverged, match=r"bias.* at step 3; no checkpoint had been"):
        train(tmp_path, make=[NanGuard, lambda run: at(3, poison)])
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_every_value_is_looked_at(run, stub, value):
    guard = NanGuard(run)
    guard.set_model(stub(step=9))
    guard.on_train_batch_end(0, {"generator_loss": 1.0, "penalty": 0.0})
    with pytest.raises(Diverged, match=r"^penalty became .* at step 9; no checkpoint"):
        guard.on_train_batch_end(0, {"generator_loss": 1.0, "penalty": value})
