import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import (
    freeze_first,
    picture_discriminator,
    picture_generator,
    small_generator,
    take_weights,
)

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

OPTIONS = {"shape": (16, 16, 3), "width": 4}


def weights(network):
    return {weight.path: weight.numpy() for weight in network.weights}


# ------------------------------------------------------------------------------- taking


@pytest.mark.parametrize("build", [picture_generator, picture_discriminator])
def test_a_network_of_the_same_kind_takes_everything(build):
    trained, network = (build(**OPTIONS) for _ in range(2))
    before = weights(trained)
    found = take_weights(network, trained)
    assert found.new == ()
    assert (
        str(found)
        == f"{len(before)} of {len(before)} weights taken, 100% of all numbers."
    )
    for path, value in weights(network).items():
        np.testing.assert_array_equal(value, before[path])
        np.testing.assert_array_equal(weights(trained)[path], value)


@pytest.mark.parametrize("classes", [5, None])
def test_what_does_not_fit_stays_new_and_is_named(classes):
    trained = picture_generator(**OPTIONS, num_classes=classes)
    network = picture_generator(**OPTIONS, num_classes=3)
    before = weights(network)
    found = take_weights(network, trained)
    new = "project_labels/kernel"
    assert found.new == (new,)
    np.testing.assert_array_equal(weights(network)[new], before[new])
    numbers, lost = network.count_params(), 3 * network.get_layer("project").units
    assert (found.taken_numbers, found.numbers) == (numbers - lost, numbers)
    assert str(found).endswith(f"of all numbers; new: {new}.")


def test_larger_images_take_all_layers_of_smaller_ones():
    trained = picture_discriminator(shape=(64, 64, 3), width=8)
    network = picture_discriminator(shape=(128, 128, 3), width=8)
    new = take_weights(network, trained).new
    assert {name.split("/")[0] for name in new} == {"down_5", "logit"}


def test_weights_inside_of_wrappers_are_told_apart():
    options = OPTIONS | {"spectral_norm": True, "attention": True}
    trained, network = (picture_discriminator(**options) for _ in range(2))
    trained(np.zeros((1, 16, 16, 3), np.float32), training=True)
    found = take_weights(network, trained)
    assert found.new == ()
    assert len(set(found.taken)) == len(network.weights)
    for one, other in zip(network.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_networks_that_have_nothing_in_common_are_refused():
    with pytest.raises(ValueError, match="No weight of 'generator' fits"):
        take_weights(picture_generator(**OPTIONS), small_generator())


# ----------------------------------------------------------------------------- freezing


def compiled_gan(fraction):
    discriminator = picture_discriminator(**OPTIONS)
    frozen = freeze_first(discriminator, fraction)
    gan = GAN(picture_generator(**OPTIONS), discriminator)
    adam = keras.optimizers.Adam
    gan.compile(adam(1e-3), adam(1e-3), penalty="r1", penalty_interval=2)
    return gan, frozen


def images(steps=2):
    numbers = np.random.default_rng(0).uniform(-1, 1, (steps, 2, 16, 16, 3))
    return tf.data.Dataset.from_tensor_slices(numbers.astype(np.float32))


def test_the_first_layers_stay_and_the_others_learn():
    gan, frozen = compiled_gan(0.5)
    assert frozen == ("down_1",)
    before = weights(gan.discriminator)
    gan.fit(images(), verbose=0)
    for path, value in weights(gan.discriminator).items():
        moved = not np.array_equal(value, before[path])
        assert moved == (path.split("/")[0] not in frozen), path


def test_a_frozen_run_is_saved_and_resumes_to_the_bit(tmp_path):
    gan, frozen = compiled_gan(0.5)
    gan.fit(images(), verbose=0)
    gan.save(tmp_path / "gan.keras")
    gan.save_weights(tmp_path / "gan.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    resumed, _ = compiled_gan(0.5)
    resumed.load_weights(tmp_path / "gan.weights.h5")
    for model in (gan, loaded, resumed):
        model.fit(images(), verbose=0)
        still = [layer for layer in model.discriminator.layers if not layer.trainable]
        assert tuple(layer.name for layer in still) == frozen
        for one, other in zip(model.get_weights(), gan.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_freezing_again_starts_anew():
    network = picture_discriminator(**OPTIONS, augmentation=layers.DiffAugment())
    assert len(freeze_first(network, 0.8)) == 2
    assert freeze_first(network, 0.0) == ()
    assert len(network.trainable_weights) == len(network.weights)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_fractions_that_leave_nothing_to_learn_are_refused(fraction):
    with pytest.raises(ValueError, match="0 freezes no layer"):
        freeze_first(picture_discriminator(**OPTIONS), fraction)
