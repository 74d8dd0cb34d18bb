"""What the codes do in a model, and what becomes of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, networks, penalties
from ganzoo.random import StepRandom

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

RATE = 0.1


# ------------------------------------------------------ against a step written by hand


def on_paper(gan, images):
    """One alternating step by the paper's equations, by plain gradient descent."""
    random = gan.random()
    generator, discriminator = gan.generator, gan.discriminator

    def information(parameters, latents):
        """L_I weighted by lambda, one value an example (eq. 5)."""
        codes = latents[:, 4:]
        classes = tf.nn.log_softmax(parameters[:, :3])
        bound = tf.reduce_sum(classes * codes[:, :3], axis=1) + np.log(3.0)
        means, logs = parameters[:, 3:5], parameters[:, 5:]
        density = -tf.square((codes[:, 3:] - means) / tf.exp(logs)) / 2 - logs
        density -= 0.5 * np.log(2 * np.pi) - np.log(2.0)
        weights = gan.categorical_weight, gan.continuous_weight
        return weights[0] * bound + weights[1] * tf.reduce_sum(density, axis=1)

    def descend(network, loss, tape):
        slopes = tape.gradient(loss, network.trainable_variables)
        for weight, slope in zip(network.trainable_variables, slopes, strict=True):
            weight.assign(weight - RATE * slope)

    latents = gan.draw_latents(len(images), random)
    with tf.GradientTape() as tape:
        on_real, _ = discriminator(images)
        on_fake, parameters = discriminator(generator(latents))
        adversarial = tf.math.softplus(-on_real) + tf.math.softplus(on_fake)
        loss = tf.reduce_mean(adversarial[:, 0] - information(parameters, latents))
    descend(discriminator, loss, tape)
    latents = gan.draw_latents(len(images), random)
    with tf.GradientTape() as tape:
        on_fake, parameters = discriminator(generator(latents))
        adversarial = tf.math.softplus(-on_fake)[:, 0]
        loss = tf.reduce_mean(adversarial - information(parameters, latents))
    descend(generator, loss, tape)


def test_weights_equal_those_of_a_step_written_by_hand(tiny_infogan, tiny_batches):
    weights = {"categorical_weight": 0.7, "continuous_weight": 0.3}
    gan, expected = tiny_infogan(**weights), tiny_infogan(**weights)
    gan.fit(tiny_batches(2), verbose=0)
    for step, images in enumerate(tiny_batches(2)):
        expected.step.assign(step)
        on_paper(expected, images)
    for value, wanted in zip(gan.weights, expected.weights, strict=True):
        if value.path != gan.step.path:
            np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-6)


def test_categorical_codes_are_read_from_the_changed_images(tiny_infogan, tiny_batches):
    images = next(iter(tiny_batches(1)))
    gan = tiny_infogan(augmentation=layers.RandomAffine())
    _, latents = gan.sample_condition((images, None), gan.random())
    fake = gan.generator(latents)
    codes = latents[:, gan.noise_dim :]
    with layers.random_scope(StepRandom.root(5)):
        values = gan.fake_outputs(fake, latents)
    with layers.random_scope(StepRandom.root(5)):
        _, parameters = gan.discriminator(gan.augmentation(fake, training=True))
    logits, unchanged = gan.discriminator(fake)
    expected = {"fake_logits": logits}
    expected |= gan.codes.information(unchanged, codes)
    plain = expected["categorical_information"]
    expected |= {
        name: value
        for name, value in gan.codes.information(parameters, codes).items()
        if name == "categorical_information"
    }
    assert set(values) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5, atol=1e-6)
    assert not np.allclose(values["categorical_information"], plain, atol=1e-3)
    inferred = gan.fake_outputs(fake, latents, training=False)
    np.testing.assert_allclose(inferred["categorical_information"], plain, atol=1e-5)


def test_a_model_with_an_augmentation_is_saved_with_it(tiny_infogan, tiny_batches):
    gan = tiny_infogan(augmentation=layers.RandomAffine(rotation=33.0))
    again = ganzoo.InfoGAN.from_config(gan.get_config())
    assert again.augmentation.get_config() == gan.augmentation.get_config()
    again.set_weights(gan.get_weights())
    again.compile(*(keras.optimizers.SGD(RATE) for _ in range(2)))
    first, second = (
        one.fit(tiny_batches(2), verbose=0).history for one in (gan, again)
    )
    assert first == second


def test_without_weight_the_information_moves_nothing_but_is_told(
    tiny_infogan, tiny_batches
):
    weights = {"categorical_weight": 0.0, "continuous_weight": 0.0}
    gan = tiny_infogan(**weights)
    before = gan.discriminator.get_weights()
    logs = gan.fit(tiny_batches(1), verbose=0).history
    assert logs["categorical_information"][0] != 0
    changed = [
        not np.array_equal(*pair)
        for pair in zip(before, gan.discriminator.get_weights(), strict=True)
    ]
    names = [weight.path for weight in gan.discriminator.weights]
    # Trunk and logit move, the head of the codes (the second and last layers) does not.
    assert len(changed) == 8, names
    assert changed.count(True) == 4, names


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_generator_learns_to_show_its_codes(update, tiny_infogan, tiny_batches, graphs):
    gan = tiny_infogan(
        update=update,
        optimizer=lambda: keras.optimizers.Adam(0.01),
        codes={"stddev": 0.5},
        categorical_weight=3.0,
        continuous_weight=1.0,
    )
    batches = tiny_batches(1, 32).repeat(300)
    gan.fit(batches, verbose=0)
    shown = gan.evaluate(tiny_batches(1, 32), verbose=0, return_dict=True)
    assert shown["categorical_information"] > 0.8 * np.log(3)
    assert shown["continuous_information"] > 0.3

    images = gan.generate(200, {0: [0, 1] * 100}, seed=1)
    found = gan.infer(images).probabilities[0].argmax(axis=1)
    assert np.mean(found == [0, 1] * 100) > 0.95


def test_penalties_and_several_discriminator_steps_go_with_it(
    tiny_infogan, tiny_batches
):
    gan = tiny_infogan(
        discriminator_steps=2,
        compiled={"loss": "relativistic", "penalty": penalties.R1(1.0)},
        codes={"categorical": (), "continuous": 1, "stddev": 1.0},
    )
    logs = gan.fit(tiny_batches(2, 16), verbose=0).history
    assert set(logs) == {
        "discriminator_loss",
        "generator_loss",
        "real_score",
        "fake_score",
        "penalty",
        "continuous_information",
    }
    assert np.isfinite(list(logs.values())).all()


def test_every_step_draws_codes_of_its_own(tiny_infogan):
    gan = tiny_infogan()
    rows = []
    for step in (0, 1):
        gan.step.assign(step)
        random = gan.random()
        rows += [gan.draw_latents(8, random).numpy() for _ in range(2)]
    assert len(np.unique(np.concatenate(rows), axis=0)) == 32


def test_replicas_draw_together_the_codes_of_one(tiny_infogan, mirrored):
    expected = tiny_infogan()
    expected = expected.draw_latents(8, expected.random()).numpy()
    strategy = mirrored(2)
    with strategy.scope():
        gan = tiny_infogan()
    drawn = strategy.run(lambda: gan.draw_latents(4, gan.random()))
    halves = [value.numpy() for value in strategy.experimental_local_results(drawn)]
    np.testing.assert_allclose(np.concatenate(halves), expected, rtol=0, atol=1e-6)


# -------------------------------------------------------------- images of chosen codes


@pytest.fixture
def gan(tiny_infogan):
    return tiny_infogan()


def test_latents_are_noise_then_codes(gan):
    latents = gan.latents(500, {0: 2, 2: -1.5}, seed=3)
    assert latents.shape == (500, 9)
    np.testing.assert_array_equal(latents[:, 4:7], np.tile([0, 0, 1], (500, 1)))
    np.testing.assert_array_equal(latents[:, 8], -1.5)
    free = gan.latents(500, seed=3)
    kept = [0, 1, 2, 3, 7]
    np.testing.assert_array_equal(latents[:, kept], free[:, kept])
    assert np.abs(free[:, :4].std(axis=0) - 1).max() < 0.15
    np.testing.assert_array_equal(gan.latents(4, seed=3), free[:4])
    assert not np.array_equal(gan.latents(4, seed=4), free[:4])


def test_images_are_those_of_the_latents(gan):
    codes = {0: [0, 1, 2, 0, 1], 1: 0.5}
    images = gan.generate(5, codes, seed=3)
    latents = gan.latents(5, codes, seed=3)
    expected = gan.generator(latents, training=False)
    np.testing.assert_allclose(images, expected, rtol=0, atol=1e-6)
    split = gan.generate(5, codes, seed=3, batch_size=2)
    np.testing.assert_allclose(split, expected, rtol=0, atol=1e-6)


def test_a_traversal_changes_one_code_and_nothing_else(gan):
    swept = gan.traverse(0, range(3), rows=2, seed=5)
    assert swept.shape == (2, 3, 4, 4, 1)
    for row in range(2):
        latents = np.repeat(gan.latents(2, seed=5)[row : row + 1], 3, axis=0)
        latents[:, 4:7] = np.eye(3)
        expected = gan.generator(latents, training=False)
        np.testing.assert_allclose(swept[row], expected, rtol=0, atol=1e-6)
    ends = gan.traverse(2, [-2.0, 2.0], rows=1, seed=5)
    assert not np.allclose(ends[0, 0], ends[0, 1])


def test_two_replicas_generate_the_images_of_one(gan, tiny_infogan, mirrored):
    with mirrored(2).scope():
        two = tiny_infogan()
    codes = {0: [2, 0, 1, 1, 0, 2, 2]}
    np.testing.assert_allclose(
        two.generate(7, codes, batch_size=2),
        gan.generate(7, codes),
        rtol=0,
        atol=1e-6,
    )
    images = gan.generate(3)
    np.testing.assert_allclose(
        two.infer(images).means, gan.infer(images).means, rtol=0, atol=1e-6
    )


def test_inference_is_the_heads_whatever_the_batch_size(gan):
    images = gan.generate(5)
    posterior = gan.infer(images, batch_size=2)
    _, parameters = gan.discriminator(images, training=False)
    expected = gan.codes.posterior(parameters)
    for found, wanted in (
        (posterior.probabilities[0], expected.probabilities[0]),
        (posterior.means, expected.means),
        (posterior.stddevs, expected.stddevs),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_averaged_weights_can_be_sampled(tiny_infogan, tiny_batches):
    gan = tiny_infogan(ema_half_life=30.0)
    gan.fit(tiny_batches(), verbose=0)
    images = gan.generate(3, average=True)
    assert not np.array_equal(images, gan.generate(3))
    with gan.averaged_weights():
        np.testing.assert_array_equal(images, gan.generate(3))


# ------------------------------------------------------------------------------- errors


def test_codes_that_leave_no_noise_are_refused(tiny_infogan):
    networks_of = tiny_infogan()
    with pytest.raises(ValueError, match="take up 9 of the 9 numbers"):
        ganzoo.InfoGAN(
            networks_of.generator,
            networks_of.discriminator,
            categorical=(7,),
            continuous=2,
        )


def test_codes_that_the_discriminator_does_not_describe_are_refused(tiny_infogan):
    networks_of = tiny_infogan()
    for codes in (
        {"categorical": (4,), "continuous": 2},
        {"categorical": (3,), "continuous": 1},
        {"categorical": (3,), "continuous": 2, "stddev": 1.0},
    ):
        with pytest.raises(ValueError, match=r"numbers per image, but .* \(None, 7\)"):
            ganzoo.InfoGAN(networks_of.generator, networks_of.discriminator, **codes)


def test_augmentations_that_cannot_serve_are_refused(tiny_infogan):
    with pytest.raises(ValueError, match="must leave the shape as it is"):
        tiny_infogan(augmentation=keras.layers.Cropping2D(1))
    with pytest.raises(ValueError, match=r"but categorical=\(\) has none"):
        tiny_infogan(
            codes={"categorical": (), "continuous": 1, "stddev": 1.0},
            augmentation=layers.RandomAffine(),
        )


def test_a_discriminator_without_a_recognition_head_is_refused(
    tiny_infogan, tiny_networks
):
    _, plain = tiny_networks()
    with pytest.raises(ValueError, match="discriminator must return 2 tensors"):
        ganzoo.InfoGAN(tiny_infogan().generator, plain)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_classes": 3}, "an InfoGAN takes no labels"),
        ({"continuous_weight": -1.0}, "continuous_weight=-1.0 must be at least 0"),
        ({"categorical_weight": float("nan")}, "categorical_weight=nan"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, tiny_infogan):
    with pytest.raises(ValueError, match=message):
        tiny_infogan(**arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda gan: gan.generate(0), "count=0 must be at least 1"),
        (lambda gan: gan.generate(2, {0: 3}), "values 0 to 2"),
        (lambda gan: gan.render(np.zeros((2, 8))), r"generator takes \(n, 9\)"),
        (lambda gan: gan.infer(np.zeros((0, 4, 4, 1))), "n at least 1"),
        (lambda gan: gan.infer(np.zeros((1, 5, 4, 1))), r"\(n, 4, 4, 1\)"),
        (lambda gan: gan.infer(np.zeros((1, 4, 4, 1), np.uint8)), "to_float"),
        (lambda gan: gan.infer(np.zeros((1, 4, 4, 1)), batch_size=0), "batch_size=0"),
    ],
)
def test_impossible_requests_are_refused(call, message, gan):
    with pytest.raises(ValueError, match=message):
        call(gan)


def test_networks_of_digits_train():
    gan = ganzoo.InfoGAN(
        networks.mnist_infogan_generator(), networks.mnist_infogan_discriminator()
    )
    assert (gan.noise_dim, gan.latent_dim) == (62, 74)
