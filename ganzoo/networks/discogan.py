"""Generators between two domains of small images, and discriminators (DiscoGAN)."""

import keras
from keras import layers

from ganzoo.layers import Conv2D, Conv2DTranspose
from ganzoo.networks.blocks import (
    STRIDED,
    Seeds,
    check_sizes,
    layer_seeds,
    logit,
    normal,
    normalized,
    tanh,
)

Shape = tuple[int, int, int]


def discogan_generator(
    shape: Shape = (28, 28, 3),
    channels: int | None = None,
    *,
    width: int = 32,
    bottleneck: int = 100,
    negative_slope: float = 0.2,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds a generator that maps images of one domain to another of the same size.

    Maps images `[n, height, width, c]` to `[n, height, width, channels]` in [-1, 1].
    The encoder halves the image by strided 4x4 convolutions, doubling the channels,
    while height and width are even and above 4 (28 to 14 to 7, 32 to 16 to 8 to 4); a
    convolution over the remaining grid reduces it to one vector. The decoder mirrors
    the encoder. Batch normalization in all but the first and last layers; LeakyReLU in
    the encoder, ReLU in the decoder.

    Args:
        shape: Height, width and channels of the input images.
        channels: Number of output channels; by default the same as the input's.
        width: Number of channels after the first convolution. With 32 a 28x28 image
            costs about 5 million multiplications, which two CPU cores can train; the
            paper uses 64, on 64x64 pixels.
        bottleneck: Length of the vector between encoder and decoder.
        negative_slope: LeakyReLU's slope below zero.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: Kim et al. 2017; the bottleneck, the slope and the places of the
    normalization follow the authors' code, whose pixels are in [0, 1] after a sigmoid.
    Initial weights: normal, stddev 0.02, as in DCGAN.

    Raises:
        ValueError: A width is below 1, or the size cannot be halved.
    """
    check_sizes(width=width, bottleneck=bottleneck)
    seeds = layer_seeds(seed)
    rest, widths = _halvings(shape, width)
    stack = [keras.Input(shape)]
    for number, filters in enumerate(widths, start=1):
        stack += _down(filters, negative_slope, seeds, number)
    vector = Conv2D(bottleneck, rest, **_bare(seeds), name="vector")
    stack += normalized(vector, layers.LeakyReLU(negative_slope))
    stack += normalized(Conv2DTranspose(widths[-1], rest, **_bare(seeds), name="grid"))
    for number, filters in enumerate(widths[-2::-1], start=1):
        options = _bare(seeds) | STRIDED
        stack += normalized(Conv2DTranspose(filters, 4, **options, name=f"up_{number}"))
    options = {"kernel_initializer": normal(seeds)} | STRIDED
    stack += [
        Conv2DTranspose(channels or shape[2], 4, **options, name="pixels"),
        tanh(),
    ]
    return keras.Sequential(stack, name="generator")


def discogan_discriminator(
    shape: Shape = (28, 28, 3),
    *,
    width: int = 32,
    negative_slope: float = 0.2,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the discriminator of one domain.

    Maps images `[n, height, width, channels]` to logits `[n, 1]`: the generator's
    encoder, then one unit over the remaining grid. The loss applies the sigmoid.

    Args:
        shape: Height, width and channels of the images.
        width: Number of channels after the first convolution.
        negative_slope: LeakyReLU's slope below zero.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: same as `discogan_generator`.

    Raises:
        ValueError: The width is below 1, or the size cannot be halved.
    """
    check_sizes(width=width)
    seeds = layer_seeds(seed)
    _, widths = _halvings(shape, width)
    stack = [keras.Input(shape)]
    for number, filters in enumerate(widths, start=1):
        stack += _down(filters, negative_slope, seeds, number)
    stack += [layers.Flatten(), logit(normal(seeds))]
    return keras.Sequential(stack, name="discriminator")


def _halvings(shape: Shape, width: int) -> tuple[tuple[int, int], list[int]]:
    """Returns the size after all halvings, and the channels after each halving."""
    height, columns = shape[:2]
    widths: list[int] = []
    while height % 2 == columns % 2 == 0 and (min(height, columns) > 4 or not widths):
        height, columns = height // 2, columns // 2
        widths.append(width * 2 ** len(widths))
    if not widths:
        raise ValueError(f"shape={shape}: height and width must be even to be halved.")
    return (height, columns), widths


def _down(
    filters: int, negative_slope: float, seeds: Seeds, number: int
) -> list[keras.Layer]:
    options = _bare(seeds) | {"use_bias": number == 1} | STRIDED
    layer = Conv2D(filters, 4, **options, name=f"down_{number}")
    activation = layers.LeakyReLU(negative_slope)
    return normalized(layer, activation) if number > 1 else [layer, activation]


def _bare(seeds: Seeds) -> dict:
    return {"use_bias": False, "kernel_initializer": normal(seeds)}
