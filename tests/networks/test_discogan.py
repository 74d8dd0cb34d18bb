import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.networks import discogan_discriminator, discogan_generator


def grids(network):
    """Height of every feature map, in order."""
    kinds = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    return [
        (layer.output.shape[1], layer.output.shape[3])
        for layer in network.layers
        if isinstance(layer, kinds)
    ]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (28, [(14, 32), (7, 64), (1, 100), (7, 64), (14, 32), (28, 3)]),
        (
            32,
            [
                (16, 32),
                (8, 64),
                (4, 128),
                (1, 100),
                (4, 128),
                (8, 64),
                (16, 32),
                (32, 3),
            ],
        ),
        (4, [(2, 32), (1, 100), (2, 32), (4, 3)]),
    ],
)
def test_the_decoder_mirrors_the_encoder(size, expected):
    assert grids(discogan_generator((size, size, 3))) == expected


def test_channels_may_change_and_images_need_not_be_square():
    generator = discogan_generator((8, 12, 1), 3, width=4, bottleneck=6)
    assert generator.output_shape == (None, 8, 12, 3)
    discriminator = discogan_discriminator((8, 12, 1), width=4)
    assert discriminator.output_shape == (None, 1)
    assert grids(discriminator) == [(4, 4)]


@pytest.mark.parametrize(
    ("build", "count", "ends"),
    [
        (discogan_generator, 6, ["down_1", "pixels"]),
        (discogan_discriminator, 2, ["down_1", "logit"]),
    ],
)
def test_only_the_ends_have_biases_and_no_normalization(build, count, ends):
    network = build((32, 32, 3), width=4)
    kind = keras.layers.BatchNormalization
    assert sum(isinstance(layer, kind) for layer in network.layers) == count
    biased = [x.name for x in network.layers if getattr(x, "use_bias", False)]
    assert biased == ends


@pytest.mark.parametrize("build", [discogan_generator, discogan_discriminator])
def test_a_seed_repeats_the_initial_weights(build):
    one, same, other = (build(seed=seed).get_weights() for seed in (3, 3, 4))
    for value, expected in zip(one, same, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert not np.array_equal(one[0], other[0])


def test_under_mixed_precision_pixels_and_logits_are_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    images = discogan_generator((8, 8, 3), width=2)(tf.zeros([2, 8, 8, 3]))
    logits = discogan_discriminator((8, 8, 3), width=2)(images)
    assert {images.dtype, logits.dtype} == {tf.float32}
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": (27, 27, 3)}, "height and width must be even"),
        ({"width": 0}, "width=0 must be"),
    ],
)
@pytest.mark.parametrize("build", [discogan_generator, discogan_discriminator])
def test_sizes_that_cannot_be_built_are_refused(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)
