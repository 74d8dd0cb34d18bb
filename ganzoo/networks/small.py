"""Small networks that learn 28x28 digits in a minute or two on two CPU cores."""

import keras
from keras import layers

from ganzoo.layers import Conv2D, Conv2DTranspose, LeakyReLU
from ganzoo.networks.blocks import STRIDED, chained, normalized, tanh
from ganzoo.networks.conditional import label_inputs, logit_of

KERNEL = 4  # twice the stride, so that every pixel is covered equally often


def small_generator(
    latent_dim: int = 64,
    *,
    shape: tuple[int, int, int] = (28, 28, 1),
    width: int = 16,
    num_classes: int | None = None,
) -> keras.Model:
    """Builds the generator: two dense layers and two transposed convolutions.

    Maps noise `[n, latent_dim]` to 4 width units, 7x7x(2 width), 14x14x(width) and
    images `[n, 28, 28, 1]` in [-1, 1], with batch normalization and ReLU between them.
    120,000 weights for a width of 16. Images of another shape start from a quarter of
    their height and width.

    With `num_classes` it takes `[noise, labels]` and concatenates one-hot labels to the
    noise (Mirza & Osindero 2014).

    Args:
        latent_dim: Size of the noise.
        shape: Height, width and channels of the images.
        width: Number of channels of the last hidden layer.
        num_classes: Number of classes; None for an unconditional generator.

    Source: InfoGAN's generator (Chen et al. 2016, appendix C.1) at a quarter of its
    width, with a sixteenth of the first layer's units.

    Raises:
        ValueError: There are fewer than two classes, or the height or width is not a
            multiple of 4.
    """
    height, columns = _quarter(shape)

    bare = {"use_bias": False}
    units = height * columns * 2 * width
    noise = keras.Input((latent_dim,))
    labels, chosen = label_inputs(num_classes)
    stack = [
        *normalized(layers.Dense(4 * width, **bare, name="dense")),
        *normalized(layers.Dense(units, **bare, name="project")),
        layers.Reshape((height, columns, 2 * width)),
        *normalized(Conv2DTranspose(width, KERNEL, **bare, **STRIDED, name="up_1")),
        Conv2DTranspose(shape[-1], KERNEL, **STRIDED, name="up_2"),
        tanh(),
    ]
    images = chained(stack, layers.Concatenate()([noise, *chosen]) if chosen else noise)
    return keras.Model([noise, *labels] if labels else noise, images, name="generator")


def small_discriminator(
    *,
    shape: tuple[int, int, int] = (28, 28, 1),
    width: int = 16,
    num_classes: int | None = None,
    negative_slope: float = 0.2,
) -> keras.Model:
    """Builds the discriminator: two strided convolutions and two dense layers.

    Maps images `[n, 28, 28, 1]` to 14x14x(width / 2), 7x7x(width), 8 width units and
    logits `[n, 1]`, with LeakyReLU and without normalization. 100,000 weights for a
    width of 16. The loss applies the sigmoid.

    With `num_classes` it takes `[images, labels]`, and the logit has a projection on
    the class (see `ganzoo.networks.conditional.logit_of`).

    Args:
        shape: Height, width and channels of the images.
        width: Number of channels of the second layer; even.
        num_classes: Number of classes; None for an unconditional discriminator.
        negative_slope: LeakyReLU's slope below zero.

    Source: as in `small_generator`.

    Raises:
        ValueError: There are fewer than two classes, or the height or width is not a
            multiple of 4.
    """
    _quarter(shape)
    images = keras.Input(shape)
    labels, chosen = label_inputs(num_classes)
    stack = [
        Conv2D(width // 2, KERNEL, name="down_1", **STRIDED),
        LeakyReLU(negative_slope),
        Conv2D(width, KERNEL, name="down_2", **STRIDED),
        LeakyReLU(negative_slope),
        layers.Flatten(),
        layers.Dense(8 * width, name="dense"),
        LeakyReLU(negative_slope),
    ]
    logit = logit_of(chained(stack, images), chosen)
    return keras.Model(
        [images, *labels] if labels else images, logit, name="discriminator"
    )


def _quarter(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Returns a quarter of the height and of the width."""
    height, width, _ = shape
    if height % 4 or width % 4:
        raise ValueError(f"shape={shape}: height and width must be multiples of 4.")
    return height // 4, width // 4
