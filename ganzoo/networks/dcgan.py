"""Convolutional generators and discriminators like DCGAN's (Radford et al. 2016)."""

import keras
from keras import layers

from ganzoo.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dropout,
    LeakyReLU,
)
from ganzoo.networks.blocks import STRIDED, logit, normal, normalized, tanh


def mnist_generator(
    latent_dim: int = 100, *, negative_slope: float = 0.3
) -> keras.Sequential:
    """Builds the generator of 28x28 digits.

    Maps noise `[n, latent_dim]` to images `[n, 28, 28, 1]` in [-1, 1]: a dense layer to
    7x7x256, then transposed convolutions to 7x7x128, 14x14x64 and 28x28x1, with batch
    normalization and LeakyReLU between them. Layers before a normalization have no
    bias.

    Args:
        latent_dim: Size of the noise.
        negative_slope: LeakyReLU's slope below zero.

    Source: the TensorFlow tutorial's DCGAN, which the MNIST seminar paper follows.
    """

    def hidden(layer: keras.Layer) -> list[keras.Layer]:
        return normalized(layer, LeakyReLU(negative_slope))

    bare = {"padding": "same", "use_bias": False}
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *hidden(layers.Dense(7 * 7 * 256, use_bias=False, name="project")),
            layers.Reshape((7, 7, 256)),
            *hidden(Conv2DTranspose(128, 5, **bare, name="up_1")),
            *hidden(Conv2DTranspose(64, 5, strides=2, **bare, name="up_2")),
            Conv2DTranspose(1, 5, strides=2, **bare, name="up_3"),
            tanh(),
        ],
        name="generator",
    )


def mnist_discriminator(
    *, negative_slope: float = 0.3, dropout: float = 0.3
) -> keras.Sequential:
    """Builds the discriminator of 28x28 digits.

    Maps images `[n, 28, 28, 1]` to logits `[n, 1]`: strided convolutions to 14x14x64
    and 7x7x128, each with LeakyReLU and dropout, then one dense unit. The loss applies
    the sigmoid.

    Args:
        negative_slope: LeakyReLU's slope below zero.
        dropout: Fraction of the activations to drop.

    Source: the TensorFlow tutorial's DCGAN, which the MNIST seminar paper follows.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            Conv2D(64, 5, **STRIDED, name="down_1"),
            LeakyReLU(negative_slope),
            Dropout(dropout),
            Conv2D(128, 5, **STRIDED, name="down_2"),
            LeakyReLU(negative_slope),
            Dropout(dropout),
            layers.Flatten(),
            logit("glorot_uniform"),
        ],
        name="discriminator",
    )


def dcgan_generator(
    latent_dim: int = 100, *, size: int = 32, channels: int = 3, filters: int = 64
) -> keras.Sequential:
    """Builds a DCGAN generator of square images.

    Maps noise `[n, latent_dim]` to images `[n, size, size, channels]` in [-1, 1]: a
    dense layer to 4x4, then transposed 5x5 convolutions that double the size, the last
    hidden one with `filters` channels and each before it with twice as many; batch
    normalization and ReLU between them. Layers before a normalization have no bias.

    Args:
        latent_dim: Size of the noise.
        size: Height and width of the images: 8, 16, 32, ...
        channels: Number of channels of the images, 1 or 3.
        filters: Number of channels of the last hidden layer.

    Source: Radford et al. 2016, section 3; initial weights: normal, stddev 0.02.

    Raises:
        ValueError: Doubling 4 does not reach the size.
    """
    doublings = _doublings(size)
    widest = filters * 2 ** (doublings - 1)
    project = layers.Dense(
        4 * 4 * widest, use_bias=False, kernel_initializer=normal(), name="project"
    )
    stack = [
        keras.Input((latent_dim,)),
        project,
        layers.Reshape((4, 4, widest)),
        BatchNormalization(name="project_norm"),
        layers.ReLU(),
    ]
    for number in range(1, doublings):
        filters, name = widest // 2**number, f"up_{number}"
        stack += normalized(_transposed(filters, name, use_bias=False))
    stack += [_transposed(channels, f"up_{doublings}"), tanh()]
    return keras.Sequential(stack, name="generator")


def dcgan_discriminator(
    *,
    size: int = 32,
    channels: int = 3,
    filters: int = 64,
    negative_slope: float = 0.2,
    batch_norm: bool = True,
) -> keras.Sequential:
    """Builds a DCGAN discriminator of square images.

    Maps images `[n, size, size, channels]` to logits `[n, 1]`: 5x5 convolutions that
    halve the size down to 4x4, the first with `filters` channels and each with twice as
    many as the one before; batch normalization in all but the first, LeakyReLU; then
    one dense unit. The loss applies the sigmoid.

    Args:
        size: Height and width of the images: 8, 16, 32, ...
        channels: Number of channels of the images, 1 or 3.
        filters: Number of channels of the first layer.
        negative_slope: LeakyReLU's slope below zero.
        batch_norm: Whether to use batch normalization; not with a gradient penalty.

    Source: Radford et al. 2016, section 3; initial weights: normal, stddev 0.02.

    Raises:
        ValueError: Halving the size does not reach 4.
    """
    stack = [keras.Input((size, size, channels))]
    for number in range(_doublings(size)):
        norm = batch_norm and number > 0
        layer = Conv2D(
            filters * 2**number,
            5,
            use_bias=not norm,
            kernel_initializer=normal(),
            name=f"down_{number + 1}",
            **STRIDED,
        )
        activation = LeakyReLU(negative_slope)
        stack += normalized(layer, activation) if norm else [layer, activation]
    stack += [layers.Flatten(), logit(normal())]
    return keras.Sequential(stack, name="discriminator")


def _doublings(size: int) -> int:
    doublings = max(size // 4, 1).bit_length() - 1
    if doublings < 1 or 4 * 2**doublings != size:
        raise ValueError(f"size={size} must be 4 doubled a few times: 8, 16, 32, ...")
    return doublings


def _transposed(filters: int, name: str, use_bias: bool = True) -> keras.Layer:
    return Conv2DTranspose(
        filters, 5, use_bias=use_bias, kernel_initializer=normal(), name=name, **STRIDED
    )
