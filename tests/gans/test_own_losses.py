import keras
import numpy as np
import pytest

import ganzoo

pytestmark = pytest.mark.usefixtures("without_graphs")

STRENGTH, RATE = 0.05, 0.1


def trained_weights(batches, update, strategy, strength):
    """Weights before and after one SGD step, with L2 regularizers on both kernels."""

    def two_networks():
        dense, regularizer = keras.layers.Dense, keras.regularizers.L2(strength)
        keras.utils.set_random_seed(3)
        generator = keras.Sequential(
            [
                keras.Input((4,)),
                dense(16, kernel_regularizer=regularizer),
                keras.layers.Reshape((4, 4, 1)),
            ]
        )
        discriminator = keras.Sequential(
            [
                keras.Input((4, 4, 1)),
                keras.layers.Flatten(),
                dense(1, kernel_regularizer=regularizer),
            ]
        )
        return generator, discriminator

    with strategy.scope():
        gan = ganzoo.GAN(*two_networks(), seed=5, update=update)
        gan.compile(keras.optimizers.SGD(RATE), keras.optimizers.SGD(RATE))
    kernels = [gan.generator.weights[0], gan.discriminator.weights[0]]
    before = [kernel.numpy() for kernel in kernels]
    gan.fit(batches.take(1), verbose=0)
    return before, [kernel.numpy() for kernel in kernels]


@pytest.mark.parametrize("replicas", [1, 2])
def test_an_l2_regularizer_adds_its_gradient_on_any_number_of_replicas(
    tiny_batches, mirrored, replicas
):
    strategy = mirrored(replicas)
    found = {
        strength: trained_weights(tiny_batches(), "simultaneous", strategy, strength)
        for strength in (0.0, STRENGTH)
    }
    for network in (0, 1):
        (before, plain), (_, decayed) = (
            [weights[network] for weights in found[strength]]
            for strength in (0.0, STRENGTH)
        )
        expected = plain - RATE * 2 * STRENGTH * before
        np.testing.assert_allclose(decayed, expected, atol=1e-6)


def test_alternating_updates_use_the_regularizer_too(tiny_batches, mirrored):
    before, plain = trained_weights(tiny_batches(), "alternating", mirrored(1), 0.0)
    _, decayed = trained_weights(tiny_batches(), "alternating", mirrored(1), STRENGTH)
    expected = plain[1] - RATE * 2 * STRENGTH * before[1]
    np.testing.assert_allclose(decayed[1], expected, atol=1e-6)
    assert not np.allclose(decayed[0], plain[0])


def test_a_pair_of_functions_is_a_loss_and_sees_the_logits_of_real_images(
    tiny_gan, tiny_batches
):
    relativistic = ganzoo.losses.get("relativistic")
    pair = relativistic.discriminator, relativistic.generator
    gans = [tiny_gan(compiled={"loss": loss}) for loss in (relativistic, pair)]
    for gan in gans:
        gan.fit(tiny_batches(), verbose=0)
    for one, other in zip(gans[0].weights, gans[1].weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
