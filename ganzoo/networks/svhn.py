"""DCGAN networks for 32x32 color images of house numbers: one digit, or all ten.

Costs are given in MFLOP per image of 32x32 pixels: millions of multiplications and
additions in one forward pass. Training takes about three times as much for each pass of
a network.
"""

import functools

import keras
from keras import layers

from ganzoo.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dropout,
    LeakyReLU,
)
from ganzoo.networks.blocks import (
    chained,
    check_sizes,
    layer_seeds,
    normal,
    normalized,
    tanh,
)
from ganzoo.networks.conditional import label_inputs, logit_of

SHAPE = (32, 32, 3)


def svhn_generator(
    latent_dim: int = 100,
    *,
    width: int = 32,
    batch_norm: bool = True,
    num_classes: int | None = None,
    seed: int | None = None,
) -> keras.Model:
    """Builds the generator: a dense layer, then three upsamplings with a convolution.

    Maps noise `[n, latent_dim]` to 4x4x(4 width), 8x8x(2 width), 16x16x(width) and
    images `[n, 32, 32, 3]` in [-1, 1]. Upsampling repeats pixels; the transposed 5x5
    convolution after it has stride 1. ReLU, then tanh after the last layer.

    With `num_classes` it takes `[noise, labels]` and concatenates one-hot labels to the
    noise (Mirza & Osindero 2014).

    Args:
        latent_dim: Size of the noise.
        width: Number of channels of the last hidden layer. 32: 57.8 MFLOP per image,
            16: 15.8 MFLOP.
        batch_norm: Batch normalization in hidden layers, as in
            DCGAN.
        num_classes: Number of classes; None for an unconditional generator.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: the SVHN training-images paper, which names the layers but not their widths;
    the rest as in Radford et al. 2016.

    Raises:
        ValueError: The width is below 1, or there are fewer than two classes.
    """
    check_sizes(width=width)
    seeds = layer_seeds(seed)

    def hidden(layer: keras.Layer) -> list[keras.Layer]:
        return normalized(layer) if batch_norm else [layer, layers.ReLU()]

    def deconvolution(filters: int, name: str, use_bias: bool) -> keras.Layer:
        return Conv2DTranspose(
            filters,
            5,
            padding="same",
            use_bias=use_bias,
            kernel_initializer=normal(seeds),
            name=name,
        )

    noise = keras.Input((latent_dim,))
    labels, chosen = label_inputs(num_classes)
    project = layers.Dense(
        4 * 4 * 4 * width,
        use_bias=not batch_norm,
        kernel_initializer=normal(seeds),
        name="project",
    )
    stack = [*hidden(project), layers.Reshape((4, 4, 4 * width))]
    for number, filters in enumerate((2 * width, width), start=1):
        layer = deconvolution(filters, f"up_{number}", not batch_norm)
        stack += [layers.UpSampling2D(2), *hidden(layer)]
    stack += [layers.UpSampling2D(2), deconvolution(3, "up_3", True), tanh()]
    images = chained(stack, layers.Concatenate()([noise, *chosen]) if chosen else noise)
    return keras.Model([noise, *labels] if labels else noise, images, name="generator")


def svhn_discriminator(
    *,
    width: int = 32,
    negative_slope: float = 0.2,
    dropout: float = 0.3,
    batch_norm: bool = False,
    num_classes: int | None = None,
    seed: int | None = None,
) -> keras.Model:
    """Builds the discriminator: three convolutions with pooling, then a dense layer.

    Maps images `[n, 32, 32, 3]` to 16x16x(width), 8x8x(2 width), 4x4x(4 width) and
    logits `[n, 1]`: 5x5 convolutions with LeakyReLU, each followed by mean pooling (max
    pooling would pass the generator's gradient to one pixel in four) and dropout. The
    loss applies the sigmoid.

    With `num_classes` it takes `[images, labels]`, and the logit has a projection on
    the class (see `ganzoo.networks.conditional.logit_of`).

    Args:
        width: Number of channels of the first layer. 32: 57.3 MFLOP per image, 16: 15.6
            MFLOP.
        negative_slope: LeakyReLU's slope below zero.
        dropout: Fraction of the activations to drop.
        batch_norm: Whether to use batch normalization after all convolutions but the
            first, as in DCGAN.
        num_classes: Number of classes; None for an unconditional discriminator.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: same as `svhn_generator`.

    Raises:
        ValueError: The width is below 1, or there are fewer than two classes.
    """
    check_sizes(width=width)
    seeds = layer_seeds(seed)
    images = keras.Input(SHAPE)
    labels, chosen = label_inputs(num_classes)
    features = images
    for number, filters in enumerate((width, 2 * width, 4 * width), start=1):
        normalized = batch_norm and number > 1
        features = Conv2D(
            filters,
            5,
            padding="same",
            use_bias=not normalized,
            kernel_initializer=normal(seeds),
            name=f"down_{number}",
        )(features)
        if normalized:
            features = BatchNormalization(name=f"down_{number}_norm")(features)
        features = layers.AveragePooling2D(2)(LeakyReLU(negative_slope)(features))
        features = Dropout(dropout)(features)
    features = layers.Flatten()(features)
    logit = logit_of(features, chosen, functools.partial(normal, seeds))
    return keras.Model(
        [images, *labels] if labels else images, logit, name="discriminator"
    )
