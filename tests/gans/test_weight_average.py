"""The moving average of the weights."""

import keras
import numpy as np
import pytest

import ganzoo

pytestmark = pytest.mark.usefixtures("without_graphs")


class Weights(keras.callbacks.Callback):
    """Keeps the generator's weights after every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append([w.numpy() for w in self.model.generator.weights])


@pytest.mark.parametrize("half_life", [1.5, 12])
def test_average_halves_the_influence_of_weights_every_half_life(
    tiny_gan, tiny_batches, half_life
):
    images_per_step, steps = 16, 4
    gan = tiny_gan(
        ema_half_life=half_life,
        discriminator_steps=2,
        networks={"norm": ganzoo.layers.BatchNormalization},
    )
    initial = [weight.numpy() for weight in gan.generator.weights]
    for average, weight in zip(gan.weight_average.values, initial, strict=True):
        np.testing.assert_array_equal(average.numpy(), weight)
    weights = Weights()
    gan.fit(tiny_batches(steps, images_per_step), verbose=0, callbacks=[weights])

    # In step s the half-life is the one asked for, or a twentieth of the images seen.
    expected = initial
    for step, current in enumerate(weights.steps, 1):
        lives = min(half_life, 0.05 * step * images_per_step)
        kept = 0.5 ** (images_per_step / lives)
        expected = [
            kept * old + (1 - kept) * new
            for old, new in zip(expected, current, strict=True)
        ]
    for average, value in zip(gan.weight_average.values, expected, strict=True):
        np.testing.assert_allclose(average.numpy(), value, rtol=0, atol=1e-6)


def test_the_weights_at_the_start_do_not_linger_in_the_average(tiny_gan, tiny_batches):
    gan = tiny_gan(ema_half_life=1e9)
    gan.fit(tiny_batches(1, 16), verbose=0)
    for average, weight in zip(
        gan.weight_average.values, gan.generator.weights, strict=True
    ):
        np.testing.assert_allclose(average.numpy(), weight.numpy(), rtol=0, atol=1e-6)


@pytest.fixture
def averaged(tiny_gan, tiny_batches):
    gan = tiny_gan(ema_half_life=10.0)
    gan.fit(tiny_batches(), verbose=0)
    return gan


def test_averaged_weights_give_the_raw_ones_back_to_the_bit(averaged):
    raw = averaged.generator.get_weights()
    with averaged.averaged_weights():
        inside = averaged.generator.get_weights()
    for value, average in zip(inside, averaged.weight_average.values, strict=True):
        np.testing.assert_array_equal(value, average.numpy())
    assert not np.array_equal(inside[0], raw[0])
    with pytest.raises(RuntimeError, match="in between"), averaged.averaged_weights():
        raise RuntimeError("in between")
    for value, expected in zip(averaged.generator.get_weights(), raw, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_average_stays_in_float32_under_mixed_precision(tiny_gan):
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = tiny_gan(ema_half_life=10.0)
    assert {average.dtype for average in gan.weight_average.values} == {"float32"}


def test_an_average_that_was_not_kept_says_how_to_keep_one(tiny_gan, tiny_simgan):
    for gan in (tiny_gan(), tiny_simgan()):
        message = "keeps no average of its weights; build it with ema_half_life"
        with pytest.raises(ValueError, match=message), gan.averaged_weights():
            pass
