import keras
import numpy as np
import pytest

from ganzoo import GAN, layers
from ganzoo.networks import small_discriminator, small_generator

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

BUILDERS = [small_generator, small_discriminator]


def shapes(network):
    wanted = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    return [x.output.shape[1:] for x in network.layers if isinstance(x, wanted)]


def test_the_layers_are_the_documented_ones():
    generator = small_generator(5, width=4)
    assert shapes(generator) == [(16,), (392,), (14, 14, 4), (28, 28, 1)]
    discriminator = small_discriminator(width=4)
    assert shapes(discriminator) == [(14, 14, 2), (7, 7, 4), (32,), (1,)]
    assert generator.input_shape == (None, 5)
    assert discriminator.input_shape == (None, 28, 28, 1)


@pytest.mark.parametrize(
    ("build", "weights"), [(small_generator, 120e3), (small_discriminator, 100e3)]
)
def test_the_number_of_weights_is_as_documented(build, weights):
    for num_classes in (None, 10):
        found = build(num_classes=num_classes).count_params()
        assert found == pytest.approx(weights, rel=0.06)


def test_images_have_the_given_shape():
    shape = (32, 24, 3)
    generator = small_generator(5, shape=shape, width=2)
    assert generator.output_shape == (None, *shape)
    assert small_discriminator(shape=shape, width=2).input_shape == (None, *shape)


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("shape", [(30, 28, 1), (28, 30, 1)])
def test_a_shape_that_cannot_be_halved_twice_is_refused(build, shape):
    with pytest.raises(ValueError, match="height and width must be multiples of 4"):
        build(shape=shape)


def test_the_discriminator_has_no_normalization():
    """So that penalties on the gradient of each image are defined."""
    kinds = layers.BatchNormalization, keras.layers.BatchNormalization
    assert not any(isinstance(x, kinds) for x in small_discriminator().layers)
    assert sum(isinstance(x, kinds) for x in small_generator().layers) == 3


def test_every_pixel_is_covered_by_as_many_places_of_the_kernel():
    """Else a checkerboard shows (Odena et al. 2016): the kernel is twice the stride."""
    last = small_generator(2, width=2).get_layer("up_2")
    last.kernel.assign(keras.ops.ones_like(last.kernel))
    images = last(np.ones((1, 14, 14, 2), "float32")).numpy()[0, 1:-1, 1:-1]
    np.testing.assert_array_equal(images, np.full_like(images, 8.0))


def test_the_label_joins_the_noise_as_ones_and_zeros():
    generator = small_generator(4, width=2, num_classes=3)
    noise = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    labels = np.array([2, 0], "int32")
    dense = generator.get_layer("dense")
    seen = keras.Model(generator.inputs, dense.output)([noise, labels])
    fed = np.concatenate([noise, np.eye(3, dtype="float32")[labels]], axis=1)
    np.testing.assert_allclose(seen, fed @ dense.kernel.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("build", BUILDERS)
def test_fewer_than_two_classes_are_refused(build):
    with pytest.raises(ValueError, match="num_classes=1 must be at least 2, or None"):
        build(num_classes=1)


@pytest.mark.parametrize("num_classes", [None, 3])
def test_they_train_under_a_gradient_penalty(num_classes):
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, size=(8, 28, 28, 1)).astype("float32")
    data = images if num_classes is None else (images, rng.integers(0, 3, 8))
    gan = GAN(
        small_generator(2, width=2, num_classes=num_classes),
        small_discriminator(width=2, num_classes=num_classes),
        num_classes=num_classes,
        seed=0,
    )
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), penalty="r1")
    before = [w.numpy() for w in gan.trainable_weights]
    history = gan.fit(*((data,) if num_classes is None else data), batch_size=4)
    assert np.isfinite(history.history["discriminator_loss"]).all()
    after = [w.numpy() for w in gan.trainable_weights]
    assert all(np.any(new != old) for new, old in zip(after, before, strict=True))
