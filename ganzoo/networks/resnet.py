"""Residual generator and critic of 32x32 color images (Gulrajani et al. 2017)."""

import keras
from keras import KerasTensor, layers

from ganzoo.layers import BatchNormalization, Conv2D
from ganzoo.networks.blocks import logit, tanh


def cifar10_resnet_generator(latent_dim: int = 128, *, width: int = 128) -> keras.Model:
    """Builds the residual generator of WGAN-GP.

    Maps noise `[n, latent_dim]` to images `[n, 32, 32, 3]` in [-1, 1]: a dense layer to
    4x4x(width), three residual blocks that double the size, and a 3x3 convolution to
    the pixels. A block applies batch normalization, ReLU and a 3x3 convolution twice,
    upsampling (nearest neighbor) before the first convolution; its shortcut is a 1x1
    convolution.

    Args:
        latent_dim: Size of the noise.
        width: Number of channels of every layer. 128, as in the paper: 811 MFLOP per
            image, 32: 52 MFLOP.

    Source: Gulrajani et al. 2017, appendix F. The text upsamples before the second
    convolution; here, as in the authors' code, it is before the first. Biases that a
    normalization would cancel are left out; all other weights are those of the code.
    """
    noise = keras.Input((latent_dim,))
    features = layers.Dense(4 * 4 * width, name="project")(noise)
    features = layers.Reshape((4, 4, width))(features)
    for number in range(1, 4):
        features = _up_block(features, width, f"block_{number}")
    features = layers.ReLU()(BatchNormalization(name="pixels_norm")(features))
    pixels = Conv2D(3, 3, padding="same", name="pixels")(features)
    return keras.Model(noise, tanh()(pixels), name="generator")


def cifar10_resnet_critic(*, width: int = 128, layer_norm: bool = False) -> keras.Model:
    """Builds the residual critic of WGAN-GP, without batch normalization.

    Maps images `[n, 32, 32, 3]` to scores `[n, 1]`: four residual blocks, to
    16x16x(width), 8x8x(width) and two more of that size, ReLU, the mean over all
    positions, and one dense unit. A block applies ReLU and a 3x3 convolution twice; the
    first two blocks end in mean pooling and have a 1x1 convolution as shortcut, the
    others the identity. The first block starts without ReLU, which would clip half of
    the pixel values.

    Args:
        width: Number of channels of every layer. 128, as in the paper: 538 MFLOP per
            image, 32: 35 MFLOP.
        layer_norm: Whether to normalize before the ReLUs in blocks 2 to 4. The paper's
            critic does not; section 4 recommends layer normalization where one is
            wanted, because unlike batch normalization it keeps the examples of a batch
            independent, as a gradient penalty requires. Statistics are over all
            positions and channels; scale and offset are per channel, as in the
            authors' code.

    Source: Gulrajani et al. 2017, appendix F, and the authors' code where the paper is
    silent.
    """
    images = keras.Input((32, 32, 3))
    features = _first_block(images, width, "block_1")
    for number in range(2, 5):
        name = f"block_{number}"
        features = _down_block(features, width, name, layer_norm, pool=number == 2)
    features = layers.GlobalAveragePooling2D()(layers.ReLU()(features))
    scores = logit("glorot_uniform")(features)
    return keras.Model(images, scores, name="discriminator")


def _up_block(inputs: KerasTensor, width: int, name: str) -> KerasTensor:
    features = layers.ReLU()(BatchNormalization(name=f"{name}_norm_1")(inputs))
    features = layers.UpSampling2D(2)(features)
    features = _convolution(width, f"{name}_conv_1", use_bias=False)(features)
    features = layers.ReLU()(BatchNormalization(name=f"{name}_norm_2")(features))
    features = _convolution(width, f"{name}_conv_2", use_bias=False)(features)
    # A 1x1 convolution and upsampling commute; this order costs a quarter.
    shortcut = Conv2D(width, 1, use_bias=False, name=f"{name}_shortcut")(inputs)
    return layers.Add()([features, layers.UpSampling2D(2)(shortcut)])


def _first_block(images: KerasTensor, width: int, name: str) -> KerasTensor:
    features = layers.ReLU()(_convolution(width, f"{name}_conv_1")(images))
    features = _convolution(width, f"{name}_conv_2")(features)
    return _pooled(features, images, width, name)


def _down_block(
    inputs: KerasTensor, width: int, name: str, layer_norm: bool, pool: bool
) -> KerasTensor:
    features = inputs
    for number in (1, 2):
        if layer_norm:
            # One group of all channels: layer normalization with weights per channel.
            norm = layers.GroupNormalization(
                1, epsilon=1e-5, name=f"{name}_norm_{number}"
            )
            features = norm(features)
        features = layers.ReLU()(features)
        features = _convolution(width, f"{name}_conv_{number}")(features)
    if not pool:
        return layers.Add()([features, inputs])
    return _pooled(features, inputs, width, name)


def _pooled(
    features: KerasTensor, inputs: KerasTensor, width: int, name: str
) -> KerasTensor:
    """Halves the size and adds the inputs, halved and convolved."""
    # Mean pooling and a 1x1 convolution commute; this order costs a quarter.
    shortcut = Conv2D(width, 1, name=f"{name}_shortcut")(_halved(inputs))
    return layers.Add()([_halved(features), shortcut])


def _halved(features: KerasTensor) -> KerasTensor:
    return layers.AveragePooling2D(2)(features)


def _convolution(width: int, name: str, use_bias: bool = True) -> keras.Layer:
    # He initialization, scaled by the mean of fan-in and fan-out.
    start = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
    return Conv2D(
        width, 3, padding="same", use_bias=use_bias, kernel_initializer=start, name=name
    )
