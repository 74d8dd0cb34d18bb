import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import penalties
from ganzoo.layers import DiffAugment, random_scope
from ganzoo.random import StepRandom

NONE = {"color": False, "translation": 0.0, "cutout": 0.0}
ONLY = {
    "color": NONE | {"color": True},
    "translation": NONE | {"translation": 0.25},
    "cutout": NONE | {"cutout": 0.5},
}


def pictures(count=6, height=8, width=12, channels=3, seed=0):
    shape = (count, height, width, channels)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def augmented(layer, images, seed=0, shard=0):
    with random_scope(StepRandom.root(seed, shard)):
        return layer(images, training=True).numpy()


# --------------------------------------------------------- against NumPy, loop by loop


def recolored_by_hand(images, draws):
    """The authors' three functions, image by image."""
    results = []
    for image, (brightness, saturation, contrast) in zip(images, draws, strict=True):
        image = image + (brightness - 0.5)
        gray = image.mean(axis=2, keepdims=True)
        image = (image - gray) * (2 * saturation) + gray
        mean = image.mean()
        results.append((image - mean) * (contrast + 0.5) + mean)
    return np.stack(results)


def translated_by_hand(images, draws, fraction):
    results = np.zeros_like(images)
    height, width = images.shape[1:3]
    for image, result, draw in zip(images, results, draws, strict=True):
        most = [int(size * fraction + 0.5) for size in (height, width)]
        down, right = (
            int(u * (2 * m + 1)) - m for u, m in zip(draw, most, strict=True)
        )
        for row, column in itertools.product(range(height), range(width)):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[row, column] = image[row - down, column - right]
    return results


def cut_by_hand(images, draws, fraction):
    results = images.copy()
    for result, draw in zip(results, draws, strict=True):
        places = []
        for u, size in zip(draw, images.shape[1:3], strict=True):
            length = int(size * fraction + 0.5)
            center = int(u * (size + 1 - length % 2))
            row = np.arange(length) + center - length // 2
            places.append(np.clip(row, 0, size - 1))
        result[np.ix_(*places)] = 0
    return results


def draws_of(columns, count=6):
    return StepRandom.root(0).uniform([count, columns]).numpy()


@pytest.mark.parametrize("channels", [1, 3])
def test_color_is_that_of_the_paper(channels):
    images = pictures(channels=channels)
    expected = recolored_by_hand(images, draws_of(3))
    found = augmented(DiffAugment(**ONLY["color"]), images)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("fraction", [0.125, 0.25, 1.0])
def test_translation_is_that_of_the_paper(fraction):
    images = pictures()
    expected = translated_by_hand(images, draws_of(2), fraction)
    assert not np.array_equal(expected, images)
    layer = DiffAugment(**NONE | {"translation": fraction})
    np.testing.assert_array_equal(augmented(layer, images), expected)


@pytest.mark.parametrize("fraction", [0.25, 0.5, 1.0])
def test_cutout_is_that_of_the_paper(fraction):
    images = pictures()
    expected = cut_by_hand(images, draws_of(2), fraction)
    assert not np.array_equal(expected, images)
    layer = DiffAugment(**NONE | {"cutout": fraction})
    np.testing.assert_array_equal(augmented(layer, images), expected)


def test_an_alpha_channel_moves_and_is_cut_but_keeps_its_values():
    images = pictures(channels=4)
    layer = DiffAugment(**ONLY["color"])
    found = augmented(layer, images)
    np.testing.assert_array_equal(found[..., 3:], images[..., 3:])
    colors = augmented(layer, images[..., :3])
    np.testing.assert_array_equal(found[..., :3], colors)
    for only in ("translation", "cutout"):
        layer = DiffAugment(**ONLY[only])
        whole, colors = augmented(layer, images), augmented(layer, images[..., :3])
        np.testing.assert_array_equal(whole[..., :3], colors)
        assert not np.array_equal(whole[..., 3:], images[..., 3:])


def test_the_policy_is_applied_in_the_order_of_the_paper():
    images, draws = pictures(), StepRandom.root(0)
    expected = recolored_by_hand(images, draws.uniform([6, 3]).numpy())
    expected = translated_by_hand(expected, draws.uniform([6, 2]).numpy(), 0.125)
    expected = cut_by_hand(expected, draws.uniform([6, 2]).numpy(), 0.5)
    np.testing.assert_allclose(augmented(DiffAugment(), images), expected, atol=1e-6)


# ------------------------------------------------------------------------ what is drawn


def test_shifts_and_cuts_are_uniform():
    images = np.zeros((4000, 8, 8, 1), np.float32)
    images[:, 4, 4] = 1.0
    moved = augmented(DiffAugment(**ONLY["translation"]), images)
    counts = moved.sum(axis=(0, 3))
    assert np.count_nonzero(counts) == 25
    assert counts[2:7, 2:7].min() > 110  # of 160 each
    whole = augmented(DiffAugment(**ONLY["cutout"]), np.ones_like(images))
    # Of nine centers per axis, four cover a pixel, and three one at the edge.
    centers = np.array([3, 4, 4, 4, 4, 4, 4, 3]) / 9
    covered = 1 - whole.mean(axis=(0, 3))
    np.testing.assert_allclose(covered, np.outer(centers, centers), atol=0.03)


def test_draws_are_functions_of_the_step_and_of_the_place_in_the_batch():
    images, layer = np.tile(pictures(1), (4, 1, 1, 1)), DiffAugment()
    whole = augmented(layer, images)
    np.testing.assert_array_equal(whole, augmented(layer, images))
    assert not np.allclose(whole, augmented(layer, images, seed=1), atol=0.1)
    assert not np.allclose(whole[0], whole[1], atol=0.1)
    halves = [augmented(layer, images[:2], shard=shard) for shard in range(2)]
    np.testing.assert_allclose(np.concatenate(halves), whole, atol=1e-6)


def test_each_call_of_a_step_draws_its_own():
    images, layer = pictures(), DiffAugment()
    with random_scope(StepRandom.root(0)):
        first, second = (layer(images, training=True).numpy() for _ in range(2))
    assert not np.allclose(first, second, atol=0.1)


# -------------------------------------------------------------------------- derivatives


@pytest.mark.parametrize("only", ONLY)
def test_the_gradient_is_that_of_the_map(only):
    """Each map is affine in the images: finite differences are exact."""
    images, layer = tf.constant(pictures(2)), DiffAugment(**ONLY[only])
    weights = tf.constant(pictures(2, seed=1))

    def total(images):
        with random_scope(StepRandom.root(0)):
            return tf.reduce_sum(weights * layer(images, training=True))

    with tf.GradientTape() as tape:
        tape.watch(images)
        value = total(images)
    slopes = tape.gradient(value, images).numpy()
    toward = pictures(2, seed=2)
    difference = float(total(images + toward) - value)
    np.testing.assert_allclose(np.sum(slopes * toward), difference, rtol=1e-3)


def small_discriminator(layer):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            *([layer] if layer else []),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="softplus"),
            keras.layers.Dense(1),
        ]
    )


def test_a_penalty_takes_the_gradient_by_the_images_before_the_augmentation():
    images = tf.constant(pictures(3, 8, 8))
    network = small_discriminator(DiffAugment(color=False))

    def discriminate(images):
        return network(images, training=True)

    with random_scope(StepRandom.root(0)):
        found = penalties.R1(2.0)(discriminate, images, images, None)
    with random_scope(StepRandom.root(0)), tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminate(images)
    slopes = tape.gradient(logits, images)
    expected = tf.reduce_sum(slopes**2, axis=[1, 2, 3])
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # What is cut out has no influence, hence no gradient.
    assert np.count_nonzero(slopes == 0) > 3 * 8 * 3


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_a_gan_trains_through_it_as_in_a_loop_written_by_hand(update):
    """One step of SGD, whose weights show every gradient and every draw."""
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(192, activation="tanh"),
            keras.layers.Reshape((8, 8, 3)),
        ]
    )
    plain = small_discriminator(None)
    network = small_discriminator(DiffAugment())
    gan = ganzoo.GAN(generator, network, update=update, seed=3)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), run_eagerly=True)
    real, random = pictures(4, 8, 8), gan.random()
    fake = generator(random.normal([4, 4]))
    with random_scope(random), tf.GradientTape() as tape:
        seen = [DiffAugment()(images, training=True) for images in (real, fake)]
        on_real, on_fake = map(plain, seen)
        loss = tf.reduce_mean(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))
    slopes = tape.gradient(loss, plain.trainable_variables)
    gan.train_on_batch(real)
    pairs = zip(
        network.trainable_variables, plain.trainable_variables, slopes, strict=True
    )
    for learned, start, slope in pairs:
        np.testing.assert_allclose(learned, start - 0.1 * slope, atol=1e-6)


# ------------------------------------------------------------------------------- use


def test_it_compiles_and_computes_in_float32():
    images = pictures()
    layer = DiffAugment(dtype="mixed_bfloat16")

    @tf.function(jit_compile=True)
    def compiled(images):
        with random_scope(StepRandom.root(0)):
            return layer(images, training=True)

    found = compiled(images)
    assert found.dtype == tf.bfloat16
    exact = tf.cast(augmented(DiffAugment(), images), tf.bfloat16)
    np.testing.assert_allclose(found, exact, atol=0.02)


def test_inference_changes_nothing():
    images = pictures()
    np.testing.assert_array_equal(DiffAugment()(images), images)
    np.testing.assert_array_equal(augmented(DiffAugment(**NONE), images), images)


def test_training_outside_a_step_is_refused():
    with pytest.raises(RuntimeError, match="random_scope"):
        DiffAugment()(pictures(), training=True)


@pytest.mark.parametrize("wrong", [{"cutout": 1.5}, {"translation": -0.1}])
def test_fractions_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be a fraction in \[0, 1\]"):
        DiffAugment(**wrong)


def test_arguments_survive_saving():
    layer = DiffAugment(color=False, translation=0.25, cutout=0.0, name="lay")
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
