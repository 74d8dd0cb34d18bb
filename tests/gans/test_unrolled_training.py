"""The unrolled GAN as a model: what it updates, and where it runs."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, penalties
from ganzoo.gans.randomness import reseed
from ganzoo.random import STOCK_LAYERS

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

K = 3


def adam():
    return keras.optimizers.Adam(0.01, beta_1=0.5)


def sgd():
    return keras.optimizers.SGD(0.1)


@pytest.fixture
def build(tiny_gan):
    """Returns a builder of unrolled models."""
    return functools.partial(
        tiny_gan, kind=ganzoo.UnrolledGAN, unrolled_steps=K, optimizer=adam
    )


# --------------------------------------------------------------------- what is updated


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_without_steps_ahead_it_is_the_plain_gan_to_the_bit(
    update, build, tiny_gan, tiny_batches, state_of
):
    case = {
        "update": update,
        "optimizer": lambda: keras.optimizers.RMSprop(0.01, clipnorm=1.0),
        "num_classes": 3,
        "networks": {"norm": layers.BatchNormalization, "dropout": layers.Dropout},
        "discriminator_steps": 2,
    }
    plain, unrolled = tiny_gan(**case), build(**case | {"unrolled_steps": 0})
    for batch in tiny_batches(2, 16, num_classes=3):
        expected, logs = plain.train_step(batch), unrolled.train_step(batch)
        assert logs == expected
    for expected, value in zip(state_of(plain), state_of(unrolled), strict=True):
        np.testing.assert_array_equal(value, expected)


def normed(kind, dropout=keras.layers.Dropout):
    """A model whose discriminator has a norm and a dropout, by default Keras's."""
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
            dropout(0.4),
            stack.Dense(1),
        ]
    )
    arguments = {"unrolled_steps": K} if kind is ganzoo.UnrolledGAN else {}
    gan = kind(generator, discriminator, seed=5, **arguments)
    gan.compile(sgd(), adam())
    return gan


def discriminator_state(gan):
    variables = [*gan.discriminator.variables, *gan.discriminator_optimizer.variables]
    return [variable.numpy() for variable in variables]


def test_the_discriminator_advances_by_its_own_step_alone(tiny_batches):
    batch = next(iter(tiny_batches(1)))
    unrolled = normed(ganzoo.UnrolledGAN)
    weights = [weight.numpy() for weight in unrolled.generator.weights]
    unrolled.train_step(batch)
    plain = normed(ganzoo.GAN)
    random = plain.random()
    with layers.random_scope(random):
        reseed(plain._seed_generators, plain.random(STOCK_LAYERS))
        plain.discriminator_step((batch, None), random)
    for value, expected in zip(
        discriminator_state(unrolled), discriminator_state(plain), strict=True
    ):
        np.testing.assert_array_equal(value, expected)
    assert int(unrolled.discriminator_optimizer.iterations.numpy()) == 1
    moved = [
        np.abs(weight.numpy() - old).max()
        for weight, old in zip(unrolled.generator.weights, weights, strict=True)
    ]
    assert max(moved) > 1e-3


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
            _, gradient = gan._discriminator_gradients(images, fake, None, own)
            gan.apply_discriminator_gradients(gradient)
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
        values = untouched.generator_terms(batch, fake, None, random)
        now, gradient = untouched._discriminator_gradients(batch, fake, None, random)
    untouched.apply_discriminator_gradients(gradient)
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


@pytest.mark.slow
def test_xla_changes_nothing_but_rounding(build, tiny_batches, learned, graphs):
    case = {"networks": {"dropout": layers.Dropout}}
    plain, compiled = (
        build(compiled={"jit_compile": jit, "penalty": "r1"}, **case)
        for jit in (False, True)
    )
    for gan in (plain, compiled):
        gan.fit(tiny_batches(2), verbose=0)
    np.testing.assert_allclose(learned(compiled), learned(plain), rtol=0, atol=1e-5)


def test_two_steps_per_execution_equal_one(build, tiny_batches, learned, graphs):
    found = []
    for steps in (1, 2):
        gan = build(compiled={"steps_per_execution": steps})
        gan.fit(tiny_batches(2), verbose=0)
        found.append(learned(gan))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-6)


REPLICAS = {
    "alternating_sgd_with_labels_and_dropout": {
        "count": 2,
        "networks": {"dropout": layers.Dropout},
        "num_classes": 3,
        "optimizer": lambda: keras.optimizers.SGD(0.1, momentum=0.5),
    },
    "simultaneous_adam_with_penalties": {
        "count": 2,
        "update": "simultaneous",
        "compiled": {
            "loss": "zero_sum",
            "penalty": penalties.R1(1.0) + penalties.WeightClipping(0.5),
        },
    },
}


@pytest.mark.parametrize("name", REPLICAS)
@pytest.mark.slow
def test_replicas_equal_one(name, build, tiny_batches, learned, mirrored):
    case = dict(REPLICAS[name])
    strategies = None, mirrored(case.pop("count"))
    found = []
    for strategy in strategies:
        gan = build(strategy, **case)
        gan.fit(tiny_batches(2, num_classes=case.get("num_classes")), verbose=0)
        found.append(learned(gan))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_norm_in_the_discriminator_is_that_of_the_global_batch(
    tiny_batches, learned, mirrored
):
    found = []
    for strategy in (tf.distribute.get_strategy(), mirrored(2)):
        with strategy.scope():
            gan = normed(ganzoo.UnrolledGAN, layers.Dropout)
        gan.fit(tiny_batches(1), verbose=0)
        found.append(learned(gan))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-5)


# ------------------------------------------------------------------------ files, errors


def test_the_generator_is_exported(build, tmp_path):
    gan = build()
    gan.export_generator(tmp_path / "generator")
    served = tf.saved_model.load(str(tmp_path / "generator"))
    noise = tf.random.stateless_normal([2, 4], [1, 2])
    np.testing.assert_allclose(served.serve(noise), gan.generator(noise), atol=1e-6)


@pytest.mark.parametrize("steps", [-1, 1.5, 2.0, "3", None])
def test_a_number_of_steps_that_is_none_is_refused(steps, tiny_networks):
    with pytest.raises(ValueError, match=r"unrolled_steps=.* a whole number of at lea"):
        ganzoo.UnrolledGAN(*tiny_networks(), unrolled_steps=steps)


def test_numpy_integers_are_numbers_of_steps(tiny_networks):
    gan = ganzoo.UnrolledGAN(*tiny_networks(), unrolled_steps=np.int64(2))
    assert type(gan.get_config()["unrolled_steps"]) is int


def test_optimizers_that_cannot_be_unrolled_are_refused_when_compiling(tiny_networks):
    gan = ganzoo.UnrolledGAN(*tiny_networks(), unrolled_steps=1)
    for name in ("rmsprop", "adamw"):
        with pytest.raises(ValueError, match="SGD and Adam"):
            gan.compile("adam", name)
    with pytest.raises(ValueError, match=r"clipnorm=1.0 of the discriminator's Adam"):
        gan.compile("adam", keras.optimizers.Adam(clipnorm=1.0))
    gan.compile("rmsprop", "adam")
    assert type(gan.discriminator_optimizer) is keras.optimizers.Adam
