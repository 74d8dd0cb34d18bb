"""Convolutional networks for pictures of 16 to 128 pixels per side, of any subject.

DCGAN's (Radford et al. 2016), with what trained faster in short pilots on a small set
of pictures: the generator starts from 5 to 10 cells per side instead of 4, its kernels
are as wide as twice the stride, and the discriminator has no normalization, so that its
logit is a function of one picture alone. Both take labels.
"""

import keras
from keras import layers

from ganzoo.layers import (
    Conv2D,
    Conv2DTranspose,
    LeakyReLU,
    SelfAttention,
    SpectralNormalization,
)
from ganzoo.networks.blocks import STRIDED, chained, check_sizes, normalized, tanh
from ganzoo.networks.conditional import label_inputs, logit_of

KERNEL = 4  # twice the stride, so that every pixel is covered equally often
FEWEST_CELLS = 5  # per side, of the grid that the generator starts from
NEGATIVE_SLOPE = 0.2
SIDES = range(16, 129, 16)
MOST_ATTENDED = 16  # cells per side, on which attention works
Shape = tuple[int, int, int]


def picture_generator(
    *,
    shape: Shape = (64, 64, 3),
    latent_dim: int = 128,
    width: int = 32,
    num_classes: int | None = None,
    attention: bool = False,
) -> keras.Model:
    """Builds the generator.

    Maps noise `[n, latent_dim]` to images `[n, *shape]` in [-1, 1]. For 64x64 pixels: a
    dense layer to 8x8x(4 width), then transposed 4x4 convolutions to 16x16x(2 width),
    32x32x(width) and the pixels, with batch normalization and ReLU between them. Other
    shapes start from other grids; see `grids`. 1.3 million weights for 64x64 pixels.

    With `num_classes` it takes `[noise, labels]` and concatenates one-hot labels to the
    noise (Mirza & Osindero 2014), as the sum of two dense layers.

    Args:
        shape: Height and width in pixels, each a multiple of 16 from 16 to 128, and 1,
            3 or 4 channels.
        latent_dim: Size of the noise.
        width: Number of channels at half of the images' height and width.
        num_classes: Number of classes; None for an unconditional generator.
        attention: Whether to add self-attention (Zhang et al. 2019) on the finest grid
            of at most 16 cells per side.

    Source: Radford et al. 2016, section 3, changed as this module says.

    Raises:
        ValueError: The shape is another one, a size is too low, or there are fewer than
            two classes.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    sides = grids(shape)
    depth = len(sides) - 1
    filters = width << (depth - 1)
    noise = keras.Input((latent_dim,))
    labels, chosen = label_inputs(num_classes)
    bare = {"use_bias": False}
    units = sides[depth][0] * sides[depth][1] * filters
    project, *stack = normalized(layers.Dense(units, **bare, name="project"))
    features = project(noise)
    for one_hot in chosen:
        # The same as one dense layer of both, concatenated; but "project" keeps its
        # shape whatever the classes, so that a training can start from other ones.
        by_class = layers.Dense(units, **bare, name="project_labels")(one_hot)
        features = layers.Add()([features, by_class])
    stack.append(layers.Reshape((*sides[depth], filters)))
    for number in range(depth, 0, -1):
        if number < depth:
            filters, name = width << (number - 1), f"up_{number}"
            layer = Conv2DTranspose(filters, KERNEL, **bare, **STRIDED, name=name)
            stack += normalized(layer)
        if attention and number == _attended(sides):
            stack.append(SelfAttention(name="attention"))
    stack += [Conv2DTranspose(shape[2], KERNEL, **STRIDED, name="pixels"), tanh()]
    images = chained(stack, features)
    return keras.Model([noise, *labels] if labels else noise, images, name="generator")


def picture_discriminator(
    *,
    shape: Shape = (64, 64, 3),
    width: int = 32,
    num_classes: int | None = None,
    augmentation: keras.Layer | None = None,
    spectral_norm: bool = False,
    attention: bool = False,
) -> keras.Model:
    """Builds the discriminator.

    Maps images `[n, *shape]` to logits `[n, 1]`. For 64x64 pixels: 4x4 convolutions
    with stride 2 to 32x32x(width), 16x16x(2 width), 8x8x(4 width) and 4x4x(8 width),
    each with LeakyReLU, and one dense unit. Other shapes end at other grids: half of
    those that the generator starts from. 0.7 million weights for 64x64 pixels.

    With `num_classes` it takes `[images, labels]`, and the logit has a projection on
    the class (see `ganzoo.networks.conditional.logit_of`).

    Args:
        shape: Same as for `picture_generator`.
        width: Number of channels of the first layer.
        num_classes: Number of classes; None for an unconditional discriminator.
        augmentation: Layer that the images pass first, such as
            `ganzoo.layers.DiffAugment()`.
        spectral_norm: Whether to divide all kernels by their largest singular values
            (Miyato et al. 2018).
        attention: Whether to add self-attention (Zhang et al. 2019) on the finest grid
            of at most 16 cells per side.

    Source: same as `picture_generator`.

    Raises:
        ValueError: Same as for `picture_generator`.
    """
    check_sizes(width=width)
    sides = grids(shape)

    def wrapped(layer: keras.Layer) -> keras.Layer:
        return SpectralNormalization(layer) if spectral_norm else layer

    images = keras.Input(shape)
    labels, chosen = label_inputs(num_classes)
    stack = [] if augmentation is None else [augmentation]
    for number in range(1, len(sides) + 1):
        filters, name = width << (number - 1), f"down_{number}"
        stack += [
            wrapped(Conv2D(filters, KERNEL, **STRIDED, name=name)),
            LeakyReLU(NEGATIVE_SLOPE),
        ]
        if attention and number == _attended(sides):
            stack.append(SelfAttention(spectral_norm=spectral_norm, name="attention"))
    logit = logit_of(chained([*stack, layers.Flatten()], images), chosen, wrap=wrapped)
    return keras.Model(
        [images, *labels] if labels else images, logit, name="discriminator"
    )


def grids(shape: Shape) -> list[tuple[int, int]]:
    """Returns the grids of the generator, from the pixels to the coarsest.

    Each halves both sides of the one before, as long as they are even and at least 5
    cells remain: 64x64, 32x32, 16x16 and 8x8 for 64x64 pixels.

    Raises:
        ValueError: There are no networks of this shape.
    """
    whole = all(isinstance(side, int) for side in shape) and len(shape) == 3
    if not (whole and all(side in SIDES for side in shape[:2])):
        raise ValueError(
            f"shape={shape!r}: height and width must be multiples of 16 from 16 to "
            "128, as in (64, 96, 3)."
        )
    if shape[2] not in (1, 3, 4):
        raise ValueError(
            f"shape={shape!r}: there must be 1, 3 or 4 channels (gray, RGB, RGBA)."
        )
    found = [(shape[0], shape[1])]
    while min(found[-1]) >= 2 * FEWEST_CELLS and not any(n % 2 for n in found[-1]):
        found.append((found[-1][0] // 2, found[-1][1] // 2))
    return found


def _attended(sides: list[tuple[int, int]]) -> int:
    """Returns the finest grid that is small enough for attention, else the coarsest."""
    small = (n for n, grid in enumerate(sides) if n and max(grid) <= MOST_ATTENDED)
    return next(small, len(sides) - 1)
