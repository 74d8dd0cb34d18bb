"""The generator's gradient through K steps of the discriminator."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, penalties
from tests.benchmarks.naive_unrolling import NaiveUnrolledGAN

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

K = 3


def adam():
    return keras.optimizers.Adam(0.01, beta_1=0.5)


def momentum():
    return keras.optimizers.SGD(0.1, momentum=0.8)


@pytest.fixture
def build(tiny_gan):
    """Returns a builder of unrolled models."""
    return functools.partial(
        tiny_gan, kind=ganzoo.UnrolledGAN, unrolled_steps=K, optimizer=adam
    )


def slope(gan, batch):
    """The generator's loss and its gradient, one vector, as a step takes them."""
    images, labels = gan.unpack(batch)
    random = gan.random()
    with layers.random_scope(random), tf.GradientTape() as tape:
        fake = gan.generate_batch(images, labels, random)
        values = gan.generator_terms(images, fake, labels, random)
        loss = tf.reduce_mean(values["generator_loss"])
    weights = [variable.value for variable in gan.generator.trainable_variables]
    gradient = map(tf.convert_to_tensor, tape.gradient(loss, weights))
    return float(loss), np.concatenate([np.ravel(part) for part in gradient])


def first(batches):
    return next(iter(batches))


# ------------------------------------------------------------------------- the gradient

NAIVE = {
    "sgd": {"optimizer": lambda: keras.optimizers.SGD(0.3)},
    "momentum_and_dropout": {
        "optimizer": momentum,
        "networks": {"dropout": layers.Dropout},
    },
    "adam": {"unrolled_steps": 7},
    "adam_with_labels_and_dropout": {
        "num_classes": 3,
        "networks": {"dropout": layers.Dropout},
    },
    "critic_with_gradient_penalty": {
        "compiled": {"loss": "wasserstein", "penalty": "gradient_penalty"},
        "networks": {"dropout": layers.Dropout},
    },
    "relativistic_with_two_penalties": {
        "compiled": {
            "loss": "relativistic",
            "penalty": penalties.R1(1.0) + penalties.R2(2.0),
        },
    },
    "zero_sum": {"compiled": {"loss": "zero_sum"}, "optimizer": momentum},
}


@pytest.mark.parametrize("name", NAIVE)
def test_gradient_equals_that_of_nested_tapes(name, build, tiny_batches):
    case = NAIVE[name]
    classes = case.get("num_classes")
    batch = first(tiny_batches(1, num_classes=classes))
    found = []
    for kind in (ganzoo.UnrolledGAN, NaiveUnrolledGAN):
        gan = build(**case | {"kind": kind})
        gan.train_step(batch)  # then moments and step count are not 0
        found.append(slope(gan, batch))
    (loss, ours), (expected_loss, expected) = found
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-6)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5 * abs(expected).max())


@pytest.mark.parametrize("optimizer", [adam, momentum])
def test_gradient_is_the_finite_difference(optimizer, build, tiny_batches):
    gan = build(optimizer=optimizer, networks={"dropout": layers.Dropout})
    batch = first(tiny_batches(1))
    gan.train_step(batch)
    weights = gan.generator.trainable_variables
    _, gradient = slope(gan, batch)
    start = [weight.numpy() for weight in weights]
    direction = gradient / np.linalg.norm(gradient)
    parts = np.split(direction, np.cumsum([value.size for value in start])[:-1])
    ends = []
    width = 0.0005  # short of the next kink
    for sign in (-1, 1):
        for weight, value, part in zip(weights, start, parts, strict=True):
            weight.assign(value + sign * width * part.reshape(value.shape))
        ends.append(slope(gan, batch)[0])
    expected = (ends[1] - ends[0]) / (2 * width)
    np.testing.assert_allclose(np.linalg.norm(gradient), expected, rtol=3e-3)


def test_the_steps_ahead_are_those_that_the_discriminator_would_take(
    build, tiny_networks, tiny_batches
):
    """With all that takes part: norm, dropout, penalty, clipping, schedule, labels."""
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, 1, 0.7)
    gan = build(
        optimizer=lambda: keras.optimizers.Adam(rate),
        networks={"dropout": layers.Dropout},
        compiled={
            "penalty": penalties.R1(1.0) + penalties.WeightClipping(0.25),
        },
        num_classes=3,
    )
    images, labels = first(tiny_batches(1, num_classes=3))
    gan.train_step((images, labels))
    random = gan.random()
    fake = gan.generate_batch(images, labels, random)
    ahead = gan._look_ahead(images, fake, labels, random)
    variables = gan._state_variables()
    before = [variable.numpy() for variable in variables]

    for step in range(K):
        own = random.fold(step)
        with layers.random_scope(own):
            _, gradient = gan._discriminator_gradients(images, fake, labels, own)
            gan.apply_discriminator_gradients(gradient)
    assert len(variables) == 3 * len(gan.discriminator.trainable_variables)
    weights = [variable.numpy() for variable in gan.discriminator.trainable_variables]
    assert np.abs(weights[0] - before[0]).max() > 0.01
    assert max(np.abs(weight).max() for weight in weights) == 0.25
    for variable, value in zip(variables, ahead, strict=True):
        np.testing.assert_allclose(
            value, variable, rtol=1e-5, atol=1e-7, err_msg=variable.path
        )
