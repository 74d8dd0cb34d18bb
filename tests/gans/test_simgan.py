"""A refiner against a local discriminator: algorithm, history, warm-up, use."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import data, losses, networks, penalties

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

RATE = 0.2


def sgd():
    return keras.optimizers.SGD(RATE)


def weights(gan):
    networks = (gan.refiner, gan.discriminator)
    return [[value.copy() for value in network.get_weights()] for network in networks]


def assert_same(found, expected, tolerance=1e-6):
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=0, atol=tolerance)


def moved(before, after):
    return any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))


# ------------------------------------------------------ against a round written by hand


def descend(network, loss, tape):
    slopes = tape.gradient(loss, network.trainable_variables)
    for weight, slope in zip(network.trainable_variables, slopes, strict=True):
        weight.assign(weight - RATE * slope)


def on_paper(gan, synthetic, real, store, weight):
    """A round of algorithm 1; the store holds as many images as half of a batch."""
    refine, discriminator = gan.refiner, gan.discriminator
    *refined_batches, last = (synthetic[step::3] for step in range(3))
    for step in refined_batches:
        with tf.GradientTape() as tape:
            refined = refine(step)
            loss = tf.reduce_mean(tf.math.softplus(-discriminator(refined)))
            loss += weight * tf.reduce_mean(tf.abs(refined - step))
        descend(refine, loss, tape)
    refined = refine(last)
    shown, fresh = refined[::2], refined[1::2]
    older = fresh if store is None else store
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.math.softplus(-discriminator(real)))
        fake = tf.concat([shown, older], axis=0)
        loss += tf.reduce_mean(tf.math.softplus(discriminator(fake)))
    descend(discriminator, loss, tape)
    return fresh


def test_weights_equal_those_of_rounds_written_by_hand(tiny_simgan, tiny_refinements):
    built = {
        "optimizer": sgd,
        "history_capacity": 4,
        "regularization_weight": 0.7,
    }
    gan, expected = tiny_simgan(**built), tiny_simgan(**built)
    gan.fit(tiny_refinements(3), verbose=0)
    store = None
    for synthetic, real in tiny_refinements(3):
        store = on_paper(expected, synthetic, real, store, 0.7)
    for found, wanted in zip(weights(gan), weights(expected), strict=True):
        assert_same(found, wanted)
    kept = np.sort(gan.image_pool.images.numpy(), axis=0)
    np.testing.assert_allclose(kept, np.sort(store, axis=0), rtol=0, atol=1e-6)


def test_the_objective_is_equation_4_divided_by_images_and_patches(tiny_simgan):
    images = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 1)).astype("float32")
    patches, values, lambda_ = 2 * 2, 4 * 4, 0.3
    gan = tiny_simgan(
        optimizer=sgd, regularization_weight=lambda_ * values / patches, seed=3
    )
    before = weights(gan)[0]
    with tf.GradientTape() as tape:
        refined = gan.refiner(images)
        synthetic = tf.sigmoid(-gan.discriminator(refined))  # D of the paper
        loss = -tf.reduce_sum(tf.math.log(1 - synthetic))
        loss += lambda_ * tf.reduce_sum(tf.abs(refined - images))
    slopes = tape.gradient(loss, gan.refiner.trainable_variables)
    gan.refiner_step(tf.constant(images), tf.constant(images))
    expected = [
        value - RATE * slope / (8 * patches)
        for value, slope in zip(before, slopes, strict=True)
    ]
    assert_same(weights(gan)[0], expected)


def test_logged_values_equal_the_equations(tiny_simgan, tiny_refinements):
    gan = tiny_simgan()
    ((synthetic, real),) = tiny_refinements(1)
    logs = gan.evaluate(tiny_refinements(1), verbose=0, return_dict=True)
    synthetic = synthetic[2::3]  # what the discriminator's update would see
    refined = gan.refiner(synthetic).numpy()
    f, r = gan.discriminator(refined).numpy(), gan.discriminator(real).numpy()
    expected = {
        "discriminator_loss": np.logaddexp(0, -r).mean() + np.logaddexp(0, f).mean(),
        "generator_loss": np.logaddexp(0, -f).mean(),
        "regularisation": np.abs(refined - synthetic).mean(),
        "real_probability": np.mean(1 / (1 + np.exp(-r))),
        "fake_probability": np.mean(1 / (1 + np.exp(-f))),
    }
    assert logs == pytest.approx(expected, abs=1e-5)


def test_evaluation_takes_equally_many_images_of_either_kind(
    tiny_simgan, tiny_refinements
):
    gan = tiny_simgan()
    ((synthetic, real),) = tiny_refinements(1)
    images = tf.data.Dataset.from_tensor_slices((synthetic[2::3], real))
    expected = gan.evaluate(tiny_refinements(1), verbose=0, return_dict=True)
    for size in (8, 3):  # a partial last batch, too
        logs = gan.evaluate(images.batch(size), verbose=0, return_dict=True)
        assert logs == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("capacity", [0, 4])
def test_only_a_history_shows_the_discriminator_old_images(
    capacity, tiny_simgan, tiny_refinements
):
    gan = tiny_simgan(history_capacity=capacity)
    seen = []
    discriminator = gan.discriminate
    gan.discriminate = lambda images, *rest: (
        seen.append(images) or discriminator(images, *rest)
    )
    gan.compile(sgd(), sgd(), run_eagerly=True)
    gan.fit(tiny_refinements(1), verbose=0)
    first = seen[-1].numpy()
    gan.fit(tiny_refinements(1), verbose=0)
    second = seen[-1].numpy()
    old = [any(np.allclose(image, other) for other in first[1::2]) for image in second]
    assert old == ([False, True] * 4 if capacity else [False] * 8)


def test_no_two_updates_draw_alike_from_the_history(tiny_simgan, tiny_refinements):
    gan = tiny_simgan(discriminator_steps=2, compiled={"run_eagerly": True})
    keys, mix = [], gan.image_pool.sample_and_update
    gan.image_pool.sample_and_update = lambda images, random: (
        keys.append(tuple(random.key.numpy())) or mix(images, random)
    )
    gan.fit(tiny_refinements(2, batches=gan.batches_per_step), verbose=0)
    assert len(set(keys)) == 4


@pytest.mark.parametrize("name", losses.names())
def test_every_loss_trains(name, tiny_simgan, tiny_refinements):
    penalty = penalties.R1(1.0) + penalties.WeightClipping(0.5)
    gan = tiny_simgan(compiled={"loss": name, "penalty": penalty, "run_eagerly": True})
    logs = gan.fit(tiny_refinements(1), verbose=0).history
    kind = "probability" if losses.get(name).probability else "score"
    assert {f"real_{kind}", f"fake_{kind}", "penalty", "regularisation"} < set(logs)
    assert np.isfinite(list(logs.values())).all()
    assert max(np.abs(w).max() for w in gan.discriminator.get_weights()) <= 0.5


# ------------------------------------------------------------------------------ warm-up

WARM = {"refiner_warm_up": 3, "discriminator_warm_up": 1, "optimizer": sgd}
ROUNDS = (
    5  # two of the refiner (3 updates, 2 a round), one of its opponent, two of both
)


class Moves(keras.callbacks.Callback):
    """Keeps which networks each round has moved."""

    def __init__(self):
        super().__init__()
        self.rounds = []

    def on_train_begin(self, logs=None):
        self.before = weights(self.model)

    def on_train_batch_end(self, batch, logs=None):
        after = weights(self.model)
        self.rounds.append(
            tuple(moved(a, b) for a, b in zip(self.before, after, strict=True))
        )
        self.before = after


def test_the_refiner_warms_up_then_the_discriminator_then_they_play(
    tiny_simgan, tiny_refinements
):
    gan, moves = tiny_simgan(**WARM), Moves()
    gan.fit(tiny_refinements(ROUNDS), verbose=0, callbacks=[moves])
    alone, other, both = (True, False), (False, True), (True, True)
    assert moves.rounds == [alone, alone, other, both, both]
    assert int(gan.generator_optimizer.iterations) == 2 * 2 + 2 * 2
    assert int(gan.discriminator_optimizer.iterations) == 1 + 2
    assert int(gan.step) == ROUNDS


def test_warm_up_teaches_the_refiner_to_leave_images_as_they_are(
    tiny_simgan, tiny_refinements, graphs
):
    gan = tiny_simgan(
        refiner_warm_up=600, optimizer=lambda: keras.optimizers.Adam(0.01)
    )
    batches = tiny_refinements(1)
    before = gan.evaluate(batches, verbose=0, return_dict=True)["regularisation"]
    gan.fit(batches.repeat(300), verbose=0)
    after = gan.evaluate(batches, verbose=0, return_dict=True)["regularisation"]
    assert after < 0.2 * before


@pytest.fixture(scope="module")
def warmed(tiny_simgan, tiny_refinements):
    """Returns a function that plays five rounds; returns all weights and the logs."""

    @functools.cache
    def trained(strategy=None, **compiled):
        gan = tiny_simgan(
            strategy, **WARM, dropout=0.3, compiled=compiled, ema_half_life=20.0
        )
        history = gan.fit(tiny_refinements(ROUNDS), verbose=0).history
        assert np.isfinite(list(history.values())).all()
        return [weight.numpy() for weight in gan.weights], history

    return trained


@pytest.mark.parametrize(
    "compiled",
    [{"jit_compile": True}, {"run_eagerly": True}, {"steps_per_execution": 5}],
    ids=lambda options: next(iter(options)),
)
def test_however_it_is_run_the_phases_are_the_same(compiled, warmed, graphs):
    (expected, _), (found, _) = warmed(), warmed(**compiled)
    assert_same(found, expected, 1e-5)


@pytest.mark.slow
def test_four_replicas_go_through_the_phases_as_one(warmed, mirrored):
    (expected, logs), (found, own) = warmed(), warmed(mirrored(4))
    assert_same(found, expected, 1e-5)
    for name, values in logs.items():
        np.testing.assert_allclose(own[name], values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_run_resumed_within_the_warm_up_ends_in_the_same_bits(
    stop, warmed, tiny_simgan, tiny_refinements, tmp_path
):
    eager = {"run_eagerly": True}  # the phases are the same, see above
    built = WARM | {"dropout": 0.3, "ema_half_life": 20.0, "compiled": eager}
    first, second = tiny_simgan(**built), tiny_simgan(**built)
    first.fit(tiny_refinements(ROUNDS).take(stop), verbose=0)
    first.save_weights(tmp_path / "model.weights.h5")
    second.load_weights(tmp_path / "model.weights.h5")
    second.fit(tiny_refinements(ROUNDS).skip(stop), verbose=0)
    for value, wanted in zip(second.weights, warmed(**eager)[0], strict=True):
        np.testing.assert_array_equal(value.numpy(), wanted)


# ---------------------------------------------------------------- feeding, refining


def images_of(count, seed):
    numbers = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 1))
    return data.image_set(numbers.astype(np.uint8), name=f"noise {seed}")


def test_batches_of_two_image_sets_fit_a_step(tiny_simgan):
    gan = tiny_simgan(discriminator_steps=2)
    batches = data.unpaired_batches(
        images_of(40, 0), images_of(16, 1), 4, seed=0, batches=gan.batches_per_step
    )
    logs = gan.fit(batches, steps_per_epoch=3, verbose=0).history
    assert np.isfinite(list(logs.values())).all()


def test_refining_is_the_refiners_whatever_the_batch_size(tiny_simgan):
    gan = tiny_simgan()
    images = np.random.default_rng(0).uniform(-1, 1, (5, 4, 4, 1)).astype("float32")
    refined = gan.refine(images, batch_size=2)
    assert (refined.shape, refined.dtype) == ((5, 4, 4, 1), np.float32)
    np.testing.assert_allclose(refined, gan.refiner(images), rtol=0, atol=1e-6)


def test_the_averaged_refiner_refines_when_asked(tiny_simgan, tiny_refinements):
    gan = tiny_simgan(ema_half_life=1000.0)
    gan.fit(tiny_refinements(), verbose=0)
    images = np.zeros((2, 4, 4, 1), "float32")
    with gan.averaged_weights():
        expected = gan.refiner(images)
    refined = gan.refine(images, average=True)
    np.testing.assert_allclose(refined, expected, rtol=0, atol=1e-6)
    assert not np.allclose(refined, gan.refine(images), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="keeps no average"):
        tiny_simgan().refine(images, average=True)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 4, 4, 3)), r"refiner takes .* \(n, 4, 4, 1"),
        (np.zeros((1, 4, 4, 1), np.uint8), "ganzoo.data.to_float"),
        (np.zeros((0, 4, 4, 1)), "n at least 1"),
    ],
)
def test_images_that_cannot_be_refined_are_refused(images, message, tiny_simgan):
    with pytest.raises(ValueError, match=message):
        tiny_simgan().refine(images)


# ------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"refiner_steps": 0}, "refiner_steps=0 must be a whole number of at least 1"),
        ({"discriminator_steps": 1.5}, "discriminator_steps=1.5 must be"),
        ({"refiner_warm_up": -1}, "refiner_warm_up=-1 must be"),
        ({"discriminator_warm_up": None}, "discriminator_warm_up=None must be"),
        ({"history_capacity": -3}, "history_capacity=-3 must be"),
        ({"regularization_weight": -1.0}, "regularization_weight=-1.0 must be"),
        (
            {"regularization_weight": 0.0, "refiner_warm_up": 5},
            "leaves nothing to learn .* set refiner_warm_up=0",
        ),
        ({"ema_half_life": 0.0}, "ema_half_life=0.0 images must be above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, tiny_simgan):
    with pytest.raises(ValueError, match=message):
        tiny_simgan(**arguments)


def network(shape, *outputs):
    return keras.Sequential([keras.Input(shape), *outputs])


GRAY, COLOR = (4, 4, 1), (4, 4, 3)


@pytest.mark.parametrize(
    ("refiner", "discriminator", "message"),
    [
        ("refiner", network(GRAY), "refiner must be a Keras model"),
        (
            network(GRAY, keras.layers.Conv2D(3, 1)),
            network(COLOR),
            r"maps images of shape \(4, 4, 1\) to shape \(4, 4, 3\)",
        ),
        (
            network(GRAY, keras.layers.Conv2D(1, 1)),
            network(COLOR, keras.layers.Conv2D(1, 1)),
            "discriminator takes inputs of shape",
        ),
        (
            network((None, None, 1), keras.layers.Conv2D(1, 1)),
            network(GRAY, keras.layers.Conv2D(1, 1)),
            r"images of shape \(None, None, 1\); give it an Input of static",
        ),
        (keras.layers.Conv2D(1, 1), network(GRAY), "images of shape None"),
    ],
)
def test_networks_that_do_not_fit_are_refused(refiner, discriminator, message):
    with pytest.raises(ValueError, match=message):
        ganzoo.SimGAN(refiner, discriminator)


def test_one_network_or_one_optimizer_for_both_is_refused(tiny_simgan):
    same = network(GRAY, keras.layers.Conv2D(1, 1))
    with pytest.raises(ValueError, match="are the same network"):
        ganzoo.SimGAN(same, same)
    shared = sgd()
    with pytest.raises(ValueError, match="its own optimizer"):
        tiny_simgan().compile(shared, shared)


def test_batches_that_the_updates_cannot_share_are_refused(
    tiny_simgan, tiny_refinements
):
    message = "3 synthetic images to 1 real; received shapes"
    for batches in (
        tiny_refinements(1, batches=(1, 1)),
        tiny_refinements(1).map(lambda synthetic, real: synthetic),
        tiny_refinements(1, batches=(3, 3)).unbatch().batch(24),  # of no static size
    ):
        with pytest.raises(ValueError, match=message):
            tiny_simgan().fit(batches, verbose=0)
    with pytest.raises(ValueError, match=message):
        tiny_simgan().evaluate(tiny_refinements(1).map(lambda x, _: x), verbose=0)
    with pytest.raises(ValueError, match="but 3 on each replica cannot be halved"):
        tiny_simgan().fit(tiny_refinements(1, rows=3), verbose=0)
    with pytest.raises(ValueError, match="cannot store 4 at once, half of the batch"):
        tiny_simgan(history_capacity=3).fit(tiny_refinements(1), verbose=0)


def test_networks_of_house_numbers_train():
    gan = ganzoo.SimGAN(
        networks.simgan_refiner(width=2, blocks=1),
        networks.simgan_discriminator(width=1),
        refiner_warm_up=0,
        discriminator_warm_up=0,
        history_capacity=2,
    )
    gan.compile("adam", "adam")
    images = np.random.default_rng(0).uniform(-1, 1, (1, 12, 32, 32, 3))
    images = images.astype("float32")
    batches = tf.data.Dataset.from_tensor_slices((images, images[:, :4]))
    logs = gan.fit(batches, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
