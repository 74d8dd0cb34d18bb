"""The models of the CIFAR-10 report, one `compile()` each, against steps by hand.

The non-saturating loss is compared in test_gan.py; penalties and losses have their own
tests in test_penalties.py and test_losses.py.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, penalties

RATE, SLOPE, LIMIT = 0.1, 0.3, 0.2


def sgd():
    return keras.optimizers.SGD(RATE)


# ---------------------------------------------------- the networks and models, by hand


def leaky(x):
    return tf.where(x > 0, x, SLOPE * x)


def made(weights, noise):
    """What the generator makes, `[n, 16]`."""
    first, first_bias, second, second_bias = weights
    return tf.tanh(leaky(noise @ first + first_bias) @ second + second_bias)


def logits_of(weights, images):
    first, first_bias, second, second_bias = weights
    return (leaky(images @ first + first_bias) @ second + second_bias)[:, 0]


def log_sigmoid(x):
    return tf.math.log(1.0 / (1.0 + tf.exp(-x)))


def minimax(real, fake):
    return -log_sigmoid(real) - log_sigmoid(-fake), log_sigmoid(-fake)


def wasserstein(real, fake):
    return fake - real, -fake


def hinge(real, fake):
    return tf.maximum(0.0, 1 - real) + tf.maximum(0.0, 1 + fake), -fake


def no_penalty(weights, real, fake, random):
    return 0.0


def gradient_penalty(weights, real, fake, random):
    """Gulrajani et al. 2017, eq. 3; the gradient of this network written out."""
    first, first_bias, second, _ = weights
    alpha = random.uniform([len(real), 1])  # one number an example
    between = alpha * real + (1.0 - alpha) * fake
    slopes = tf.where(between @ first + first_bias > 0, 1.0, SLOPE)
    gradients = (slopes * second[:, 0]) @ tf.transpose(first)
    return 10.0 * (tf.norm(gradients, axis=1) - 1.0) ** 2


class AsItIs:
    """The discriminator's weights are used as they are."""

    def weights(self, weights):
        return weights

    def gradient(self, gradient, weights):
        return gradient


class Spectral:
    """Miyato et al. 2018: algorithm 1, a round for each new kernel, and eq. 12."""

    def __init__(self, discriminator):
        normalized = [x for x in discriminator.layers if hasattr(x, "u")]
        self.vectors = [(x.u.numpy(), None) for x in normalized]
        self.seen = [None, None]

    def weights(self, weights):
        found = list(weights)
        for index in (0, 1):
            kernel = weights[2 * index].numpy()
            u, v = self.vectors[index]
            if self.seen[index] is None or (self.seen[index] != kernel).any():
                v = kernel @ u / np.linalg.norm(kernel @ u)
                u = v @ kernel / np.linalg.norm(v @ kernel)
                self.vectors[index], self.seen[index] = (u, v), kernel
            found[2 * index] = kernel / (v @ kernel @ u)
        return [tf.convert_to_tensor(weight) for weight in found]

    def gradient(self, gradient, weights):
        found = list(gradient)
        for index in (0, 1):
            kernel, direct = weights[2 * index].numpy(), gradient[2 * index].numpy()
            u, v = self.vectors[index]
            sigma = v @ kernel @ u
            share = np.sum(direct * kernel / sigma)
            found[2 * index] = (direct - share * np.outer(v, u)) / sigma
        return found


def clipped(weights):
    return [tf.clip_by_value(weight, -LIMIT, LIMIT) for weight in weights]


def trained_by_hand(gan, batches, k, losses, penalty, constrain, norm):
    """Goodfellow et al. 2014, algorithm 1, on plain tensors.

    Returns the weights, and both losses as the logs have them.
    """
    logged = []
    generator = [w.numpy() for w in gan.generator.trainable_weights]
    weights = [w.numpy() for w in gan.discriminator.trainable_weights]
    weights = [tf.constant(weight) for weight in weights]
    for number, rows in enumerate(batches):
        gan.step.assign(number)
        random = gan.random()
        real_batches = [tf.reshape(rows[j::k], [-1, 16]) for j in range(k)]
        for real in real_batches:
            fake = made(generator, random.normal([len(real), 4]))
            used = norm.weights(weights)
            with tf.GradientTape() as tape:
                tape.watch(used)
                first, _ = losses(logits_of(used, real), logits_of(used, fake))
                loss = tf.reduce_mean(first + penalty(used, real, fake, random))
            gradient = norm.gradient(tape.gradient(loss, used), weights)
            moved = zip(weights, gradient, strict=True)
            weights = constrain([weight - RATE * slope for weight, slope in moved])
        used = norm.weights(weights)
        generator = [tf.constant(weight) for weight in generator]
        with tf.GradientTape() as tape:
            tape.watch(generator)
            fake = made(generator, random.normal([len(real), 4]))
            _, second = losses(logits_of(used, real), logits_of(used, fake))
            loss = tf.reduce_mean(second)
        logged.append([tf.reduce_mean(first), loss])
        moved = zip(generator, tape.gradient(loss, generator), strict=True)
        generator = [weight - RATE * slope for weight, slope in moved]
    return [*generator, *weights], np.mean(logged, axis=0)


def spectral_networks(seed=1):
    """Dense networks of 4x4 images, the discriminator spectrally normalized."""
    keras.utils.set_random_seed(seed)
    stack, near = keras.layers, keras.initializers.Constant(0.9)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            stack.Dense(8),
            stack.LeakyReLU(SLOPE),
            stack.Dense(16, activation="tanh"),
            stack.Reshape((4, 4, 1), dtype="float32"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            stack.Flatten(),
            layers.SpectralNormalization(stack.Dense(8)),
            stack.LeakyReLU(SLOPE),
            # Near the hinge, which then is on for some images and off for others.
            layers.SpectralNormalization(stack.Dense(1, bias_initializer=near)),
        ]
    )
    return generator, discriminator


GAMES = {
    "minimax": (
        {"loss": "minimax"},
        {"k": 1, "losses": minimax},
    ),
    "WGAN": (
        {"loss": "wasserstein", "penalty": penalties.WeightClipping(LIMIT)},
        {"k": 5, "losses": wasserstein, "constrain": clipped},
    ),
    "WGAN-GP": (
        {"loss": "wasserstein", "penalty": "gradient_penalty"},
        {"k": 5, "losses": wasserstein, "penalty": gradient_penalty},
    ),
    "SN-GAN": (
        {"loss": "hinge"},
        {"k": 2, "losses": hinge, "norm": Spectral},
    ),
}


@pytest.mark.parametrize("name", GAMES)
def test_a_model_is_a_loss_and_a_penalty_and_no_new_loop(
    name, tiny_networks, tiny_batches
):
    compiled, facts = GAMES[name]
    facts = {
        "penalty": no_penalty,
        "constrain": list,
        "norm": lambda discriminator: AsItIs(),
    } | facts
    batches = tiny_batches(2, 8 * facts["k"])
    build_networks = spectral_networks if facts["norm"] is Spectral else tiny_networks
    gan, expected = (
        ganzoo.GAN(*build_networks(), discriminator_steps=facts["k"], seed=5)
        for _ in "ab"
    )
    gan.compile(sgd(), sgd(), run_eagerly=True, **compiled)
    facts["norm"] = facts["norm"](expected.discriminator)
    by_hand, losses = trained_by_hand(expected, batches, **facts)
    logs = gan.fit(batches, verbose=0).history
    found = [logs[f"{network}_loss"][0] for network in ("discriminator", "generator")]
    np.testing.assert_allclose(found, losses, rtol=0, atol=1e-5)

    weights = gan.generator.trainable_weights + gan.discriminator.trainable_weights
    before = (
        expected.generator.trainable_weights + expected.discriminator.trainable_weights
    )
    moved = 0.0
    for weight, value, start in zip(weights, by_hand, before, strict=True):
        np.testing.assert_allclose(weight, value, rtol=0, atol=2e-6)
        moved = max(moved, np.abs(weight.numpy() - start.numpy()).max())
    assert moved > 1e-2


# ------------------------------------------------------------- spectral normalization


class Recorded(ganzoo.GAN):
    """Keeps the kernel and the vector u each time the discriminator is asked."""

    def discriminate(self, images, labels, training=True):
        logits = super().discriminate(images, labels, training)
        layer = self.discriminator.layers[1]
        self.seen.append((layer.layer.kernel.numpy(), layer.u.numpy()))
        return logits


def test_a_discriminator_step_is_one_round_however_often_the_discriminator_is_asked(
    tiny_batches,
):
    gan = Recorded(*spectral_networks(), discriminator_steps=2)
    gan.compile(sgd(), sgd(), loss="hinge", penalty="r1", run_eagerly=True)
    gan.__dict__["seen"] = []
    gan.fit(tiny_batches(3, 16), verbose=0)
    # Real and generated images and the penalty's, twice, then the generator's.
    assert len(gan.seen) == 3 * (3 + 3 + 1)
    kernels, vectors = ([pair[part] for pair in gan.seen] for part in (0, 1))
    for one, other in zip(gan.seen[:-1], gan.seen[1:], strict=True):
        assert np.array_equal(one[0], other[0]) == np.array_equal(one[1], other[1])
    rounds = 1 + 3 * 2  # one at first, one after each update
    for found in (kernels, vectors):
        assert len({array.tobytes() for array in found}) == rounds
    before = vectors[-1]
    gan.evaluate(tiny_batches(2), verbose=0)
    np.testing.assert_array_equal(gan.discriminator.layers[1].u, before)


def spectral_model(kind=ganzoo.GAN, seed=1, **arguments):
    """A model whose discriminator has a layer of each kind, normalized."""
    generator, _ = spectral_networks(seed)
    normalized, stack = layers.SpectralNormalization, keras.layers
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            normalized(layers.Conv2D(3, 4, strides=2, padding="same")),
            layers.LeakyReLU(SLOPE),
            normalized(layers.Conv2DTranspose(2, 2, strides=2)),
            layers.LeakyReLU(SLOPE),
            stack.Flatten(),
            normalized(stack.Dense(1, dtype="float32")),
        ]
    )
    gan = kind(generator, discriminator, seed=5, **arguments)
    # Not the hinge: within it, the last bias has no gradient.
    gan.compile(sgd(), sgd(), loss="non_saturating")
    return gan


def test_sn_gan_passes_the_checks_of_every_model(check_model, tiny_batches):
    def build(seed):
        return spectral_model(seed=seed), tiny_batches(2)

    check_model(build)


def test_the_state_of_the_power_iteration_goes_along_when_unrolled(tiny_batches):
    steps = 3
    gan = spectral_model(ganzoo.UnrolledGAN, unrolled_steps=steps)
    images = next(iter(tiny_batches(1)))
    random = gan.random()
    fake = gan.generate_batch(images, None, random)
    variables = gan._state_variables()
    before = [variable.numpy() for variable in variables]
    ahead = gan._look_ahead(images, fake, None, random)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    for step in range(steps):
        own = random.fold(step)
        _, gradient = gan._discriminator_gradients(images, fake, None, own)
        gan.apply_discriminator_gradients(gradient)
    for variable, value in zip(variables, ahead, strict=True):
        np.testing.assert_allclose(
            value, variable, rtol=1e-5, atol=1e-6, err_msg=variable.path
        )
    logs = gan.train_step(images)
    assert np.isfinite(list(logs.values())).all()
