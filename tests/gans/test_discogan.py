"""Two domains, four networks: what is updated, on what, and what is refused."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import losses, networks, penalties

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

RATE = 0.1
GRAY, COLOR = (4, 4, 1), (4, 4, 3)


def translator(shape, other):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(math.prod(other)),
            keras.layers.Reshape(other),
        ]
    )


def discriminator(shape, **options):
    logit = keras.layers.Dense(1, **options)
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), logit])


def four_networks():
    return {
        "generator_ab": translator(GRAY, COLOR),
        "generator_ba": translator(COLOR, GRAY),
        "discriminator_a": discriminator(GRAY),
        "discriminator_b": discriminator(COLOR),
    }


# ------------------------------------------------------ against a step written by hand


def on_paper(gan, a, b):
    """A round by section 2 of the paper, by plain gradient descent."""
    there, back = gan.generators
    discriminator_a, discriminator_b = gan.discriminators

    def descend(pair, loss, tape):
        weights = [v for network in pair for v in network.trainable_variables]
        for weight, slope in zip(weights, tape.gradient(loss, weights), strict=True):
            weight.assign(weight - RATE * slope)

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.math.softplus(-discriminator_a(a))
            + tf.math.softplus(discriminator_a(back(b)))
            + tf.math.softplus(-discriminator_b(b))
            + tf.math.softplus(discriminator_b(there(a)))
        )
    descend(gan.discriminators, loss, tape)
    with tf.GradientTape() as tape:
        adversarial = tf.reduce_mean(
            tf.math.softplus(-discriminator_a(back(b)))
            + tf.math.softplus(-discriminator_b(there(a)))
        )
        reconstruction = tf.reduce_mean(tf.square(back(there(a)) - a))
        reconstruction += tf.reduce_mean(tf.square(there(back(b)) - b))
        loss = adversarial + 0.6 * reconstruction
    descend(gan.generators, loss, tape)


def test_weights_equal_those_of_a_step_written_by_hand(tiny_unpaired):
    def build():
        keras.utils.set_random_seed(3)
        gan = ganzoo.DiscoGAN(**four_networks(), reconstruction_weight=0.6)
        gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
        return gan

    gan, expected = build(), build()
    gan.fit(tiny_unpaired(2), verbose=0)
    for a, b in tiny_unpaired(2):
        on_paper(expected, a, b)
    for network in gan.networks:
        for value, wanted in zip(
            getattr(gan, network).get_weights(),
            getattr(expected, network).get_weights(),
            strict=True,
        ):
            np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-6)


def test_logged_values_equal_the_equations(tiny_discogan, tiny_unpaired):
    gan = tiny_discogan(optimizer=lambda: keras.optimizers.SGD(0.0))
    ((a, b),) = tiny_unpaired(1)
    logs = gan.evaluate(tiny_unpaired(1), verbose=0, return_dict=True)

    fake_a, fake_b = gan.generator_ba(b), gan.generator_ab(a)
    logits = [
        (network(real).numpy(), network(fake).numpy())
        for network, real, fake in (
            (gan.discriminator_a, a, fake_a),
            (gan.discriminator_b, b, fake_b),
        )
    ]
    assert logs["discriminator_loss"] == pytest.approx(
        sum(np.mean(np.logaddexp(0, -r) + np.logaddexp(0, f)) for r, f in logits), 1e-5
    )
    assert logs["generator_loss"] == pytest.approx(
        sum(np.mean(np.logaddexp(0, -f)) for _, f in logits), 1e-5
    )
    for kind, place in (("real", 0), ("fake", 1)):
        shares = [np.mean(1 / (1 + np.exp(-pair[place]))) for pair in logits]
        assert logs[f"{kind}_probability"] == pytest.approx(np.mean(shares), 1e-5)
    returned = gan.generator_ba(fake_b), gan.generator_ab(fake_a)
    for name, image, real in zip("ab", returned, (a, b), strict=True):
        error = np.mean((image.numpy() - real.numpy()) ** 2)
        assert logs[f"reconstruction_{name}"] == pytest.approx(error, 1e-5)


@pytest.mark.parametrize("name", losses.names())
def test_every_loss_trains(name, tiny_discogan, tiny_unpaired):
    penalty = penalties.R1(1.0) + penalties.WeightClipping(0.5)
    gan = tiny_discogan(
        compiled={"loss": name, "penalty": penalty, "run_eagerly": True}
    )
    logs = gan.fit(tiny_unpaired(1), verbose=0).history
    kind = "probability" if losses.get(name).probability else "score"
    assert {f"real_{kind}", f"fake_{kind}", "penalty"} < set(logs)
    assert np.isfinite(list(logs.values())).all()
    weights = [w for network in gan.discriminators for w in network.get_weights()]
    assert max(np.abs(weight).max() for weight in weights) <= 0.5


def test_reconstruction_alone_teaches_the_way_back(tiny_unpaired, graphs):
    keras.utils.set_random_seed(0)
    gan = ganzoo.DiscoGAN(**four_networks(), reconstruction_weight=1e4)
    gan.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.0))
    batches = tiny_unpaired(1)
    before = gan.evaluate(batches, verbose=0, return_dict=True)
    gan.fit(batches.repeat(300), verbose=0)
    after = gan.evaluate(batches, verbose=0, return_dict=True)
    assert after["reconstruction_a"] < 0.05 * before["reconstruction_a"]


def test_patch_discriminators_train(tiny_unpaired):
    def patches(shape):
        return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(1, 3)])

    gan = ganzoo.DiscoGAN(
        **four_networks()
        | {"discriminator_a": patches(GRAY), "discriminator_b": patches(COLOR)}
    )
    gan.compile("adam", "adam")
    logs = gan.fit(tiny_unpaired(1), verbose=0).history
    assert np.isfinite(list(logs.values())).all()


@pytest.mark.parametrize("replicas", [1, 2])
def test_an_l2_regularizer_counts_once(replicas, tiny_unpaired, mirrored):
    def kernels(strength):
        """Of the discriminator of B, before and after a step."""
        keras.utils.set_random_seed(1)
        with mirrored(replicas).scope():
            decayed = keras.regularizers.L2(strength)
            discriminator_b = discriminator(COLOR, kernel_regularizer=decayed)
            gan = ganzoo.DiscoGAN(
                **four_networks() | {"discriminator_b": discriminator_b}
            )
            gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
        before = discriminator_b.get_weights()[0]
        gan.fit(tiny_unpaired(1), verbose=0)
        return before, discriminator_b.get_weights()[0]

    (before, plain), (_, decayed) = kernels(0.0), kernels(0.05)
    expected = plain - RATE * 2 * 0.05 * before
    np.testing.assert_allclose(decayed, expected, rtol=0, atol=1e-6)


# ---------------------------------------------------------------------------- translate


def test_translation_is_the_generators_whatever_the_batch_size(tiny_discogan):
    gan = tiny_discogan()
    images = np.random.default_rng(0).uniform(-1, 1, (5, *GRAY)).astype("float32")
    mapped = gan.translate(images, "ab", batch_size=2)
    assert (mapped.shape, mapped.dtype) == ((5, *COLOR), np.float32)
    np.testing.assert_allclose(
        mapped, gan.generator_ab(images, training=False), rtol=0, atol=1e-6
    )
    back = gan.translate(mapped, "ba")
    np.testing.assert_allclose(
        back, gan.generator_ba(mapped, training=False), rtol=0, atol=1e-6
    )


def test_translation_follows_the_training(tiny_discogan, tiny_unpaired):
    gan = tiny_discogan()
    images = np.zeros((2, *GRAY), "float32")
    before = gan.translate(images, "ab")
    gan.fit(tiny_unpaired(1), verbose=0)
    assert not np.array_equal(gan.translate(images, "ab"), before)


def test_two_replicas_translate_like_one(tiny_discogan, mirrored):
    images = np.random.default_rng(0).uniform(-1, 1, (5, *GRAY)).astype("float32")
    expected = tiny_discogan().translate(images, "ab")
    with mirrored(2).scope():
        gan = tiny_discogan()
    np.testing.assert_allclose(gan.translate(images, "ab"), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("images", "direction", "message"),
    [
        (np.zeros((1, *GRAY)), "a", "direction='a' must be 'ab' or 'ba'"),
        (
            np.zeros((1, *GRAY)),
            "ba",
            r"generator_ba takes .* \(n, 4, 4, 3",
        ),
        (np.zeros((1, *GRAY), np.uint8), "ab", "ganzoo.data.to_float"),
        (np.zeros((0, *GRAY)), "ab", "n at least 1"),
    ],
)
def test_impossible_translations_are_refused(images, direction, message, tiny_discogan):
    with pytest.raises(ValueError, match=message):
        tiny_discogan().translate(images, direction)


# ------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"generator_ab": translator(GRAY, (8, 8, 3))},
            r"generator_ba takes inputs of shape .*4, 4, 3.* fed \(None, 8, 8, 3",
        ),
        (
            {"generator_ba": translator(COLOR, COLOR)},
            r"generator_ab takes images of shape \(None, 4, 4, 1.* returns .*4, 4, 3",
        ),
        (
            {"discriminator_a": discriminator(COLOR)},
            "discriminator_a takes inputs of shape",
        ),
        (
            {"discriminator_b": discriminator(GRAY)},
            "discriminator_b takes inputs of shape",
        ),
        (
            {"generator_ab": keras.layers.Dense(3)},
            "generator_ab has no known input shape",
        ),
        ({"discriminator_b": "discriminator"}, "discriminator_b must be a Keras model"),
        ({"reconstruction_weight": -1.0}, "reconstruction_weight=-1.0 must be"),
    ],
)
def test_domains_that_do_not_fit_are_refused_at_construction(changed, message):
    with pytest.raises(ValueError, match=message):
        ganzoo.DiscoGAN(**four_networks() | changed)


def test_one_network_in_two_parts_is_refused():
    same = translator(GRAY, GRAY)
    with pytest.raises(ValueError, match="are the same network"):
        ganzoo.DiscoGAN(same, same, discriminator(GRAY), discriminator(GRAY))


def test_one_optimizer_for_all_is_refused():
    shared = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="its own optimizer"):
        ganzoo.DiscoGAN(**four_networks()).compile(shared, shared)


def test_batches_of_one_domain_or_of_two_sizes_are_refused(
    tiny_discogan, tiny_unpaired
):
    gan = tiny_discogan()
    with pytest.raises(ValueError, match="unpaired_batches makes such batches"):
        gan.fit(tiny_unpaired(1).map(lambda a, b: a), verbose=0)
    with pytest.raises(ValueError, match=r"\(8, 4, 4, 1\) and \(4, 4, 4, 3\)"):
        gan.fit(tiny_unpaired(1).map(lambda a, b: (a, b[:4])), verbose=0)


def test_networks_of_digits_train():
    ganzoo.DiscoGAN(
        networks.discogan_generator(),
        networks.discogan_generator(),
        networks.discogan_discriminator(),
        networks.discogan_discriminator(),
    )
