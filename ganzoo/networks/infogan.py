"""InfoGAN's generator and discriminator of digits (Chen et al. 2016)."""

from collections.abc import Sequence

import keras
from keras import layers

from ganzoo.layers import Conv2D, Conv2DTranspose
from ganzoo.networks.blocks import (
    STRIDED,
    Seeds,
    chained,
    layer_seeds,
    normal,
    normalized,
    tanh,
)


def mnist_infogan_generator(
    latent_dim: int = 74,
    *,
    units: int = 1024,
    channels: int = 1,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the generator of 28x28 digits from noise and codes.

    Maps noise and codes `[n, latent_dim]` to images `[n, 28, 28, channels]` in [-1, 1]:
    dense layers of 1024 and 7x7x128 units and a transposed 4x4 convolution to 14x14x64,
    each with batch normalization and ReLU, then one to 28x28. About 6.6 million
    weights, 1.8 million with 256 units.

    Args:
        latent_dim: Size of the noise plus all codes; the paper uses 62 numbers of
            noise, a categorical code of 10 values and two continuous codes.
        units: Number of units of the first layer.
        channels: Number of channels of the images; 3 for stacked digits.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: the paper's appendix C.1, table 1; initial weights (normal, stddev 0.02) as
    in the authors' code, whose digits are in [0, 1] after a sigmoid.
    """
    seeds = layer_seeds(seed)

    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *normalized(layers.Dense(units, **_bare(seeds), name="dense")),
            *normalized(layers.Dense(7 * 7 * 128, **_bare(seeds), name="project")),
            layers.Reshape((7, 7, 128)),
            *normalized(Conv2DTranspose(64, 4, **_bare(seeds), **STRIDED, name="up_1")),
            Conv2DTranspose(
                channels, 4, kernel_initializer=normal(seeds), **STRIDED, name="up_2"
            ),
            tanh(),
        ],
        name="generator",
    )


def mnist_infogan_discriminator(
    categorical: Sequence[int] = (10,),
    continuous: int = 2,
    *,
    learned_stddev: bool = True,
    negative_slope: float = 0.1,
    seed: int | None = None,
) -> keras.Model:
    """Builds the discriminator of 28x28 digits, with the recognition head on its trunk.

    Maps images `[n, 28, 28, 1]` to logits `[n, 1]` and to the parameters of Q(c|x).
    Both share strided 4x4 convolutions to 14x14x64 and 7x7x128 and a dense layer of
    1024 units; then one dense unit returns the logit, and a dense layer of 128 units
    and a linear one return Q's parameters. LeakyReLU everywhere, batch normalization in
    all but the first and last layers. The loss applies the sigmoid, `ganzoo.gans.codes`
    the softmax.

    Args:
        categorical: Number of values of each categorical code, one logit per value.
        continuous: Number of continuous codes, one mean each.
        learned_stddev: Whether to also return the logarithm of Q's standard deviation
            for each continuous code.
        negative_slope: LeakyReLU's slope below zero; the authors' code uses 0.01.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: the paper's appendix C.1, table 1; initial weights as in the generator.
    """
    seeds = layer_seeds(seed)

    def hidden(layer: keras.Layer) -> list[keras.Layer]:
        return normalized(layer, layers.LeakyReLU(negative_slope))

    def linear(units: int, name: str) -> keras.Layer:
        return layers.Dense(
            units, kernel_initializer=normal(seeds), dtype="float32", name=name
        )

    trunk = [
        Conv2D(64, 4, kernel_initializer=normal(seeds), **STRIDED, name="down_1"),
        layers.LeakyReLU(negative_slope),
        *hidden(Conv2D(128, 4, **_bare(seeds), **STRIDED, name="down_2")),
        layers.Flatten(),
        *hidden(layers.Dense(1024, **_bare(seeds), name="dense")),
    ]
    images = keras.Input((28, 28, 1))
    features = chained(trunk, images)
    logits = linear(1, "logit")(features)
    recognition = layers.Dense(128, **_bare(seeds), name="recognition")
    size = sum(categorical) + continuous * (2 if learned_stddev else 1)
    codes = linear(size, "codes")(chained(hidden(recognition), features))
    return keras.Model(images, [logits, codes], name="discriminator")


def _bare(seeds: Seeds) -> dict:
    return {"use_bias": False, "kernel_initializer": normal(seeds)}
