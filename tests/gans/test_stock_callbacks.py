"""Every callback of Keras does on a model what it is for, or says what to use."""

import csv
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.callbacks import DivergedError, NanGuard
from ganzoo.gans.stock_callbacks import flat
from tests.gans.tiny import Bare

pytestmark = pytest.mark.usefixtures("without_graphs")

stock = keras.callbacks
# Each has a test of its own below.
WORKS = {
    *("BackupAndRestore", "CSVLogger", "CallbackList", "EarlyStopping", "History"),
    *("LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger"),
    *("ReduceLROnPlateau", "RemoteMonitor", "TensorBoard"),
}
REFUSED = {
    "OrbaxCheckpoint": r"Use ganzoo\.callbacks\.Checkpoint",
    "SwapEMAWeights": r"ema_half_life=\.\.\. \(images\)",
    "TerminateOnNaN": r"Use ganzoo\.callbacks\.NanGuard\(\)",
}
LOSSES = ("discriminator_loss", "generator_loss")


@pytest.fixture
def gan(tiny_gan):
    """A tiny model that is run eagerly, with another learning rate on each side."""
    return build(tiny_gan)


def build(tiny_gan, seed=1):
    gan = tiny_gan(networks={"seed": seed}, compiled={"run_eagerly": True})
    gan.generator_optimizer.learning_rate = 0.2
    return gan


@pytest.fixture
def fit(tiny_batches):
    """Fits a model with callbacks; by default for two epochs of one step."""

    def fit(gan, *callbacks, steps=1, **arguments):
        arguments = {"epochs": 2, "verbose": 0} | arguments
        batches = tiny_batches(steps)
        return gan.fit(batches, callbacks=list(callbacks), **arguments).history

    return fit


def rates(gan):
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    return [float(optimizer.learning_rate.numpy()) for optimizer in optimizers]


def test_no_callback_of_keras_is_left_out():
    kinds = {n for n in dir(stock) if isinstance(getattr(stock, n), type)}
    assert kinds - {"Callback"} == WORKS | REFUSED.keys()


# ---------------------------------------------------------------------------- they work


def test_learning_rate_scheduler_sets_both_rates_each_from_its_own(gan, fit):
    halve = stock.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = fit(gan, halve)
    assert rates(gan) == pytest.approx([0.05, 0.025])
    assert history["learning_rate_generator"] == pytest.approx([0.1, 0.05])
    assert history["learning_rate_discriminator"] == pytest.approx([0.05, 0.025])


def test_reduce_lr_on_plateau_reduces_both(gan, fit):
    never_better = stock.ReduceLROnPlateau(
        "generator_loss", factor=0.5, patience=1, mode="min", min_delta=100.0
    )
    history = fit(gan, never_better)
    assert rates(gan) == pytest.approx([0.1, 0.05])
    assert history["learning_rate_generator"] == pytest.approx([0.2, 0.2])


def test_rates_of_the_parts_of_a_multi_optimizer_have_their_names(tiny_gan):
    def several():
        opt = keras.optimizers
        parts = {".*bias": opt.Adam(0.01, name="b")}
        return opt.MultiOptimizer(opt.OptimizerMap(opt.SGD(0.1, name="w"), parts))

    gan = tiny_gan(optimizer=several)
    names = [optimizer.name for optimizer in gan.optimizer.optimizers]
    sides = ("generator", "discriminator")
    assert names == [f"{side}_{part}" for side in sides for part in "bw"]


def test_rates_are_saved_with_the_weights(gan, fit, tiny_gan, tmp_path):
    fit(gan, stock.LearningRateScheduler(lambda epoch, rate: rate / 2))
    gan.save_weights(tmp_path / "model.weights.h5")
    other = build(tiny_gan, seed=2)
    other.load_weights(tmp_path / "model.weights.h5")
    assert rates(other) == rates(gan)


def test_early_stopping_stops_and_restores_the_best(gan, fit):
    best = []
    kept = stock.LambdaCallback(
        on_epoch_end=lambda epoch, logs: best.append(gan.get_weights())
    )
    stop = stock.EarlyStopping(
        "val_discriminator_loss",
        mode="max",
        min_delta=100.0,
        patience=1,
        restore_best_weights=True,
    )
    images = np.zeros((8, 4, 4, 1), "float32")
    history = fit(gan, kept, stop, epochs=5, validation_data=images)
    assert len(history["val_discriminator_loss"]) == 2
    for value, expected in zip(gan.get_weights(), best[0], strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("suffix", ["weights.h5", "keras"])
def test_model_checkpoint_saves_what_goes_on_to_the_bit(
    suffix, gan, fit, tiny_gan, tmp_path
):
    weights_only = suffix != "keras"
    save = stock.ModelCheckpoint(
        str(tmp_path / ("{epoch}." + suffix)), save_weights_only=weights_only
    )
    fit(gan, save)
    if weights_only:
        resumed = build(tiny_gan, seed=2)
        resumed.load_weights(tmp_path / "1.weights.h5")
    else:
        resumed = keras.saving.load_model(tmp_path / "1.keras")
        resumed.run_eagerly = True  # which rounds in another way
    assert int(resumed.step) == 1
    fit(resumed, epochs=1)
    for value, expected in zip(resumed.weights, gan.weights, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_model_checkpoint_keeps_the_best(gan, fit, tmp_path):
    path = tmp_path / "{epoch}.weights.h5"
    save = stock.ModelCheckpoint(
        path, "generator_loss", save_best_only=True, save_weights_only=True, mode="min"
    )
    losses = fit(gan, save, epochs=4)["generator_loss"]
    best = [e + 1 for e in range(4) if losses[e] == min(losses[: e + 1])]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"{epoch}.weights.h5" for epoch in best
    ]


def test_backup_and_restore_goes_on_to_the_bit(gan, fit, tiny_gan, tmp_path):
    fit(gan, epochs=3)

    def crash(epoch, logs):
        if epoch == 1:
            raise RuntimeError("power cut")

    backup = stock.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(RuntimeError, match="power cut"):
        fit(
            build(tiny_gan),
            backup,
            stock.LambdaCallback(on_epoch_begin=crash),
            epochs=3,
        )
    resumed = build(tiny_gan, seed=2)
    fit(resumed, stock.BackupAndRestore(tmp_path / "backup"), epochs=3)
    for value, expected in zip(resumed.weights, gan.weights, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_csv_logger_writes_all_losses(gan, fit, tmp_path):
    history = fit(gan, stock.CSVLogger(tmp_path / "log.csv"))
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in LOSSES:
        assert [float(row[name]) for row in rows] == pytest.approx(history[name])


def test_tensorboard_writes_losses_rates_and_weights(gan, fit, tmp_path):
    board = stock.TensorBoard(
        tmp_path, histogram_freq=1, write_steps_per_second=True, update_freq=1
    )
    fit(gan, board)
    tags = {
        value.tag
        for path in (tmp_path / "train").iterdir()
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    expected = {"epoch_learning_rate_generator", "epoch_steps_per_second"}
    expected |= {f"{kind}_{loss}" for kind in ("epoch", "batch") for loss in LOSSES}
    assert expected <= tags
    assert any(tag.endswith("kernel/histogram") for tag in tags)


def test_remote_monitor_sends_all_losses(gan, fit, monkeypatch):
    sent = []
    post = types.SimpleNamespace(post=lambda url, json, headers: sent.append(json))
    monkeypatch.setattr("keras.src.callbacks.remote_monitor.requests", post)
    history = fit(gan, stock.RemoteMonitor(send_as_json=True))
    assert [row["generator_loss"] for row in sent] == history["generator_loss"]


def test_history_and_progress_bar_are_as_always(gan, fit, capsys):
    kept = stock.History()
    history = fit(gan, kept, stock.ProgbarLogger(), verbose=1)
    assert kept.history is history
    assert "generator_loss" in capsys.readouterr().out


def test_a_callback_list_may_be_given(gan, tiny_batches):
    batches = tiny_batches(1)
    seen = []
    count = stock.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    inner = stock.CallbackList([count], model=gan)
    gan.fit(batches, epochs=2, verbose=0, callbacks=[inner, [count]])
    whole = stock.CallbackList([count], add_history=True, model=gan, epochs=1, steps=1)
    gan.fit(batches, verbose=0, callbacks=whole)
    assert seen == [0, 0, 1, 1, 0]
    assert list(flat([whole, None])) == [count, gan.history]


# --------------------------------------------------------------------- they are refused


def made(name):
    """One of the callbacks, without what it would import or write."""
    kind = getattr(stock, name)
    return kind.__new__(kind)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("wrapped", [list, stock.CallbackList], ids=["list", "nested"])
def test_it_is_refused_with_what_to_use(name, wrapped, gan, fit, tiny_batches):
    callback = wrapped([made(name)])
    with pytest.raises(ValueError, match=f"keras.callbacks.{name} .*{REFUSED[name]}"):
        fit(gan, callback)
    with pytest.raises(ValueError, match=f"keras.callbacks.{name} "):
        gan.fit(tiny_batches(1), None, None, 1, 0, [callback])  # by place
    with pytest.raises(ValueError, match=f"keras.callbacks.{name} "):
        gan.evaluate(tiny_batches(1), callbacks=[callback])


def test_what_is_named_in_place_of_terminate_on_nan_fires(gan, fit):
    gan.generator.layers[1].kernel.assign(
        tf.fill(gan.generator.layers[1].kernel.shape, np.nan)
    )
    with pytest.raises(DivergedError, match=r"NaN or infinite at step 1\. A smaller"):
        fit(gan, NanGuard())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: stock.EarlyStopping(),
            "'val_loss' of EarlyStopping: this model has no",
        ),
        (lambda: stock.EarlyStopping("loss"), "Name one of discriminator_loss, gen"),
        (
            lambda: stock.ReduceLROnPlateau(),
            "'val_loss' of ReduceLROnPlateau: this model",
        ),
        (
            lambda: stock.ModelCheckpoint("a.keras", save_best_only=True),
            "'val_loss' of ModelCheckpoint: this model has no single loss",
        ),
        (
            lambda: stock.EarlyStopping("val_generator_loss", mode="min"),
            "needs validation_data; without it there is 'generator_loss'",
        ),
        (
            lambda: stock.EarlyStopping("generator_loss"),
            "mode='auto' of EarlyStopping does not say whether 'generator_loss'",
        ),
        (
            lambda: stock.ModelCheckpoint("a.keras", "frechet_distance"),
            "mode='auto' of ModelCheckpoint does not say",
        ),
        (
            lambda: stock.BackupAndRestore("folder", save_freq=5),
            r"BackupAndRestore\(save_freq=5\) restarts an epoch",
        ),
    ],
)
def test_what_would_do_nothing_or_fail_later_is_refused(make, message, gan, fit):
    with pytest.raises(ValueError, match=message):
        fit(gan, make())


@pytest.mark.parametrize(
    "make",
    [
        lambda: stock.LearningRateScheduler(lambda epoch, rate: rate),
        lambda: stock.ReduceLROnPlateau("generator_loss", mode="min"),
    ],
)
def test_rates_that_follow_a_schedule_are_not_set(make, tiny_gan, fit):
    def scheduled():
        return keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        )

    with pytest.raises(ValueError, match="that of the generator follows a Learning"):
        fit(tiny_gan(optimizer=scheduled), make())


class Lone(Bare):
    """A model that has no two optimizers."""


def test_a_model_of_one_network_says_that_it_has_no_rates(fit):
    gan = Lone()
    gan.compile()
    halve = stock.LearningRateScheduler(lambda epoch, rate: rate / 2)
    with pytest.raises(ValueError, match="which a Lone does not have"):
        fit(gan, halve)


def test_there_are_two_rates_and_an_older_keras_is_told_to_upgrade(gan, monkeypatch):
    both = r"there are generator_optimizer\.learning_rate and discriminator_optimizer"
    for version, older in (("3.15.1", False), ("3.14.2", True)):
        monkeypatch.setattr(keras, "__version__", version)
        with pytest.raises(ValueError, match=both) as read:
            _ = gan.optimizer.learning_rate
        with pytest.raises(ValueError, match=both):
            gan.optimizer.learning_rate = 0.1
        assert ("keras>=3.15" in str(read.value)) == older
