"""Fully connected networks, for digits and for points in the plane."""

from collections.abc import Sequence

import keras
from keras import layers

from ganzoo.layers import Dropout, MinibatchDiscrimination
from ganzoo.networks.blocks import (
    Seeds,
    glorot,
    in_packs,
    layer_seeds,
    logit,
    normalized,
    tanh,
)


def mnist_mlp_generator(
    latent_dim: int = 100,
    *,
    units: Sequence[int] = (256, 512, 1024),
    negative_slope: float = 0.2,
    batch_norm: bool = False,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the fully connected generator of 28x28 digits, for the vanilla GAN.

    Maps noise `[n, latent_dim]` to images `[n, 28, 28, 1]` in [-1, 1]: dense layers
    with LeakyReLU, then tanh.

    Args:
        latent_dim: Size of the noise.
        units: Number of units of each hidden layer.
        negative_slope: LeakyReLU's slope below zero; 0 is ReLU.
        batch_norm: Whether to use batch normalization in the hidden layers.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: modeled on Goodfellow et al. 2014, section 5, whose generator of digits is
    fully connected, too (with ReLU and sigmoid units).
    """
    seeds = layer_seeds(seed)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *hidden_layers(units, negative_slope, seeds, batch_norm=batch_norm),
            layers.Dense(28 * 28, kernel_initializer=glorot(seeds), name="pixels"),
            tanh(),
            layers.Reshape((28, 28, 1), dtype="float32"),
        ],
        name="generator",
    )


def mnist_mlp_discriminator(
    *,
    units: Sequence[int] = (1024, 512, 256),
    negative_slope: float = 0.2,
    dropout: float = 0.3,
    num_kernels: int = 0,
    across_replicas: bool = True,
    packing: int = 1,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the fully connected discriminator of 28x28 digits, for the vanilla GAN.

    Maps images `[n, 28, 28, 1]` to logits `[n, 1]`: dense layers with LeakyReLU and
    dropout, then one dense unit. The loss applies the sigmoid.

    Args:
        units: Number of units of each hidden layer.
        negative_slope: LeakyReLU's slope below zero; 0 is ReLU.
        dropout: Fraction of the activations to drop.
        num_kernels: Number of kernels of minibatch discrimination before the last
            layer, e.g. 50; 0 for none. See `ganzoo.layers.MinibatchDiscrimination`.
        across_replicas: Whether minibatch discrimination sees the global batch.
        packing: Number of examples that it sees at once (PacGAN; Lin et al. 2018); it
            must divide the batch.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: modeled on Goodfellow et al. 2014, section 5, whose discriminator of digits
    is fully connected with dropout, too (with maxout units).
    """
    seeds = layer_seeds(seed)
    stack = [
        layers.Flatten(),
        *hidden_layers(units, negative_slope, seeds, dropout),
        *minibatch_discrimination(num_kernels, across_replicas, seeds),
        logit(glorot(seeds)),
    ]
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *in_packs(stack, packing)], name="discriminator"
    )


def point_generator(
    latent_dim: int = 256, *, units: Sequence[int] = (128, 128), seed: int | None = None
) -> keras.Sequential:
    """Builds the generator of points in the plane.

    Maps noise `[n, latent_dim]` to points `[n, 2]`: two hidden layers of 128 ReLU units
    and a linear one. Initial weights are orthogonal, scaled by 0.8.

    Args:
        latent_dim: Size of the noise.
        units: Number of units of each hidden layer.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: Metz et al. 2017, "Unrolled generative adversarial networks", appendix A.
    """
    seeds = layer_seeds(seed)
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *_rectified(units, seeds),
            layers.Dense(
                2, kernel_initializer=_orthogonal(seeds), dtype="float32", name="point"
            ),
        ],
        name="generator",
    )


def point_discriminator(
    *,
    units: Sequence[int] = (128,),
    num_kernels: int = 0,
    across_replicas: bool = True,
    packing: int = 1,
    seed: int | None = None,
) -> keras.Sequential:
    """Builds the discriminator of points in the plane.

    Maps points `[n, 2]` to logits `[n, 1]`: the coordinates divided by 4, one hidden
    layer of 128 ReLU units and a linear one. Initial weights are orthogonal, scaled by
    0.8.

    Args:
        units: Number of units of each hidden layer.
        num_kernels: Number of kernels of minibatch discrimination before the last
            layer; 0, as in the source, for none.
        across_replicas: Whether minibatch discrimination sees the global batch.
        packing: Number of examples that it sees at once (PacGAN; Lin et al. 2018); it
            must divide the batch.
        seed: Seed of the initial weights; None uses Keras's global seed.

    Source: Metz et al. 2017, "Unrolled generative adversarial networks", appendix A.
    """
    seeds = layer_seeds(seed)
    stack = [
        layers.Rescaling(1 / 4),
        *_rectified(units, seeds),
        *minibatch_discrimination(num_kernels, across_replicas, seeds),
        logit(_orthogonal(seeds)),
    ]
    return keras.Sequential(
        [keras.Input((2,)), *in_packs(stack, packing)], name="discriminator"
    )


def minibatch_discrimination(
    kernels: int, across_replicas: bool, seeds: Seeds
) -> list[keras.Layer]:
    """Returns the layer in a list, which is empty for 0 kernels."""
    if kernels == 0:
        return []
    return [
        MinibatchDiscrimination(
            kernels,
            across_replicas=across_replicas,
            initializer=glorot(seeds),
            name="similarities",
        )
    ]


def hidden_layers(
    units: Sequence[int],
    negative_slope: float,
    seeds: Seeds,
    dropout: float | None = None,
    batch_norm: bool = False,
) -> list[keras.Layer]:
    """Returns dense layers with LeakyReLU, and normalization or dropout if given."""
    stack = []
    for number, width in enumerate(units, start=1):
        layer = layers.Dense(
            width,
            use_bias=not batch_norm,
            kernel_initializer=glorot(seeds),
            name=f"dense_{number}",
        )
        activation = layers.LeakyReLU(negative_slope)
        stack += normalized(layer, activation) if batch_norm else [layer, activation]
        stack += [] if dropout is None else [Dropout(dropout)]
    return stack


def _rectified(units: Sequence[int], seeds: Seeds) -> list[keras.Layer]:
    return [
        layers.Dense(
            width,
            activation="relu",
            kernel_initializer=_orthogonal(seeds),
            name=f"dense_{number}",
        )
        for number, width in enumerate(units, start=1)
    ]


def _orthogonal(seeds: Seeds) -> keras.initializers.Initializer:
    return keras.initializers.Orthogonal(gain=0.8, seed=next(seeds))
