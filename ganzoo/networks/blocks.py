"""Pieces that several networks are built of."""

import itertools
from collections.abc import Iterator

import keras
import numpy as np
from keras import KerasTensor, layers

from ganzoo.layers import BatchNormalization, Pack, Unpack

Seeds = Iterator[int | None]
# Options of a convolution that halves the size, or a transposed one that doubles it.
STRIDED = {"strides": 2, "padding": "same"}


def layer_seeds(seed: int | None) -> Seeds:
    """Yields one seed per layer: layers with equal seeds would start equal.

    Args:
        seed: Seed of at least 0; None yields None forever.
    """
    if seed is None:
        yield from itertools.repeat(None)
    sequence = np.random.SeedSequence(seed)
    while True:
        yield int(sequence.spawn(1)[0].generate_state(1)[0])


def glorot(seeds: Seeds) -> keras.initializers.Initializer:
    """Returns Keras's default initializer of dense and convolutional layers, seeded."""
    return keras.initializers.GlorotUniform(seed=next(seeds))


def normal(seeds: Seeds | None = None) -> keras.initializers.Initializer:
    """Returns DCGAN's initializer (Radford et al. 2016, section 4)."""
    seed = None if seeds is None else next(seeds)
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def normalized(
    layer: keras.Layer, activation: keras.Layer | None = None
) -> list[keras.Layer]:
    """Returns a layer, batch normalization, and an activation, by default ReLU."""
    norm = BatchNormalization(name=f"{layer.name}_norm")
    return [layer, norm, layers.ReLU() if activation is None else activation]


def tanh(name: str | None = None) -> keras.Layer:
    """Returns the last layer of a generator of images in [-1, 1].

    Pixels are in float32, whatever the precision of the layers before.
    """
    return layers.Activation("tanh", dtype="float32", name=name)


def logit(initializer: keras.initializers.Initializer | str) -> keras.Layer:
    """Returns the last layer of a discriminator, in float32 under any precision."""
    return layers.Dense(
        1, kernel_initializer=initializer, dtype="float32", name="logit"
    )


def chained(stack: list[keras.Layer], tensor: KerasTensor) -> KerasTensor:
    """Applies layers to a tensor, one after another."""
    for layer in stack:
        tensor = layer(tensor)
    return tensor


def in_packs(stack: list[keras.Layer], size: int) -> list[keras.Layer]:
    """Returns the layers of a discriminator that sees `size` examples at once.

    Source: Lin et al. 2018, PacGAN; see `ganzoo.layers.Pack`.
    """
    return [Pack(size), *stack, Unpack(size)] if size > 1 else stack


def check_sizes(least: int = 1, **sizes: int) -> None:
    """Refuses sizes that are not whole numbers of at least the smallest one."""
    for name, size in sizes.items():
        if not isinstance(size, int) or size < least:
            raise ValueError(
                f"{name}={size!r} must be a whole number of at least {least}."
            )
