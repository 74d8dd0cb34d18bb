"""Generators and discriminators of 32x32 color images, the size of CIFAR-10.

Costs are given in MFLOP per image: millions of multiplications and additions in one
forward pass. Training takes about three times as much for each pass of a network.
"""

import keras
from keras import layers

from ganzoo.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    LeakyReLU,
    SpectralNormalization,
)
from ganzoo.networks.blocks import STRIDED, layer_seeds, logit, normal, normalized, tanh
from ganzoo.networks.dcgan import dcgan_discriminator, dcgan_generator
from ganzoo.networks.mlp import hidden_layers

SHAPE = (32, 32, 3)


# -------------------------------------------------------------------------- MLP-GAN


def cifar10_mlp_generator(
    latent_dim: int = 128,
    *,
    width: int = 256,
    negative_slope: float = 0.01,
    batch_norm: bool = False,
) -> keras.Sequential:
    """Builds the fully connected generator.

    Maps noise `[n, latent_dim]` to images `[n, 32, 32, 3]` in [-1, 1]: dense layers of
    width, 2 width and 4 width units with LeakyReLU, then tanh.

    Args:
        latent_dim: Size of the noise.
        width: Number of units of the first layer. 256: 7.7 MFLOP per image, 64: 1.7
            MFLOP.
        negative_slope: LeakyReLU's slope below zero.
        batch_norm: Whether to use batch normalization in the hidden layers.

    Source: the CIFAR-10 report's MLP-GAN, which names the kinds of layers and not their
    sizes; these are those of `mnist_mlp_generator`.
    """
    units = [width, 2 * width, 4 * width]
    pixels = SHAPE[0] * SHAPE[1] * SHAPE[2]
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *hidden_layers(
                units, negative_slope, layer_seeds(None), batch_norm=batch_norm
            ),
            layers.Dense(pixels, name="pixels"),
            tanh(),
            layers.Reshape(SHAPE, dtype="float32"),
        ],
        name="generator",
    )


def cifar10_mlp_discriminator(
    *, width: int = 256, negative_slope: float = 0.01, dropout: float = 0.3
) -> keras.Sequential:
    """Builds the fully connected discriminator.

    Maps images `[n, 32, 32, 3]` to logits `[n, 1]`: dense layers of 4 width, 2 width
    and width units with LeakyReLU and dropout, then one dense unit. The loss applies
    the sigmoid.

    Args:
        width: Units of the last hidden layer. 256: 7.6 MFLOP per image, 64: 1.7 MFLOP.
        negative_slope: LeakyReLU's slope below zero.
        dropout: Fraction of the activations to drop.

    Source: the CIFAR-10 report's MLP-GAN, which names the kinds of layers and not their
    sizes; these are those of `mnist_mlp_discriminator`.
    """
    units = [4 * width, 2 * width, width]
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Flatten(),
            *hidden_layers(units, negative_slope, layer_seeds(None), dropout),
            logit("glorot_uniform"),
        ],
        name="discriminator",
    )


# --------------------------------------------------------------------------- DC-GAN


def cifar10_dcgan_generator(
    latent_dim: int = 128, *, width: int = 64
) -> keras.Sequential:
    """Builds the DC-GAN generator: `dcgan_generator` with the report's noise.

    Maps noise `[n, latent_dim]` to 4x4x(4 width), 8x8x(2 width), 16x16x(width) and
    images `[n, 32, 32, 3]` in [-1, 1]. Radford et al. 2016 count the dense layer that
    reshapes the noise as the first layer of the stack, not as a hidden one.

    Args:
        latent_dim: Size of the noise.
        width: Channels of the last hidden layer. 64: 56 MFLOP per image, 16: 4.2 MFLOP.

    Source: the CIFAR-10 report's DC-GAN; Radford et al. 2016, section 3.
    """
    return dcgan_generator(latent_dim, size=32, channels=3, filters=width)


def cifar10_dcgan_discriminator(
    *, width: int = 64, negative_slope: float = 0.01, batch_norm: bool = True
) -> keras.Sequential:
    """Builds the DC-GAN discriminator: `dcgan_discriminator` with the report's slope.

    Maps images `[n, 32, 32, 3]` to 16x16x(width), 8x8x(2 width), 4x4x(4 width) and
    logits `[n, 1]`. The loss applies the sigmoid.

    Args:
        width: Channels of the first layer. 64: 55 MFLOP per image, 16: 3.9 MFLOP.
        negative_slope: LeakyReLU's slope below zero.
        batch_norm: Whether to use batch normalization; False builds the critic of a
            WGAN-GP.

    Source: the CIFAR-10 report's DC-GAN; Radford et al. 2016, section 3.
    """
    return dcgan_discriminator(
        size=32,
        channels=3,
        filters=width,
        negative_slope=negative_slope,
        batch_norm=batch_norm,
    )


# ------------------------------------------------------------------------- SN-DCGAN


def cifar10_sndcgan_generator(
    latent_dim: int = 128, *, width: int = 64
) -> keras.Sequential:
    """Builds the generator of the "standard CNN" pair of SN-GAN.

    Maps noise `[n, latent_dim]` to images `[n, 32, 32, 3]` in [-1, 1]: a dense layer to
    4x4x(8 width), transposed 4x4 convolutions to 8x8x(4 width), 16x16x(2 width) and
    32x32x(width), and a 3x3 convolution to the pixels; batch normalization and ReLU
    between them. Layers before a normalization have no bias.

    Args:
        latent_dim: Size of the noise.
        width: Channels of the last hidden layer. 64, the paper's: 207 MFLOP per image,
            16: 14.0 MFLOP.

    Source: Miyato et al. 2018, table 3a; the normalization of the dense layer and the
    initial weights (normal, stddev 0.02) follow the authors' code.
    """
    project = layers.Dense(
        4 * 4 * 8 * width, use_bias=False, kernel_initializer=normal(), name="project"
    )
    stack = [
        keras.Input((latent_dim,)),
        project,
        layers.Reshape((4, 4, 8 * width)),
        BatchNormalization(name="project_norm"),
        layers.ReLU(),
    ]
    for number, factor in enumerate((4, 2, 1), start=1):
        options = {"use_bias": False, "kernel_initializer": normal()} | STRIDED
        layer = Conv2DTranspose(factor * width, 4, **options, name=f"up_{number}")
        stack += normalized(layer)
    stack += [
        Conv2D(3, 3, padding="same", kernel_initializer=normal(), name="pixels"),
        tanh(),
    ]
    return keras.Sequential(stack, name="generator")


def cifar10_sndcgan_discriminator(
    *, width: int = 64, negative_slope: float = 0.1, power_iterations: int = 1
) -> keras.Sequential:
    """Builds the discriminator of the "standard CNN" pair of SN-GAN.

    Maps images `[n, 32, 32, 3]` to logits `[n, 1]`: at 32, 16 and 8 pixels a 3x3
    convolution and a 4x4 one that halves the size, of width, 2 width and 4 width
    channels; a 3x3 convolution to 4x4x(8 width) and one dense unit. Every layer has
    LeakyReLU and spectral normalization. The loss applies the sigmoid or the hinge.

    Args:
        width: Channels of the first layer. 64, the paper's: 217 MFLOP per image, 16:
            14.3 MFLOP.
        negative_slope: LeakyReLU's slope below zero.
        power_iterations: Number of power iterations per update; see
            `ganzoo.layers.SpectralNormalization`.

    Source: Miyato et al. 2018, table 3b; initial weights (normal, stddev 0.02) as in
    the authors' code, which doubles the channels in the 4x4 convolutions instead.
    """

    def spectral(layer: keras.Layer) -> keras.Layer:
        return SpectralNormalization(
            layer, power_iterations=power_iterations, name=layer.name
        )

    def convolution(filters: int, size: int, name: str) -> list[keras.Layer]:
        layer = Conv2D(
            filters,
            size,
            strides=1 if size == 3 else 2,
            padding="same",
            kernel_initializer=normal(),
            name=name,
        )
        return [spectral(layer), LeakyReLU(negative_slope)]

    stack = [keras.Input(SHAPE)]
    for number, factor in enumerate((1, 2, 4), start=1):
        stack += convolution(factor * width, 3, f"conv_{number}")
        stack += convolution(factor * width, 4, f"down_{number}")
    stack += convolution(8 * width, 3, "conv_4")
    stack += [layers.Flatten(), spectral(logit(normal()))]
    return keras.Sequential(stack, name="discriminator")
