"""The unrolled GAN as a game: what it updates, and where it runs."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, losses, penalties
from ganzoo.gans import zero_sum
from ganzoo.gans.game import STOCK_LAYERS
from ganzoo.gans.players import reseed

K = 3


def adam():
    return keras.optimizers.Adam(0.01, beta_1=0.5)


def sgd():
    return keras.optimizers.SGD(0.1)


@pytest.fixture
def build(tiny_gan):
    """Returns a builder of unrolled games."""
    return functools.partial(
        tiny_gan, kind=ganzoo.UnrolledGAN, unrolled_steps=K, optimizer=adam
    )


def test_unrolled_gan_keeps_what_every_game_promises(check_game, build, tiny_batches):
    def new(seed):
        gan = build(
            players={"seed": seed, "dropout": layers.Dropout},
            update="simultaneous",
            ema_half_life=30.0,
        )
        return gan, tiny_batches(2)

    check_game(new)


# --------------------------------------------------------------------- what is updated


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_without_steps_ahead_it_is_the_plain_gan_to_the_bit(
    update, build, tiny_gan, tiny_batches, state_of
):
    case = {
        "update": update,
        "optimizer": lambda: keras.optimizers.RMSprop(0.01, clipnorm=1.0),
        "num_classes": 3,
        "players": {"norm": layers.BatchNormalization, "dropout": layers.Dropout},
        "discriminator_steps": 2,
    }
    plain, unrolled = tiny_gan(**case), build(**case | {"unrolled_steps": 0})
    batches = tiny_batches(2, 16, num_classes=3)
    logs = [gan.fit(batches, verbose=0).history for gan in (plain, unrolled)]
    assert logs[0] == logs[1]
    for expected, value in zip(state_of(plain), state_of(unrolled), strict=True):
        np.testing.assert_array_equal(value, expected)


def normed(kind):
    """A game whose discriminator has a norm and a stock dropout."""
    keras.utils.set_random_seed(1)
    stack = keras.layers
    generator = keras.Sequential(
        [keras.Input((4,)), stack.Dense(16), stack.Reshape((4, 4, 1))]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            stack.Flatten(),
            stack.Dense(8, use_bias=False),
            layers.BatchNormalization(),
            stack.LeakyReLU(),
            stack.Dropout(0.4),
            stack.Dense(1),
        ]
    )
    arguments = {"unrolled_steps": K} if kind is ganzoo.UnrolledGAN else {}
    gan = kind(generator, discriminator, seed=5, **arguments)
    gan.compile(sgd(), adam())
    return gan


def discriminator_state(gan):
    variables = [*gan.discriminator.variables, *gan.discriminator_optimizer.variables]
    return {variable.path: variable.numpy() for variable in variables}


def test_the_discriminator_advances_by_its_own_step_alone(tiny_batches):
    batch = next(iter(tiny_batches(1)))
    unrolled = normed(ganzoo.UnrolledGAN)
    weights = [weight.numpy() for weight in unrolled.generator.weights]
    unrolled.train_step(batch)
    plain = normed(ganzoo.GAN)
    random = plain.random()
    with layers.random_scope(random):
        reseed(plain._stock_seeds, plain.random(STOCK_LAYERS))
        plain.discriminator_step((batch, None), random)
    expected = list(discriminator_state(plain).values())
    for value, other in zip(
        discriminator_state(unrolled).values(), expected, strict=True
    ):
        np.testing.assert_array_equal(value, other)
    assert int(unrolled.discriminator_optimizer.iterations.numpy()) == 1
    moved = [
        np.abs(weight.numpy() - old).max()
        for weight, old in zip(unrolled.generator.weights, weights, strict=True)
    ]
    assert min(moved) > 1e-5


def test_moving_statistics_go_along_with_the_steps(tiny_batches):
    gan = normed(ganzoo.UnrolledGAN)
    images = next(iter(tiny_batches(1)))
    random = gan.random()
    fake = gan.generate_batch(images, None, random)
    ahead = gan._look_ahead(images, fake, None, random)
    variables = gan._state_variables()
    for step in range(K):
        own = random.fold(step)
        gan._reseed(own)
        with layers.random_scope(own):
            gan._update_discriminator(gan._slope(images, fake, None, own)[0])
    assert any("moving_mean" in variable.path for variable in variables)
    for variable, value in zip(variables, ahead, strict=True):
        np.testing.assert_allclose(
            value, variable, rtol=1e-5, atol=1e-6, err_msg=variable.path
        )


def test_simultaneous_play_looks_ahead_from_where_both_start(build, tiny_batches):
    case = {"update": "simultaneous", "optimizer": sgd}
    batch = next(iter(tiny_batches(1)))
    gan, untouched = build(**case), build(**case)
    logs = gan.train_step(batch)
    random = untouched.random()
    with layers.random_scope(random):
        fake = untouched.generate_batch(batch, None, random)
        values = untouched.values_ahead(batch, fake, None, random)
        gradient, now = untouched._slope(batch, fake, None, random)
    untouched._update_discriminator(gradient)
    np.testing.assert_allclose(
        logs["generator_loss"], tf.reduce_mean(values["generator_loss"]), rtol=1e-6
    )
    np.testing.assert_allclose(
        logs["discriminator_loss"], tf.reduce_mean(now["discriminator_loss"]), rtol=1e-6
    )
    for weight, expected in zip(
        gan.discriminator.weights, untouched.discriminator.weights, strict=True
    ):
        np.testing.assert_allclose(weight, expected, rtol=0, atol=1e-7)


def test_evaluation_is_against_the_discriminator_of_now(build, tiny_gan, tiny_batches):
    losses_of = [
        make().evaluate(tiny_batches(1), verbose=0, return_dict=True)
        for make in (build, tiny_gan)
    ]
    assert losses_of[0] == losses_of[1]


# -------------------------------------------------------------------- devices, replicas


def test_xla_changes_nothing_but_rounding(build, tiny_batches, learned):
    case = {"players": {"dropout": layers.Dropout}}
    plain, compiled = (
        build(compiled={"jit_compile": jit, "penalty": "r1"}, **case)
        for jit in (False, True)
    )
    for gan in (plain, compiled):
        gan.fit(tiny_batches(2), verbose=0)
    np.testing.assert_allclose(learned(compiled), learned(plain), rtol=0, atol=1e-5)


def test_two_steps_per_execution_equal_one(build, tiny_batches, learned):
    found = []
    for steps in (1, 2):
        gan = build(compiled={"steps_per_execution": steps})
        gan.fit(tiny_batches(2), verbose=0)
        found.append(learned(gan))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-6)


REPLICAS = {
    "alternating_sgd_with_labels_and_dropout": {
        "players": {"dropout": layers.Dropout},
        "num_classes": 3,
        "optimizer": lambda: keras.optimizers.SGD(0.1, momentum=0.5),
    },
    "simultaneous_adam_with_penalties": {
        "update": "simultaneous",
        "compiled": {
            "loss": zero_sum(),
            "penalty": penalties.R1(1.0) + penalties.WeightClipping(0.5),
        },
    },
}


def weights_after_two_steps(build, batches, learned, strategy, case):
    gan = build(strategy, **case)
    gan.fit(batches(2, num_classes=case.get("num_classes")), verbose=0)
    return learned(gan)


@pytest.mark.parametrize("name", REPLICAS)
def test_two_and_four_replicas_equal_one(name, build, tiny_batches, learned, mirrored):
    trained = functools.partial(
        weights_after_two_steps, build, tiny_batches, learned, case=REPLICAS[name]
    )
    one = trained(strategy=None)
    for count in (2, 4):
        np.testing.assert_allclose(
            trained(strategy=mirrored(count)), one, rtol=0, atol=1e-5
        )


def test_a_norm_in_the_discriminator_is_that_of_the_global_batch(
    tiny_batches, learned, mirrored
):
    found = []
    for strategy in (tf.distribute.get_strategy(), mirrored(2)):
        with strategy.scope():
            gan = normed(ganzoo.UnrolledGAN)
            # The stock dropout draws the same mask on every replica.
            gan.discriminator.layers[4].rate = 0.0
        gan.fit(tiny_batches(1), verbose=0)
        found.append(learned(gan))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-5)


def test_mixed_bfloat16_trains_close_to_float32(build, tiny_batches):
    case = {"compiled": {"penalty": penalties.R1(1.0)}}
    expected = build(**case).fit(tiny_batches(2), verbose=0).history
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = build(**case)
    assert gan.discriminator.layers[-1].compute_dtype == "bfloat16"
    logs = gan.fit(tiny_batches(2), verbose=0).history
    for name, values in expected.items():
        np.testing.assert_allclose(logs[name], values, rtol=0.05, atol=0.05)


# ------------------------------------------------------------------------ files, errors


def test_a_saved_game_trains_on_as_it_would_have(
    build, tiny_batches, learned, tmp_path
):
    gan = build()
    gan.fit(tiny_batches(1), verbose=0)
    gan.save(tmp_path / "game.keras")
    loaded = keras.saving.load_model(tmp_path / "game.keras")
    assert type(loaded) is ganzoo.UnrolledGAN and loaded.unrolled_steps == K
    for game in (gan, loaded):
        game.fit(tiny_batches(1), verbose=0)
    np.testing.assert_array_equal(learned(loaded), learned(gan))

    gan.export_generator(tmp_path / "generator")
    served = tf.saved_model.load(str(tmp_path / "generator"))
    noise = tf.random.stateless_normal([2, 4], [1, 2])
    np.testing.assert_allclose(served.serve(noise), gan.generator(noise), atol=1e-6)


@pytest.mark.parametrize("steps", [-1, 1.5, 2.0, "3", None])
def test_a_number_of_steps_that_is_none_is_refused(steps, tiny_players):
    with pytest.raises(ValueError, match=r"unrolled_steps=.* a whole number of at lea"):
        ganzoo.UnrolledGAN(*tiny_players(), unrolled_steps=steps)


def test_numpy_integers_are_numbers_of_steps(tiny_players):
    gan = ganzoo.UnrolledGAN(*tiny_players(), unrolled_steps=np.int64(2))
    assert type(gan.get_config()["unrolled_steps"]) is int


def test_optimizers_that_cannot_be_unrolled_are_refused_when_compiling(tiny_players):
    gan = ganzoo.UnrolledGAN(*tiny_players(), unrolled_steps=1)
    for name in ("rmsprop", "adamw"):
        with pytest.raises(ValueError, match="SGD and Adam"):
            gan.compile("adam", name)
    with pytest.raises(ValueError, match=r"clipnorm=1.0 of the discriminator's Adam"):
        gan.compile("adam", keras.optimizers.Adam(clipnorm=1.0))
    gan.compile("rmsprop", "adam")
    assert type(gan.discriminator_optimizer) is keras.optimizers.Adam


@pytest.mark.parametrize("name", ["minimax", "hinge"])
def test_zero_sum_gives_the_generator_what_the_discriminator_loses(name):
    real, fake = tf.constant([[0.5], [-2.0]]), tf.constant([[1.5], [0.2]])
    loss, plain = zero_sum(name), losses.get(name)
    np.testing.assert_array_equal(
        loss.discriminator(real, fake), plain.discriminator(real, fake)
    )
    np.testing.assert_array_equal(
        loss.generator(real, fake), -plain.discriminator(real, fake)
    )
    assert loss.generator_uses_real and loss.probability is plain.probability
