import numpy as np
import pytest

from ganzoo.callbacks import DivergedError, Health, NanGuard
from ganzoo.callbacks.health import facts
from ganzoo.callbacks.health_rules import Facts, rules
from ganzoo.files import write_json


def poison(gan):
    weight = gan.generator.trainable_weights[-1]
    weight.assign(np.full(weight.shape, np.nan))


def test_a_generator_that_yields_nan_stops_the_run_and_names_the_step(
    tmp_path, train, at
):
    with pytest.raises(DivergedError) as caught:
        # After step 4: step 5 is the first to see it.
        train(tmp_path, make=[NanGuard, lambda run: at(4, poison)])
    message = str(caught.value)
    assert "discriminator_loss" in message
    assert "NaN or infinite at step 5;" in message
    assert f"{tmp_path}/checkpoints/step_00000003.weights.h5" in message
    run, gan = train(tmp_path)  # the last good checkpoint is good
    assert np.isfinite([row["generator_loss"] for row in run.rows("steps.csv")]).all()
    assert int(gan.step) == 6


def test_the_last_weights_of_an_epoch_are_looked_at_before_they_are_used(
    tmp_path, train, at
):
    with pytest.raises(
        DivergedError, match=r"bias.* at step 3; no checkpoint had been"
    ):
        train(tmp_path, make=[NanGuard, lambda run: at(3, poison)])
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_every_value_is_looked_at(run, stub, value):
    guard = NanGuard(run)
    guard.set_model(stub(step=9))
    guard.on_train_batch_end(0, {"generator_loss": 1.0, "penalty": 0.0})
    with pytest.raises(
        DivergedError, match=r"^penalty became .* at step 9; no checkpoint"
    ):
        guard.on_train_batch_end(0, {"generator_loss": 1.0, "penalty": value})


def test_an_alarm_is_told_when_it_begins_and_when_it_ends(run, gan, capsys):
    health = Health(run)
    health.set_model(gan)
    rows, said = [], []
    for epoch, loss in enumerate((1.4, 0.001, 0.002, 1.0)):
        rows.append({"step": epoch, "epoch": epoch + 1, "discriminator_loss": loss})
        run.write_rows("history.csv", rows)
        logs = {}
        health.on_epoch_end(epoch, logs)
        said.append((logs["alarms"], capsys.readouterr().out))
    remedy = rules()["discriminator has won"].remedy
    assert said == [
        (0.0, ""),
        (
            1.0,
            "alarm after epoch 2: The discriminator has won outright: over epoch 2 its "
            "loss was 0.001, 0.07% of a constant discriminator's. The generator "
            f"receives no useful gradient. {remedy}\n",
        ),
        (1.0, ""),
        (0.0, "alarm after epoch 4: No longer: discriminator has won.\n"),
    ]


def test_the_modes_to_be_counted_stand_on_a_card(run, gan):
    assert facts(run, gan) == Facts(pytest.approx(2 * np.log(2)), None)
    duplicates = {"card": {"duplicates_share": 1e-4}}
    for card, modes in (({"mixture_modes": 8}, 8), ({"classes": 1000}, 1000)):
        cards = {"averaged": [duplicates, {"card": card}], "raw": [duplicates]}
        write_json(run.path / "modes.json", cards)
        assert facts(run, gan).modes == modes
