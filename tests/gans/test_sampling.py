"""Images and the exported generator."""

import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.random import GENERATION, StepRandom


@pytest.fixture
def gan(tiny_gan):
    return tiny_gan()


@pytest.fixture
def conditional(tiny_gan):
    return tiny_gan(num_classes=3)


def test_image_i_is_a_function_of_seed_and_i(gan):
    images = gan.generate(10, seed=3)
    for count, batch_size in ((4, 256), (10, 3), (10, 10), (1, 1)):
        again = gan.generate(count, seed=3, batch_size=batch_size)
        assert again.shape == (count, 4, 4, 1)
        np.testing.assert_allclose(again, images[:count], rtol=0, atol=1e-6)
    assert len(np.unique(images, axis=0)) == 10
    assert not np.isclose(images, gan.generate(10, seed=4)).all(axis=(1, 2, 3)).any()


def test_images_are_the_generators_own(gan):
    root = StepRandom.root(gan.seed).fold(GENERATION).fold(3)
    expected = gan.generator(root.normal([5, 4]), training=False)
    np.testing.assert_allclose(gan.generate(5, seed=3), expected, rtol=0, atol=1e-6)


def test_training_moves_the_images_but_not_their_noise(tiny_gan, tiny_batches):
    gan = tiny_gan()
    before = gan.generate(3)
    gan.fit(tiny_batches(1), verbose=0)
    after = gan.generate(3)
    assert not np.array_equal(after, before)
    np.testing.assert_allclose(after, before, rtol=0, atol=0.2)


def test_labels_choose_the_class_of_each_image(conditional):
    zeros, ones = (conditional.generate(5, [label] * 5) for label in (0, 1))
    mixed = conditional.generate(5, [0, 1, 0, 1, 1], batch_size=2)
    chosen = np.array([0, 1, 0, 1, 1])[:, None, None, None]
    expected = np.where(chosen, ones, zeros)
    np.testing.assert_allclose(mixed, expected, rtol=0, atol=1e-6)


def test_without_labels_a_conditional_model_draws_them_uniformly(conditional):
    images = conditional.generate(300, seed=2)
    by_class = [conditional.generate(300, [label] * 300, seed=2) for label in range(3)]
    fits = [np.isclose(images, own, atol=1e-6).all((1, 2, 3)) for own in by_class]
    assert np.sum(fits, axis=0).tolist() == [1] * 300
    assert np.sum(fits, axis=1).min() > 70


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count=0 must be at least 1"),
        ({"count": 2, "batch_size": 0}, "batch_size=0 must be at least 1"),
        ({"count": 2, "labels": [0, 1]}, "this model takes none"),
        ({"count": 2, "average": True}, "ema_half_life"),
    ],
)
def test_impossible_requests_are_refused(arguments, message, gan):
    with pytest.raises(ValueError, match=message):
        gan.generate(**arguments)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], "one for each of 2 images"),
        ([[0, 1]], "one for each of 2 images"),
        ([0, 3], "the classes 0 to 2"),
        ([-1, 0], "the classes 0 to 2"),
        ([0.5, 1.0], "whole numbers"),
    ],
)
def test_labels_that_fit_no_image_or_class_are_refused(labels, message, conditional):
    with pytest.raises(ValueError, match=message):
        conditional.generate(2, labels)


@pytest.fixture
def averaged(tiny_gan, tiny_batches):
    gan = tiny_gan(ema_half_life=10.0)
    gan.fit(tiny_batches(), verbose=0)
    return gan


def test_averaged_images_come_from_the_averaged_weights(averaged):
    with averaged.averaged_weights():
        expected = averaged.generate(3)
    np.testing.assert_array_equal(averaged.generate(3, average=True), expected)
    assert not np.array_equal(averaged.generate(3), expected)


# ------------------------------------------------------------------------------- export


def test_exported_generator_gives_the_same_images_without_ganzoo(averaged, tmp_path):
    noise = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    for average in (False, True):
        path = tmp_path / f"average_{average}"
        averaged.export_generator(path, average=average)
        expected = averaged.generator(noise)
        if average:
            with averaged.averaged_weights():
                expected = averaged.generator(noise)
        loaded = tf.saved_model.load(str(path))
        np.testing.assert_allclose(loaded.serve(noise), expected, rtol=0, atol=1e-6)


def test_exported_conditional_generator_takes_noise_and_labels(conditional, tmp_path):
    noise, labels = np.ones((2, 4), "float32"), np.array([0, 2], "int32")
    conditional.export_generator(tmp_path / "generator")
    loaded = tf.saved_model.load(str(tmp_path / "generator"))
    expected = conditional.generator([noise, labels])
    served = loaded.serve([noise, labels])
    np.testing.assert_allclose(served, expected, rtol=0, atol=1e-6)


def test_an_average_that_was_not_kept_is_not_exported(gan, tmp_path):
    with pytest.raises(ValueError, match="keeps no average"):
        gan.export_generator(tmp_path / "generator", average=True)
    assert not (tmp_path / "generator").exists()


def test_mnist_networks_generate_28x28_digits():
    gan = ganzoo.GAN(
        ganzoo.networks.mnist_generator(), ganzoo.networks.mnist_discriminator()
    )
    assert gan.generate(2).shape == (2, 28, 28, 1)
