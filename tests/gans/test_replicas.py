"""However many replicas share the work, the weights are the same but for rounding."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import layers, penalties
from tests.gans.tiny import learned_weights


def sgd():
    return keras.optimizers.SGD(0.1)  # a loss divided wrongly shows (Adam hides it)


def adam():
    return keras.optimizers.Adam(0.01)


def stock_norm():
    return keras.layers.BatchNormalization(synchronized=True)


CASES = {
    "alternating": {},
    "simultaneous": {"update": "simultaneous"},
    "two_discriminator_steps": {"discriminator_steps": 2},
    "labels": {"num_classes": 3},
    "norm_and_average": {
        "networks": {"norm": layers.BatchNormalization},
        "ema_half_life": 20.0,
    },
    "stock_synchronized_norm": {
        "networks": {"norm": stock_norm},
        "update": "simultaneous",
    },
    "dropout_with_adam": {
        "networks": {"dropout": layers.Dropout},
        "optimizer": adam,
        "update": "simultaneous",
        "discriminator_steps": 2,
    },
    "gradient_penalty": {
        "compiled": {"loss": "wasserstein", "penalty": "gradient_penalty"},
        "networks": {"dropout": layers.Dropout},
    },
    "weight_clipping": {
        "compiled": {
            "loss": "wasserstein",
            "penalty": penalties.WeightClipping(0.3),
        },
        "update": "simultaneous",
    },
    "relativistic_with_adam": {
        "compiled": {"loss": "relativistic", "penalty": penalties.R1(1.0)},
        "optimizer": adam,
    },
}
SLOW = ("two_discriminator_steps", "dropout_with_adam")  # half a minute each
# Twice the replicas cost twice as much: where replicas exchange most, and least.
OF_FOUR = ("alternating", "norm_and_average")


def cases():
    """Every case on two replicas and on four; what is slow is marked."""
    for name in CASES:
        for count in (2, 4):
            slow = name in SLOW or (count == 4 and name not in OF_FOUR)
            marks = [pytest.mark.slow] if slow else []
            yield pytest.param(name, count, marks=marks)


def trained(build, batches, strategy, case):
    """Three steps on a global batch of 8."""
    gan = build(strategy, **({"optimizer": sgd} | case))
    rows = 8 * case.get("discriminator_steps", 1)
    fed = batches(rows=rows, num_classes=case.get("num_classes"))
    return gan, gan.fit(fed, verbose=0).history


@pytest.fixture(scope="module")
def on_one(tiny_gan, tiny_batches):
    """Returns what a case learns on one replica, and its logs."""

    @functools.cache
    def run(name):
        one, history = trained(tiny_gan, tiny_batches, None, CASES[name])
        untrained = learned_weights(tiny_gan(**CASES[name]))
        assert np.abs(learned_weights(one) - untrained).max() > 1e-3
        return learned_weights(one), history

    return run


@pytest.mark.parametrize(("name", "count"), list(cases()))
def test_two_and_four_replicas_equal_one(
    name, count, on_one, tiny_gan, tiny_batches, learned, mirrored
):
    expected, history = on_one(name)
    many, logs = trained(tiny_gan, tiny_batches, mirrored(count), CASES[name])
    np.testing.assert_allclose(learned(many), expected, rtol=0, atol=1e-5)
    for key, values in history.items():
        np.testing.assert_allclose(logs[key], values, rtol=0, atol=1e-5)


def test_one_device_equals_no_strategy_to_the_bit(tiny_gan, tiny_batches, learned):
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    bare, _ = trained(tiny_gan, tiny_batches, None, {})
    one, _ = trained(tiny_gan, tiny_batches, strategy, {})
    np.testing.assert_array_equal(learned(one), learned(bare))


def test_replicas_draw_different_noise_and_together_the_noise_of_one(
    tiny_gan, mirrored
):
    expected = tiny_gan().random().normal([8, 4]).numpy()
    strategy = mirrored(2)
    gan = tiny_gan(strategy)
    drawn = strategy.run(lambda: gan.random().normal([4, 4]))
    halves = [value.numpy() for value in strategy.experimental_local_results(drawn)]
    assert not np.isclose(halves[0], halves[1]).any()
    np.testing.assert_allclose(np.concatenate(halves), expected, rtol=0, atol=1e-6)


def test_replicas_drop_different_units_and_together_those_of_one(tiny_gan, mirrored):
    dropout = layers.Dropout(0.5)

    def masks(gan, rows):
        with layers.random_scope(gan.random()):
            return dropout(tf.ones([rows, 64]), training=True)

    expected = masks(tiny_gan(), 8).numpy()
    strategy = mirrored(4)
    gan = tiny_gan(strategy)
    drawn = strategy.experimental_local_results(strategy.run(masks, args=(gan, 2)))
    parts = [value.numpy() for value in drawn]
    assert all(not np.array_equal(parts[0], part) for part in parts[1:])
    np.testing.assert_array_equal(np.concatenate(parts), expected)


def test_a_loop_of_strategy_run_equals_fit(tiny_gan, tiny_batches, learned, mirrored):
    fitted, _ = trained(tiny_gan, tiny_batches, None, {})
    strategy = mirrored(2)
    gan = tiny_gan(strategy)
    step = tf.function(lambda batch: strategy.run(gan.train_step, args=(batch,)))
    for batch in strategy.experimental_distribute_dataset(tiny_batches()):
        step(batch)
    np.testing.assert_allclose(learned(gan), learned(fitted), rtol=0, atol=1e-5)


def test_generated_images_do_not_depend_on_the_replicas(tiny_gan, mirrored):
    one, two = tiny_gan(num_classes=3), tiny_gan(mirrored(2), num_classes=3)
    labels = [2, 0, 1, 1, 0, 2, 2]
    for given in (None, labels):
        np.testing.assert_allclose(
            two.generate(7, given, batch_size=2),
            one.generate(7, given),
            rtol=0,
            atol=1e-6,
        )


def test_evaluation_under_two_replicas_survives_a_partial_last_batch(
    tiny_gan, mirrored, learned
):
    images = np.random.default_rng(2).uniform(-1, 1, (9, 4, 4, 1)).astype("float32")
    gan = tiny_gan(mirrored(2))
    before = learned(gan)
    seen = []
    logged = keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda _, logs: seen.append(float(logs["generator_loss"]))
    )
    batches = tf.data.Dataset.from_tensor_slices(images).batch(4)
    losses = gan.evaluate(batches, verbose=0, return_dict=True, callbacks=[logged])
    assert np.isfinite(list(losses.values())).all()
    assert len(seen) == 3
    assert np.isfinite(seen).all()
    np.testing.assert_array_equal(learned(gan), before)


def test_fit_refuses_batches_that_replicas_cannot_share(tiny_gan, mirrored):
    gan = tiny_gan(mirrored(2))
    images = tf.data.Dataset.from_tensor_slices(np.zeros((12, 4, 4, 1), "float32"))
    with pytest.raises(ValueError, match="drop_remainder=True"):
        gan.fit(images.batch(4), verbose=0)
    with pytest.raises(ValueError, match="take 2 or 4"):
        gan.fit(images.batch(3, drop_remainder=True), verbose=0)


def test_xla_on_several_replicas_is_refused_when_compiling(tiny_gan, mirrored):
    with pytest.raises(ValueError, match="jit_compile=True does not work on 2"):
        tiny_gan(mirrored(2), compiled={"jit_compile": True})
