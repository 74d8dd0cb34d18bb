import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.svm import LinearSVC

from ganzoo import layers, networks
from ganzoo.metrics.linear_probe import (
    SquaredHinge,
    activations,
    adaptive_max_pool,
    linear_probe,
    pooled_features,
)


@pytest.mark.parametrize("size", [3, 4, 7, 14])
def test_every_cell_holds_the_maximum_of_its_part_of_the_map(size):
    maps = np.random.default_rng(size).normal(size=(2, size, size, 3))
    cells = min(4, size)
    expected = np.empty((2, cells, cells, 3))
    for row in range(cells):
        for column in range(cells):
            part = maps[
                :,
                int(np.floor(row * size / cells)) : int(
                    np.ceil((row + 1) * size / cells)
                ),
                int(np.floor(column * size / cells)) : int(
                    np.ceil((column + 1) * size / cells)
                ),
            ]
            expected[:, row, column] = part.max(axis=(1, 2))
    np.testing.assert_array_equal(adaptive_max_pool(tf.constant(maps), 4), expected)


def test_the_features_are_those_after_the_activations_of_all_convolutions():
    network = networks.mnist_discriminator()
    found = activations(network)
    assert [isinstance(a, keras.layers.LeakyReLU) for a in found] == [True, True]
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), np.uint8)
    features = pooled_features(network, images, batch_size=2)
    assert features.shape == (5, 16 * (64 + 128))
    assert features.dtype == np.float32

    first = network.layers[0](tf.constant(images / 127.5 - 1, tf.float32))
    first = np.where(first > 0, first, 0.3 * np.asarray(first))
    np.testing.assert_allclose(
        features[:, :1024],
        np.reshape(adaptive_max_pool(tf.constant(first), 4), (5, -1)),
        rtol=0,
        atol=1e-5,
    )


def test_a_convolution_without_an_activation_counts_by_itself():
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, name="plain"),
            layers.Conv2D(3, 3, name="followed"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(name="activation"),
            keras.layers.Dropout(0.5),
            keras.layers.ReLU(name="another"),
        ]
    )
    assert [layer.name for layer in activations(network)] == ["plain", "activation"]


def test_a_network_without_convolutions_is_refused():
    dense = networks.point_discriminator()
    with pytest.raises(ValueError, match="has no convolution"):
        pooled_features(dense, np.zeros((1, 2), np.uint8))


@pytest.fixture
def clusters():
    """Three classes, well apart in one of 20 directions of unlike scales."""
    numbers = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 60)
    features = numbers.normal(size=(180, 20))
    features[:, 0] += 8.0 * labels
    return features * np.logspace(-3, 3, 20), labels


@pytest.mark.parametrize("C", [1e-3, 1.0])
def test_the_machine_is_that_of_scikit_learn(C):
    numbers = np.random.default_rng(0)
    labels = numbers.integers(3, size=120)
    features = numbers.normal(size=(120, 7)) + 0.7 * np.eye(3, 7)[labels]
    expected = LinearSVC(C=C, dual=False, tol=1e-10, max_iter=10_000)
    expected.fit(features, labels)
    found = SquaredHinge(C=C, tolerance=1e-6).fit(features, labels)
    np.testing.assert_allclose(found.weights_[:-1].T, expected.coef_, atol=2e-4)
    np.testing.assert_allclose(found.weights_[-1], expected.intercept_, atol=2e-4)
    np.testing.assert_array_equal(found.predict(features), expected.predict(features))


def test_classes_that_a_line_divides_are_told_apart(clusters):
    features, labels = clusters
    # One against the rest: the middle class needs a direction of its own.
    features = np.concatenate([features, 1e3 * (labels == 1)[:, None]], axis=1)
    probe = linear_probe(
        features[::2], labels[::2], features[1::2], labels[1::2], labels=30, draws=3
    )
    assert probe.labels == 30
    assert len(probe.errors) == 3
    assert probe.mean <= 0.1  # 2 in 3 by chance


def test_noise_is_guessed(clusters):
    _, labels = clusters
    noise = np.random.default_rng(1).normal(size=(180, 5))
    probe = linear_probe(noise, labels, noise[::-1] * -1, labels, labels=90, draws=2)
    assert 0.45 < probe.mean < 0.85
    assert probe.spread == pytest.approx(np.std(probe.errors, ddof=1))


def test_the_same_seed_draws_the_same_images(clusters):
    features, labels = clusters
    features = features + np.random.default_rng(2).normal(size=features.shape) * 4e3
    first, again, other = (
        linear_probe(features, labels, features, labels, labels=30, seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == again
    assert first.errors != other.errors


@pytest.mark.parametrize("count", [0, 6, 31, 183])
def test_labels_that_the_classes_cannot_share_are_refused(clusters, count):
    features, labels = clusters
    with pytest.raises(ValueError, match=f"labels={count} must be a multiple of the 3"):
        linear_probe(features, labels, features, labels, labels=count)
