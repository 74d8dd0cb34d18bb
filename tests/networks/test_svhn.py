import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import GAN, layers
from ganzoo.networks import svhn_discriminator, svhn_generator

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

BUILDERS = [svhn_generator, svhn_discriminator]


def kinds(network):
    wanted = {
        keras.layers.Dense: "dense",
        keras.layers.Conv2DTranspose: "deconvolution",
        keras.layers.Conv2D: "convolution",
        keras.layers.UpSampling2D: "upsampling",
        keras.layers.AveragePooling2D: "pooling",
    }
    found = []
    for layer in network.layers:
        for kind, name in wanted.items():
            if isinstance(layer, kind):
                found.append((name, *layer.output.shape[1:]))
                break
    return found


def test_generator_has_the_layers_of_the_source():
    assert kinds(svhn_generator(width=4)) == [
        ("dense", 256),
        ("upsampling", 8, 8, 16),
        ("deconvolution", 8, 8, 8),
        ("upsampling", 16, 16, 8),
        ("deconvolution", 16, 16, 4),
        ("upsampling", 32, 32, 4),
        ("deconvolution", 32, 32, 3),
    ]
    assert svhn_generator().input_shape == (None, 100)


def test_discriminator_has_the_layers_of_the_source():
    assert kinds(svhn_discriminator(width=4)) == [
        ("convolution", 32, 32, 4),
        ("pooling", 16, 16, 4),
        ("convolution", 16, 16, 8),
        ("pooling", 8, 8, 8),
        ("convolution", 8, 8, 16),
        ("pooling", 4, 4, 16),
        ("dense", 1),
    ]


@pytest.mark.parametrize("build", BUILDERS)
def test_the_cost_of_a_width_is_as_documented(build, documented_work):
    rows = documented_work(build)
    assert len(rows) == 2
    for width, stated, counted in rows:
        decimals = len(stated.partition(".")[2])
        assert stated == f"{counted:.{decimals}f}", (width, counted)


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_no_bias_stands_before_a_normalization(build, batch_norm):
    network = build(width=2, batch_norm=batch_norm)
    norms = [isinstance(x, layers.BatchNormalization) for x in network.layers]
    expected = {svhn_generator: 3, svhn_discriminator: 2}[build]
    assert sum(norms) == (expected if batch_norm else 0)
    for before, after in itertools.pairwise(network.layers):
        if isinstance(after, layers.BatchNormalization):
            assert not before.use_bias


def test_images_are_in_range_and_logits_are_not_squashed():
    noise = np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    images = svhn_generator(width=2, seed=0)(1000.0 * noise)
    assert images.shape == (3, 32, 32, 3)
    assert 0.5 < np.abs(images).max() <= 1.0
    logits = svhn_discriminator(width=2, seed=0)(1e6 * images)
    assert logits.shape == (3, 1)
    assert np.abs(logits).max() > 1.0


def test_a_label_joins_the_noise_as_ones_and_zeros():
    generator = svhn_generator(4, width=2, num_classes=3, seed=0)
    noise = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    labels = np.array([2, 0], "int32")
    project = generator.get_layer("project")
    seen = keras.Model(generator.inputs, project.output)([noise, labels])
    fed = np.concatenate([noise, np.eye(3, dtype="float32")[labels]], axis=1)
    np.testing.assert_allclose(seen, fed @ project.kernel.numpy(), rtol=0, atol=1e-6)


def test_the_logit_is_that_of_the_features_plus_their_projection_on_the_class():
    """Miyato & Koyama 2018, eq. 4, the features being those of the last pooling."""
    discriminator = svhn_discriminator(width=2, num_classes=3, seed=0)
    images = np.random.default_rng(1).normal(size=(4, 32, 32, 3)).astype("float32")
    labels = np.array([0, 2, 1, 2], "int32")
    (flat,) = (x for x in discriminator.layers if isinstance(x, keras.layers.Flatten))
    features = keras.Model(discriminator.inputs, flat.output)([images, labels]).numpy()
    projections = discriminator.get_layer("projections").kernel.numpy()
    logit = discriminator.get_layer("logit")
    expected = features @ logit.kernel.numpy()[:, 0] + logit.bias.numpy()
    expected += np.sum(features * projections[:, labels].T, axis=1)
    found = discriminator([images, labels])[:, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_under_mixed_precision_pixels_and_logits_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    labels = tf.constant([1, 0])
    generator = svhn_generator(4, width=2, num_classes=2)
    images = generator([tf.zeros([2, 4]), labels])
    logits = svhn_discriminator(width=2, num_classes=2)([images, labels])
    assert (images.dtype, logits.dtype) == (tf.float32, tf.float32)
    computed = generator.get_layer("up_1").compute_dtype
    assert computed == "bfloat16"


@pytest.mark.parametrize("build", BUILDERS)
def test_a_seed_repeats_the_initial_weights(build):
    one, same, other = (
        build(width=2, num_classes=3, seed=s).get_weights() for s in (3, 3, 4)
    )
    for value, expected in zip(one, same, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert not np.array_equal(one[0], other[0])


@pytest.mark.parametrize("num_classes", [None, 3])
def test_they_play_by_the_losses_of_the_source_and_are_saved(num_classes, tmp_path):
    options = {"width": 2, "num_classes": num_classes, "seed": 0}
    gan = GAN(
        svhn_generator(4, **options),
        svhn_discriminator(**options),
        num_classes=num_classes,
    )
    # Cheaper without a graph for a single step.
    gan.compile("adam", "adam", loss="absolute_error", run_eagerly=True)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 4, 32, 32, 3))
    fed = images.astype("float32"), np.array([[0, 1, 2, 2]])
    batches = tf.data.Dataset.from_tensor_slices(fed if num_classes else fed[0])
    logs = gan.fit(batches, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    gan.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    labels = None if num_classes is None else [0, 2]
    np.testing.assert_array_equal(loaded.generate(2, labels), gan.generate(2, labels))


@pytest.mark.parametrize("build", BUILDERS)
def test_impossible_sizes_are_refused(build):
    with pytest.raises(ValueError, match="width=0 must be"):
        build(width=0)
    with pytest.raises(ValueError, match="num_classes=1 must be at least 2"):
        build(num_classes=1)
