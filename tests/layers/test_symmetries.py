import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import SquareSymmetries

SIDE = 5
WAYS = [
    lambda x: x,
    np.flipud,
    np.fliplr,
    lambda x: np.rot90(x, 2),
    lambda x: x.transpose(1, 0, 2),
    lambda x: np.rot90(x, 1),
    lambda x: np.rot90(x, -1),
    lambda x: np.rot90(x.transpose(1, 0, 2), 2),
]


def some_images(count=3, channels=2):
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, SIDE, SIDE, channels)).astype("float32")


def built(sharpness=2.0, scores=None):
    layer = SquareSymmetries(sharpness)
    layer.build((None, SIDE, SIDE, 2))
    if scores is not None:
        layer.scores.assign(scores)
    return layer


@pytest.mark.parametrize("way", range(8))
def test_each_way_is_one_of_the_eight_symmetries(way):
    scores = np.where(np.arange(8) == way, 100.0, 0.0)
    images = some_images()
    expected = np.stack([WAYS[way](image) for image in images])
    np.testing.assert_array_equal(built(scores=scores)(images), expected)


def test_it_starts_as_the_plain_mean_of_all_eight():
    images = some_images()
    expected = [np.mean([way(image) for way in WAYS], axis=0) for image in images]
    np.testing.assert_allclose(built()(images), expected, atol=1e-6)


def test_the_weights_are_the_softmax_of_the_sharpened_scores():
    scores = np.linspace(-1.0, 1.0, 8)
    powers = np.exp(3.0 * scores)
    found = built(3.0, scores).weights_of_ways()
    np.testing.assert_allclose(found, powers / powers.sum(), rtol=1e-5)


def test_gradient_descent_finds_the_turn_between_two_sets_of_images():
    images = some_images(64)
    turned = np.rot90(images, 1, axes=(1, 2))
    layer = built()
    optimizer = keras.optimizers.Adam(0.1)
    for _ in range(60):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(images) - turned))
        optimizer.apply([tape.gradient(loss, layer.scores.value)], [layer.scores])
    weights = layer.weights_of_ways().numpy()
    assert weights.argmax() == 5
    assert weights.max() > 0.95


def test_it_survives_its_configuration_and_mixed_precision():
    copy = SquareSymmetries.from_config(built(7.0).get_config())
    assert copy.sharpness == 7.0
    half = SquareSymmetries(dtype="mixed_bfloat16")
    images = half(some_images())
    assert images.dtype == tf.bfloat16
    assert half.scores.dtype == "float32"


@pytest.mark.parametrize("shape", [(None, 4, 5, 1), (None, 4, 4)])
def test_images_that_are_not_square_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(n, side, side, channels\)"):
        SquareSymmetries().build(shape)


def test_a_sharpness_that_is_not_above_0_is_refused():
    with pytest.raises(ValueError, match="sharpness=0 must be above 0"):
        SquareSymmetries(0)
