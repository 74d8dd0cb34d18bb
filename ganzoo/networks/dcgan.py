"""Convolutional players in the manner of DCGAN (Radford et al. 2016)."""

import keras
from keras import layers

from ganzoo.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dropout


def mnist_generator(latent_dim: int = 100, *, slope: float = 0.3) -> keras.Sequential:
    """Builds the generator of 28x28 digits.

    Noise `[n, latent_dim]` to images `[n, 28, 28, 1]` in [-1, 1]: a dense layer to
    7x7x256, then transposed convolutions to 7x7x128, 14x14x64 and 28x28x1, with batch
    normalisation and LeakyReLU between them. No biases before a normalisation.

    Args:
        latent_dim: Size of the noise.
        slope: LeakyReLU's slope below zero.

    Source: the TensorFlow tutorial's DCGAN, which the MNIST seminar paper follows.
    """

    def transposed(filters: int, *, strides: int, name: str) -> keras.Layer:
        return Conv2DTranspose(
            filters, 5, strides=strides, padding="same", use_bias=False, name=name
        )

    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(7 * 7 * 256, use_bias=False, name="project"),
            BatchNormalization(name="project_norm"),
            layers.LeakyReLU(slope),
            layers.Reshape((7, 7, 256)),
            transposed(128, strides=1, name="up_1"),
            BatchNormalization(name="up_1_norm"),
            layers.LeakyReLU(slope),
            transposed(64, strides=2, name="up_2"),
            BatchNormalization(name="up_2_norm"),
            layers.LeakyReLU(slope),
            transposed(1, strides=2, name="up_3"),
            # Pixels in float32, whatever the precision of the layers before.
            layers.Activation("tanh", dtype="float32"),
        ],
        name="generator",
    )


def mnist_discriminator(
    *, slope: float = 0.3, dropout: float = 0.3
) -> keras.Sequential:
    """Builds the discriminator of 28x28 digits.

    Images `[n, 28, 28, 1]` to logits `[n, 1]`: strided convolutions to 14x14x64 and
    7x7x128, each with LeakyReLU and dropout, then one dense unit. The sigmoid is in the
    loss.

    Args:
        slope: LeakyReLU's slope below zero.
        dropout: Share of the activations dropped.

    Source: the TensorFlow tutorial's DCGAN, which the MNIST seminar paper follows.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            Conv2D(64, 5, strides=2, padding="same", name="down_1"),
            layers.LeakyReLU(slope),
            Dropout(dropout),
            Conv2D(128, 5, strides=2, padding="same", name="down_2"),
            layers.LeakyReLU(slope),
            Dropout(dropout),
            layers.Flatten(),
            layers.Dense(1, dtype="float32", name="logit"),
        ],
        name="discriminator",
    )
