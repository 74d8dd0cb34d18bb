import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import picture_discriminator, picture_generator
from ganzoo.networks.pictures import grids

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

BUILDERS = [picture_generator, picture_discriminator]
SIDES = range(16, 129, 16)
TINY = {"shape": (16, 16, 3), "width": 4}


def noise(count=4, size=8, seed=0):
    numbers = np.random.default_rng(seed)
    return numbers.normal(size=(count, size)).astype(np.float32)


def pixels(shape=(16, 16, 3), count=4, seed=1):
    numbers = np.random.default_rng(seed)
    return numbers.uniform(-1, 1, (count, *shape)).astype(np.float32)


def shapes(network):
    wanted = (layers.Conv2D, layers.Conv2DTranspose)
    return [x.output.shape[1:] for x in network.layers if isinstance(x, wanted)]


# ------------------------------------------------------------------------------- shapes


def test_grids_are_halved_down_to_5_to_10_cells():
    assert grids((64, 64, 3)) == [(64, 64), (32, 32), (16, 16), (8, 8)]
    assert grids([32, 32, 1]) == [(32, 32), (16, 16), (8, 8)]
    assert grids((80, 80, 3))[-1] == (5, 5)
    assert grids((112, 112, 3))[-1] == (7, 7)
    assert grids((96, 64, 4))[-1] == (12, 8)
    for side, other in itertools.product(SIDES, SIDES):
        found = grids((side, other, 3))
        assert found[0] == (side, other)
        assert len(found) > 1
        assert 5 <= min(found[-1]) <= 10


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize(
    "shape", [(16, 16, 1), (48, 48, 3), (96, 64, 3), (32, 128, 4), (128, 128, 3)]
)
def test_networks_of_every_shape_fit_together(shape, num_classes, attention):
    options = {"shape": shape, "width": 1, "num_classes": num_classes}
    options["attention"] = attention
    generator = picture_generator(latent_dim=8, **options)
    discriminator = picture_discriminator(**options)
    GAN(generator, discriminator, num_classes=num_classes)
    labels = [] if num_classes is None else [np.arange(2)]
    images = generator([noise(2), *labels] if labels else noise(2)).numpy()
    assert images.shape == (2, *shape)
    assert np.abs(images).max() <= 1.0
    logits = discriminator([images, *labels] if labels else images)
    assert logits.shape == (2, 1)
    attending = [
        network.get_layer("attention").output.shape[1:3]
        for network in (generator, discriminator)
        if attention
    ]
    assert len(set(attending)) <= 1


def test_the_networks_are_those_of_the_docstrings():
    generator, discriminator = picture_generator(), picture_discriminator()
    assert shapes(generator) == [(16, 16, 64), (32, 32, 32), (64, 64, 3)]
    assert generator.get_layer("project").units == 8 * 8 * 128
    found = [(32, 32, 32), (16, 16, 64), (8, 8, 128), (4, 4, 256)]
    assert shapes(discriminator) == found
    assert generator.count_params() == pytest.approx(1.3e6, rel=0.05)
    assert discriminator.count_params() == pytest.approx(0.7e6, rel=0.05)


def test_only_the_generator_is_normalized():
    """So that the logit of a picture does not depend on the others of its batch."""
    kinds = layers.BatchNormalization, keras.layers.BatchNormalization
    counts = [sum(isinstance(x, kinds) for x in build().layers) for build in BUILDERS]
    assert counts == [3, 0]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": (64, 60, 3)}, "multiples of 16 from 16 to 128"),
        ({"shape": (144, 64, 3)}, "multiples of 16 from 16 to 128"),
        ({"shape": (64, 64)}, "multiples of 16 from 16 to 128"),
        ({"shape": (64.0, 64, 3)}, "multiples of 16 from 16 to 128"),
        ({"shape": (64, 64, 2)}, "1, 3 or 4 channels"),
        ({"width": 0}, "width=0 must be a whole number of at least 1"),
        ({"num_classes": 1}, "num_classes=1 must be at least 2"),
    ],
)
def test_what_cannot_be_built_is_refused(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)


# ------------------------------------------------------------------ labels and options


def test_labels_reach_both_networks():
    generator, discriminator = (build(**TINY, num_classes=3) for build in BUILDERS)
    inputs = [noise(1, 128).repeat(3, 0), np.arange(3)]
    images = generator(inputs).numpy()
    assert not np.allclose(images[0], images[1], atol=1e-3)
    logits = discriminator([images[:1].repeat(3, 0), np.arange(3)]).numpy()
    assert len(np.unique(logits)) == 3


def test_an_augmentation_is_the_first_layer_and_saved(tmp_path):
    network = picture_discriminator(augmentation=layers.DiffAugment(), **TINY)
    images, plain = pixels(), picture_discriminator(**TINY)
    plain.set_weights(network.get_weights())
    np.testing.assert_array_equal(network(images), plain(images))
    gan = GAN(picture_generator(**TINY), network)
    with layers.random_scope(gan.random()):
        assert not np.allclose(network(images, training=True), plain(images), atol=0.01)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(images), network(images))
    assert any(isinstance(layer, layers.DiffAugment) for layer in loaded.layers)


def test_spectral_norm_divides_every_kernel_of_the_discriminator():
    network = picture_discriminator(
        **TINY, num_classes=2, spectral_norm=True, attention=True
    )
    wrapped = [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, layers.SpectralNormalization)
    ]
    kernels = [w for w in network.trainable_weights if "kernel" in w.name]
    assert len(wrapped) == len(kernels) == 8


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_every_weight_of_the_whole_recipe_learns(update):
    """DiffAugment, labels, attention and the average."""
    keras.utils.set_random_seed(0)
    options = TINY | {"num_classes": 2, "attention": True}
    discriminator = picture_discriminator(augmentation=layers.DiffAugment(), **options)
    gan = GAN(
        picture_generator(latent_dim=8, **options),
        discriminator,
        update=update,
        num_classes=2,
        ema_half_life=100.0,
    )
    adam = keras.optimizers.Adam
    gan.compile(adam(1e-3, 0.5), adam(1e-3, 0.5))
    for network in (gan.generator, gan.discriminator):
        network.get_layer("attention").gamma.assign(0.5)  # it starts without effect
    before = [w.numpy() for w in gan.trainable_weights]
    labels = np.arange(4, dtype=np.int32) % 2
    batches = tf.data.Dataset.from_tensors((pixels(), labels)).repeat(2)
    gan.fit(batches, steps_per_epoch=2, verbose=0)
    for weight, old in zip(gan.trainable_weights, before, strict=True):
        assert not np.array_equal(weight, old), weight.path
