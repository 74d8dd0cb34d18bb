"""Convolutional networks for stacked MNIST, the discriminator a fraction as wide."""

import keras
from keras import layers

from ganzoo.layers import BatchNormalization, Conv2D, Conv2DTranspose
from ganzoo.networks.blocks import (
    STRIDED,
    glorot,
    in_packs,
    layer_seeds,
    logit,
    normal,
    normalized,
    tanh,
)
from ganzoo.networks.mlp import minibatch_discrimination


def stacked_generator(
    latent_dim: int = 256, *, filters: int = 8, seed: int | None = None
) -> keras.Sequential:
    """Builds the generator of three digits in the three channels of 28x28 images.

    Maps noise `[n, latent_dim]` to images `[n, 28, 28, 3]` in [-1, 1]: a dense layer to
    4x4x64, transposed 3x3 convolutions to 7x7x32, 14x14x16 and 28x28x8, each with batch
    normalization and ReLU, and a convolution to the three channels. Layers before a
    normalization have no bias.

    Args:
        latent_dim: Size of the noise.
        filters: Number of channels at 28x28; twice, four and eight times as many at the
            smaller sizes.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: Metz et al. 2017, "Unrolled generative adversarial networks", appendix on
    stacked MNIST, in the sizes that the authors of PacGAN (Lin et al. 2018) use to
    reproduce it; initial weights (normal, stddev 0.02) follow their code.

    Raises:
        ValueError: The number of filters is below 1.
    """
    if filters < 1:
        raise ValueError(f"filters={filters} must be at least 1.")
    seeds = layer_seeds(seed)

    def bare() -> dict:
        return {"use_bias": False, "kernel_initializer": normal(seeds)}

    def up(count: int, padding: int, name: str) -> list[keras.Layer]:
        options = bare() | STRIDED | {"output_padding": padding}
        return normalized(Conv2DTranspose(count, 3, **options, name=name))

    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(4 * 4 * 8 * filters, **bare(), name="project"),
            layers.Reshape((4, 4, 8 * filters)),
            BatchNormalization(name="project_norm"),
            layers.ReLU(),
            *up(4 * filters, 0, "up_1"),  # 4 to 7 pixels
            *up(2 * filters, 1, "up_2"),
            *up(filters, 1, "up_3"),
            layers.Conv2D(
                3, 3, padding="same", kernel_initializer=normal(seeds), name="channels"
            ),
            tanh(),
        ],
        name="generator",
    )


def stacked_discriminator(
    fraction: float = 0.25,
    *,
    filters: int = 8,
    negative_slope: float = 0.3,
    batch_norm: bool = True,
    num_kernels: int = 0,
    across_replicas: bool = True,
    packing: int = 1,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the discriminator of images with three digits in the three channels.

    Maps images `[n, 28, 28, 3]` to logits `[n, 1]`: 3x3 convolutions to 14x14, 7x7 and
    4x4, with 8, 16 and 32 channels times the fraction, each with batch normalization
    and LeakyReLU, then one dense unit. The loss applies the sigmoid.

    Args:
        fraction: Width relative to the generator's; the source uses 1/4 and 1/2.
        filters: The generator's number of filters.
        negative_slope: LeakyReLU's slope below zero.
        batch_norm: Whether to use batch normalization; not with a gradient penalty.
        num_kernels: Number of kernels of minibatch discrimination before the last
            layer; 0, as in the source, for none. See
            `ganzoo.layers.MinibatchDiscrimination`.
        across_replicas: Whether minibatch discrimination sees the global batch.
        packing: Number of examples that it sees at once (PacGAN; Lin et al. 2018); it
            must divide the batch.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: same as `stacked_generator`.

    Raises:
        ValueError: The fraction of the filters is not a whole number of at least 1.
    """
    width = filters * fraction
    if width < 1 or width != int(width):
        raise ValueError(
            f"fraction={fraction} of filters={filters} is {width} channels; it must be "
            "a whole number of at least 1."
        )
    seeds = layer_seeds(seed)

    def down(count: int, name: str) -> list[keras.Layer]:
        options = {"use_bias": not batch_norm, "kernel_initializer": normal(seeds)}
        layer = Conv2D(count, 3, **options, **STRIDED, name=name)
        activation = layers.LeakyReLU(negative_slope)
        return normalized(layer, activation) if batch_norm else [layer, activation]

    stack = [
        *down(int(width), "down_1"),
        *down(2 * int(width), "down_2"),
        *down(4 * int(width), "down_3"),
        layers.Flatten(),
        *minibatch_discrimination(num_kernels, across_replicas, seeds),
        logit(normal(seeds)),
    ]
    return keras.Sequential(
        [keras.Input((28, 28, 3)), *in_packs(stack, packing)], name="discriminator"
    )


def stacked_large_discriminator(
    units: int = 512,
    *,
    negative_slope: float = 0.2,
    num_kernels: int = 0,
    across_replicas: bool = True,
    packing: int = 1,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds a wide discriminator of images with three digits in the three channels.

    Maps images `[n, 28, 28, 3]` to logits `[n, 1]`: 4x4 convolutions to 14x14x64 and
    7x7x128 and a dense layer, each with LeakyReLU, then one dense unit. The widths are
    those of InfoGAN's discriminator (Chen et al. 2016, appendix C.1), but without
    normalization, to allow a gradient penalty. The sigmoid is in
    the loss.

    Args:
        units: Number of units of the dense layer; 1024 in the paper.
        negative_slope: LeakyReLU's slope below zero.
        num_kernels: Number of kernels of minibatch discrimination before the last
            layer; 0 for none. See `ganzoo.layers.MinibatchDiscrimination`.
        across_replicas: Whether minibatch discrimination sees the global batch.
        packing: Number of examples that it sees at once (PacGAN; Lin et al. 2018); it
            must divide the batch.
        seed: Seed of the initial weights; None uses Keras's global seed.
    """
    seeds = layer_seeds(seed)

    def down(count: int, name: str) -> list[keras.Layer]:
        start = glorot(seeds)
        layer = Conv2D(count, 4, kernel_initializer=start, **STRIDED, name=name)
        return [layer, layers.LeakyReLU(negative_slope)]

    stack = [
        *down(64, "down_1"),
        *down(128, "down_2"),
        layers.Flatten(),
        layers.Dense(units, kernel_initializer=glorot(seeds), name="dense"),
        layers.LeakyReLU(negative_slope),
        *minibatch_discrimination(num_kernels, across_replicas, seeds),
        logit(glorot(seeds)),
    ]
    return keras.Sequential(
        [keras.Input((28, 28, 3)), *in_packs(stack, packing)], name="discriminator"
    )
