"""The algorithm: what is updated, in which order, on which data and noise."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import losses, penalties

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

RATE = 0.1


# ------------------------------------------------------ against a loop written by hand


def softplus_means(discriminator, real, fake):
    """Both losses of the non-saturating model, by the equations."""
    on_real, on_fake = discriminator(real), discriminator(fake)
    both = tf.math.softplus(-on_real) + tf.math.softplus(on_fake)
    return tf.reduce_mean(both), tf.reduce_mean(tf.math.softplus(-on_fake))


def descend(network, tape, loss):
    for weight, slope in zip(
        network.trainable_variables,
        tape.gradient(loss, network.trainable_variables),
        strict=True,
    ):
        weight.assign(weight - RATE * slope)


def alternating_by_hand(gan, real_batches, random):
    for real in real_batches:
        fake = gan.generator(random.normal([len(real), 4]))
        with tf.GradientTape() as tape:
            loss, _ = softplus_means(gan.discriminator, real, fake)
        descend(gan.discriminator, tape, loss)
    with tf.GradientTape() as tape:
        fake = gan.generator(random.normal([len(real), 4]))
        _, loss = softplus_means(gan.discriminator, real, fake)
    descend(gan.generator, tape, loss)


def simultaneous_by_hand(gan, real_batches, random):
    *first, last = real_batches
    for real in first:
        fake = gan.generator(random.normal([len(real), 4]))
        with tf.GradientTape() as tape:
            loss, _ = softplus_means(gan.discriminator, real, fake)
        descend(gan.discriminator, tape, loss)
    with tf.GradientTape(persistent=True) as tape:
        fake = gan.generator(random.normal([len(last), 4]))
        both = softplus_means(gan.discriminator, last, fake)
    old = [tf.identity(weight) for weight in gan.discriminator.trainable_variables]
    descend(gan.discriminator, tape, both[0])
    new = [tf.identity(weight) for weight in gan.discriminator.trainable_variables]
    # The generator answers the discriminator before its update.
    for weight, value in zip(gan.discriminator.trainable_variables, old, strict=True):
        weight.assign(value)
    descend(gan.generator, tape, both[1])
    for weight, value in zip(gan.discriminator.trainable_variables, new, strict=True):
        weight.assign(value)


BY_HAND = {"alternating": alternating_by_hand, "simultaneous": simultaneous_by_hand}


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("update", BY_HAND)
def test_weights_equal_those_of_a_loop_written_by_hand(
    update, k, tiny_gan, tiny_batches, learned
):
    batches = tiny_batches(rows=8 * k)
    gan = tiny_gan(update=update, discriminator_steps=k)
    gan.fit(batches, verbose=0)

    expected = tiny_gan(update=update, discriminator_steps=k)
    for step, rows in enumerate(batches):
        expected.step.assign(step)
        real_batches = [rows[j::k] for j in range(k)]
        BY_HAND[update](expected, real_batches, expected.random())
    np.testing.assert_allclose(learned(gan), learned(expected), rtol=0, atol=1e-6)


def test_the_two_updates_differ_in_the_generator_only_at_first(tiny_gan, tiny_batches):
    models = [tiny_gan(update=update) for update in BY_HAND]
    for gan in models:
        gan.fit(tiny_batches(1), verbose=0)
    for one, other in zip(*(g.discriminator.weights for g in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)
    kernels = [gan.generator.weights[0].numpy() for gan in models]
    assert not np.allclose(*kernels, rtol=0, atol=1e-5)


# -------------------------------------------------------------- fresh data, fresh noise


class Recorded(ganzoo.GAN):
    """Keeps the batches that the discriminator is asked about in training."""

    def discriminator_terms(self, real, fake, labels, random, training=True):
        self.seen.append((real.numpy(), fake.numpy()))
        return super().discriminator_terms(real, fake, labels, random, training)


@pytest.mark.parametrize("update", BY_HAND)
def test_discriminator_steps_use_fresh_images_and_fresh_noise(
    update, tiny_networks, tiny_batches
):
    gan = Recorded(*tiny_networks(), discriminator_steps=3, update=update)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    gan.__dict__["seen"] = []
    batches = tiny_batches(2, 24)
    gan.fit(batches, verbose=0)

    assert int(gan.discriminator_optimizer.iterations) == 6
    assert int(gan.generator_optimizer.iterations) == 2
    real = np.concatenate([real for real, _ in gan.seen]).reshape(48, -1)
    fed = np.concatenate(list(batches.as_numpy_iterator())).reshape(48, -1)
    np.testing.assert_array_equal(np.sort(real, 0), np.sort(fed, 0))
    # With a learning rate of 0 images differ because their noise does.
    fakes = np.concatenate([fake for _, fake in gan.seen]).reshape(48, -1)
    assert len(np.unique(fakes, axis=0)) == 48


def test_every_step_has_its_own_noise_and_a_seed_repeats_it(tiny_gan):
    def noise(seed, step):
        gan = tiny_gan(seed=seed)
        gan.step.assign(step)
        return gan.random().normal([8, 4]).numpy()

    np.testing.assert_array_equal(noise(3, 7), noise(3, 7))
    for one, other in itertools.combinations([(3, 7), (3, 8), (4, 7)], 2):
        assert not np.isclose(noise(*one), noise(*other)).any()


def test_any_integer_of_64_bits_is_a_seed(tiny_networks):
    for seed in (-1, 2**63 - 1, np.int64(3)):
        gan = ganzoo.GAN(*tiny_networks(), seed=seed)
        assert np.isfinite(gan.random().normal([2, 3])).all()
        assert gan.generate(1, seed=seed).shape == (1, 4, 4, 1)


# ------------------------------------------------------------------------------- losses


@pytest.mark.parametrize("name", losses.names())
def test_every_loss_trains(name, tiny_gan, tiny_batches):
    gan = tiny_gan(compiled={"loss": name, "run_eagerly": True})
    logs = gan.fit(tiny_batches(1), verbose=0).history
    kind = "probability" if losses.get(name).probability else "score"
    assert set(logs) == {
        "discriminator_loss",
        "generator_loss",
        f"real_{kind}",
        f"fake_{kind}",
    }
    assert np.isfinite(list(logs.values())).all()


def test_a_penalty_is_logged_and_steers_the_discriminator(
    tiny_gan, tiny_batches, learned
):
    plain = tiny_gan()
    smooth = tiny_gan(compiled={"penalty": penalties.R1(20.0)})
    plain.fit(tiny_batches(1), verbose=0)
    logs = smooth.fit(tiny_batches(1), verbose=0).history
    assert logs["penalty"][0] > 0
    assert not np.allclose(learned(plain), learned(smooth), rtol=0, atol=1e-4)


def test_clipping_bounds_the_critic_after_every_step(tiny_gan, tiny_batches):
    clipping = penalties.WeightClipping(0.05)
    gan = tiny_gan(compiled={"loss": "wasserstein", "penalty": clipping})
    gan.fit(tiny_batches(1), verbose=0)
    largest = max(np.abs(w.numpy()).max() for w in gan.discriminator.weights)
    assert largest == np.float32(0.05)
    assert max(np.abs(w.numpy()).max() for w in gan.generator.weights) > 0.05


def test_labels_reach_both_networks(tiny_gan, tiny_batches):
    def first_logs(shift):
        gan = tiny_gan(num_classes=3, compiled={"run_eagerly": True})
        moved = tiny_batches(1, num_classes=3).map(lambda x, y: (x, (y + shift) % 3))
        return gan.fit(moved, verbose=0).history

    one, other = first_logs(0), first_logs(1)
    assert one["real_probability"] != other["real_probability"]
    assert one["fake_probability"] != other["fake_probability"]


def test_a_conditional_model_refuses_data_without_labels(tiny_gan, tiny_batches):
    gan = tiny_gan(num_classes=3)
    with pytest.raises(ValueError, match="feed batches of \\(images, labels\\)"):
        gan.fit(tiny_batches(1), verbose=0)


def test_a_patch_discriminator_trains(tiny_networks, tiny_batches):
    generator, _ = tiny_networks()
    patches = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 2, strides=2)]
    )
    gan = ganzoo.GAN(generator, patches, update="simultaneous")
    gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE), penalty="r1")
    assert patches.output_shape == (None, 2, 2, 1)
    logs = gan.fit(tiny_batches(2), verbose=0).history
    assert np.isfinite(list(logs.values())).all()


class Maker(keras.Model):
    """A generator of points that does not say how much noise it takes."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(16)

    def call(self, noise):
        return keras.ops.reshape(keras.ops.tanh(self.dense(noise)), (-1, 4, 4, 1))


class Judge(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.dropout = ganzoo.layers.Dropout(0.3)

    def call(self, images, training=False):
        flat = keras.ops.reshape(images, (-1, 16))
        return self.dense(self.dropout(flat, training=training))[:, 0]


def test_subclassed_networks_train_once_latent_dim_is_given(tiny_batches):
    gan = ganzoo.GAN(Maker(), Judge(), latent_dim=4)
    gan.compile("adam", "adam")
    logs = gan.fit(tiny_batches(2), verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    assert gan.generate(3).shape == (3, 4, 4, 1)


# ------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"update": "both"}, "update='both' must be one of alternating, simultaneous"),
        ({"discriminator_steps": 0}, "discriminator_steps=0 must be"),
        ({"discriminator_steps": 1.5}, "discriminator_steps=1.5 must be"),
        ({"ema_half_life": 0.0}, "ema_half_life=0.0 images must be above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, tiny_networks):
    with pytest.raises(ValueError, match=message):
        ganzoo.GAN(*tiny_networks(), **arguments)


def test_one_optimizer_for_both_networks_is_refused(tiny_networks):
    gan = ganzoo.GAN(*tiny_networks())
    shared = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="its own optimizer"):
        gan.compile(shared, shared)
    gan.compile("adam", "adam")
    assert gan.generator_optimizer is not gan.discriminator_optimizer


@pytest.mark.parametrize("wrong", [{"loss": "bce"}, {"penalty": "lipschitz"}])
def test_unknown_losses_and_penalties_are_refused_when_compiling(wrong, tiny_gan):
    with pytest.raises(ValueError, match="Unknown"):
        tiny_gan(compiled=wrong)


def test_rows_that_cannot_be_dealt_to_the_steps_are_refused(tiny_gan, tiny_batches):
    with pytest.raises(ValueError, match="8 rows cannot be split"):
        tiny_gan(discriminator_steps=3).fit(tiny_batches(1), verbose=0)
