"""The refiner and the discriminator of SimGAN (Shrivastava et al. 2017).

Costs are given in MFLOP per image of 32x32 pixels: millions of multiplications and
additions in one forward pass. Training takes about three times as much for each pass of
a network.
"""

import keras
from keras import KerasTensor, layers

from ganzoo.layers import Conv2D
from ganzoo.networks.blocks import check_sizes, layer_seeds, tanh

Shape = tuple[int, int, int]


def simgan_refiner(
    shape: Shape = (32, 32, 3),
    *,
    width: int = 64,
    blocks: int = 4,
    seed: int | None = None,
) -> keras.Model:
    """Builds the refiner: residual, fully convolutional, without strides or pooling.

    Maps images in [-1, 1] to images of the same shape: a 3x3 convolution, residual
    blocks of two 3x3 convolutions each, and a 1x1 convolution to the pixels with tanh.
    ReLU everywhere else. So the refiner changes pixels by their neighborhood only, and
    what the image shows stays in place.

    Args:
        shape: Height, width and channels of the images.
        width: Number of channels of every layer. 64, as in the paper: 608 MFLOP per
            image, 16: 38.7 MFLOP.
        blocks: Number of residual blocks; a pixel depends on 2 blocks + 1 pixels to
            either side.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: section 3.1 of the paper, for 55x35 gray images of eyes; tanh and the
    initial weights (He et al. 2015) are our choice.

    Raises:
        ValueError: The width is below 1, or the number of blocks is negative.
    """
    check_sizes(width=width)
    check_sizes(0, blocks=blocks)
    seeds = layer_seeds(seed)

    def convolved(features: KerasTensor, name: str) -> KerasTensor:
        start = keras.initializers.HeNormal(seed=next(seeds))
        convolution = Conv2D(
            width, 3, padding="same", kernel_initializer=start, name=name
        )
        return convolution(features)

    images = keras.Input(shape)
    features = layers.ReLU()(convolved(images, "conv"))
    for number in range(1, blocks + 1):
        inner = layers.ReLU()(convolved(features, f"block_{number}_conv_1"))
        inner = convolved(inner, f"block_{number}_conv_2")
        features = layers.ReLU()(layers.Add()([features, inner]))
    start = keras.initializers.GlorotNormal(seed=next(seeds))
    pixels = Conv2D(shape[-1], 1, kernel_initializer=start, name="pixels")(features)
    return keras.Model(images, tanh()(pixels), name="refiner")


def simgan_discriminator(
    shape: Shape = (32, 32, 3),
    *,
    width: int = 32,
    negative_slope: float = 0.0,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the local discriminator: a logit for each patch of the image.

    Maps images to logits `[n, h, w, 1]`, at a quarter of their height and width: 3x3
    convolutions with stride 2 to 3 width and 2 width channels, 3x3 max pooling with
    stride 1, a 3x3 and a 1x1 convolution of width channels, and another 1x1 convolution
    to the logit. A logit sees 23x23 pixels. The loss applies the sigmoid.

    Args:
        shape: Height, width and channels of the images.
        width: Number of channels of the last hidden layer. 32, as in the paper: 10.9
            MFLOP per image, 16: 3.1 MFLOP.
        negative_slope: LeakyReLU's slope below zero; 0, as in the paper, is ReLU.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: section 3.1 of the paper, which uses a softmax of two maps in place of the
    logit; the initial weights (He et al. 2015) are our choice.

    Raises:
        ValueError: The width is below 1.
    """
    check_sizes(width=width)
    seeds = layer_seeds(seed)

    def convolution(filters: int, size: int, strides: int, name: str) -> list:
        layer = Conv2D(
            filters,
            size,
            strides=strides,
            padding="same",
            kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
            name=name,
        )
        return [layer, layers.LeakyReLU(negative_slope)]

    start = keras.initializers.GlorotNormal(seed=next(seeds))
    return keras.Sequential(
        [
            keras.Input(shape),
            *convolution(3 * width, 3, 2, "conv_1"),
            *convolution(2 * width, 3, 2, "conv_2"),
            layers.MaxPooling2D(3, strides=1, padding="same"),
            *convolution(width, 3, 1, "conv_3"),
            *convolution(width, 1, 1, "conv_4"),
            Conv2D(1, 1, kernel_initializer=start, dtype="float32", name="logit"),
        ],
        name="discriminator",
    )
