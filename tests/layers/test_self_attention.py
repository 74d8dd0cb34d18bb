import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import penalties
from ganzoo.layers import SelfAttention, SpectralNormalization

SHAPE = (3, 4, 16)


def features(count=2, seed=0):
    return tf.constant(
        np.random.default_rng(seed).normal(size=(count, *SHAPE)), "float32"
    )


def attending(gamma=0.7, **arguments):
    keras.utils.set_random_seed(1)
    layer = SelfAttention(**arguments)
    layer.build((None, *SHAPE))
    layer.gamma.assign(gamma)
    return layer


def maps(layer):
    return layer.query, layer.key, layer.values, layer.outputs


def by_hand(layer, image):
    """Equations 1 to 3 of the paper, position by position, in float64."""
    f, g, h, v = (np.asarray(part.kernel, np.float64) for part in maps(layer))
    cells = image.reshape(-1, SHAPE[-1])
    result = np.empty_like(cells)
    for j, cell in enumerate(cells):
        scores = np.array([(other @ g) @ (cell @ f) for other in cells])
        attention = np.exp(scores) / np.exp(scores).sum()
        read = sum(a * (other @ h) for a, other in zip(attention, cells, strict=True))
        result[j] = float(layer.gamma) * (read @ v) + cell
    return result.reshape(image.shape)


def test_it_is_that_of_the_paper():
    layer, images = attending(), features()
    expected = [by_hand(layer, image) for image in images.numpy().astype(np.float64)]
    np.testing.assert_allclose(layer(images), expected, rtol=1e-4, atol=1e-5)
    assert layer.query.kernel.shape == (16, 2)


def test_it_starts_as_the_identity_and_learns_from_there():
    layer, images = SelfAttention(), features()
    np.testing.assert_array_equal(layer(images), images)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(images) * features(seed=1))
    assert float(tape.gradient(total, layer.gamma.value)) != 0


def test_positions_may_trade_places():
    layer, images = attending(), features().numpy()
    order = np.random.default_rng(2).permutation(12)

    def moved(values):
        rows = np.reshape(values, (2, 12, 16))[:, order]
        return np.reshape(rows, np.shape(values))

    np.testing.assert_allclose(layer(moved(images)), moved(layer(images)), atol=1e-5)


def test_a_gradient_penalty_can_be_differentiated_through_it():
    layer, images = attending(), features()

    def critic(images):
        return tf.reduce_sum(layer(images) ** 2, axis=[1, 2, 3])

    def penalty():
        return tf.reduce_sum(penalties.R1(1.0)(critic, images, images, None))

    kernel = layer.query.kernel
    with tf.GradientTape() as tape:
        value = penalty()
    slope = float(tape.gradient(value, kernel.value)[3, 1])
    start, step = kernel.numpy(), np.zeros(kernel.shape, np.float32)
    step[3, 1] = 1e-2
    ends = []
    for sign in (1, -1):
        kernel.assign(start + sign * step)
        ends.append(float(penalty()))
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-2, rtol=0.02)


def test_spectral_norm_divides_all_four_maps():
    layer, plain = attending(spectral_norm=True), attending()
    for own, part in zip(maps(layer), maps(plain), strict=True):
        assert isinstance(own, SpectralNormalization)
        start = own.layer.kernel.numpy()
        for _ in range(50):  # one power iteration for each new value of the kernel
            start = np.nextafter(start, np.float32(9))
            own.layer.kernel.assign(start)
            own(tf.zeros([1, 1, start.shape[0]]), training=True)
        part.kernel.assign(start / np.linalg.norm(start, 2))
    np.testing.assert_allclose(layer(features()), plain(features()), atol=1e-3)


def test_it_computes_in_bfloat16_and_compiles():
    layer, images = attending(), features()
    rough = attending(dtype="mixed_bfloat16")
    compiled = tf.function(rough, jit_compile=True)(images)
    assert compiled.dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(compiled, tf.float32), layer(images), rtol=0.05, atol=0.05
    )


def test_it_is_saved_with_its_weights(tmp_path):
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, SelfAttention(spectral_norm=True)(inputs))
    model.layers[-1].gamma.assign(0.5)
    model(features(), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(features()), model(features()))


def test_features_of_unknown_size_are_refused():
    with pytest.raises(ValueError, match="of known size, not"):
        SelfAttention()(keras.Input((None, 4, 8)))
