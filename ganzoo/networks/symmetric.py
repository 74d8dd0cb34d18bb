"""A generator between two domains that separates geometry from color."""

from typing import Any

import keras
from keras import layers

from ganzoo.layers import SquareSymmetries
from ganzoo.networks.blocks import check_sizes, glorot, layer_seeds, tanh

Shape = tuple[int, int, int]


def symmetric_generator(
    shape: Shape = (28, 28, 3),
    channels: int | None = None,
    *,
    width: int = 16,
    sharpness: float = 2.0,
    negative_slope: float = 0.2,
    seed: int | None = None,
) -> keras.Model:
    """Builds a generator that rotates or mirrors an image and repaints it.

    Maps images `[n, side, side, c]` to `[n, side, side, channels]` in [-1, 1]. First
    comes one of the eight symmetries of the square, which training selects; then
    convolutions of 3x3, 1x1 and 3x3 pixels, which can only change the image locally.
    Two strided convolutions and a dense layer over the whole image compute global
    properties, such as its hue, and apply them as one gain per channel.

    A generator with a bottleneck may permute the digits of two domains: a one as a
    zero, and back, is as consistent as the true mapping. This one is too simple for
    that.

    Args:
        shape: Height, width and channels of the input images.
        channels: Number of output channels; by default the same as the input's.
        width: Number of channels of the hidden layers.
        sharpness: Factor on the scores of the symmetries; see
            `ganzoo.layers.SquareSymmetries`.
        negative_slope: LeakyReLU's slope below zero.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: ours; the gains follow Perez et al. 2018 (FiLM) without the shifts. For why
    it should be simple, see `ganzoo.layers.SquareSymmetries`.

    Raises:
        ValueError: The width is below 1, or the images are not square.
    """
    check_sizes(width=width)
    seeds = layer_seeds(seed)

    def convolution(filters: int, size: int, name: str, **options: Any) -> keras.Layer:
        return layers.Conv2D(
            filters,
            size,
            padding="same",
            kernel_initializer=glorot(seeds),
            name=name,
            **options,
        )

    def dense(units: int, name: str) -> keras.Layer:
        return layers.Dense(units, kernel_initializer=glorot(seeds), name=name)

    images = keras.Input(shape)
    turned = SquareSymmetries(sharpness, name="symmetries")(images)
    whole = turned
    for number in (1, 2):
        down = convolution(width * number, 4, f"down_{number}", strides=2)
        whole = layers.LeakyReLU(negative_slope)(down(whole))
    whole = dense(2 * width, "whole")(layers.Flatten()(whole))
    whole = layers.LeakyReLU(negative_slope)(whole)
    drawn = turned
    for number, size in ((1, 3), (2, 1)):
        drawn = convolution(width, size, f"paint_{number}")(drawn)
        gain = layers.Reshape((1, 1, width))(dense(width, f"gain_{number}")(whole))
        drawn = layers.Add()([drawn, layers.Multiply()([drawn, gain])])
        drawn = layers.LeakyReLU(negative_slope)(drawn)
    pixels = convolution(channels or shape[2], 3, "pixels")(drawn)
    return keras.Model(images, tanh()(pixels), name="generator")
