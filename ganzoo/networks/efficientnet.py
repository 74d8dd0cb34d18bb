"""EfficientNet-Lite0: a small ImageNet network that is fast on CPUs.

Tan & Le 2019, "EfficientNet: Rethinking model scaling for convolutional neural
networks"; the Lite variants of its authors (2020) have no squeeze-and-excitation, and
ReLU6 in the place of swish. Batch normalization is folded into the convolutions.
"""

import keras
from keras import KerasTensor, layers

# Repeats, kernel, first stride, expansion and filters of each stage.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0(side: int = 224) -> keras.Model:
    """Builds the network, 4.6 million weights, without trained ones.

    Maps images `[n, side, side, 3]` in [-1, 1] to features `[n, 1280]` and to
    probabilities `[n, 1000]` of ImageNet's classes. At a side of 224 it takes 0.8 GFLOP
    per image.

    Args:
        side: Height and width of the images; it was trained on 224 pixels.
    """
    images = keras.Input((side, side, 3))
    x = _convolution(images, 32, 3, "stem", stride=2)
    number = 0
    for repeats, kernel, first_stride, expansion, filters in _STAGES:
        for repeat in range(repeats):
            stride = 1 if repeat else first_stride
            x = _block(x, f"blocks.{number}", kernel, stride, expansion, filters)
            number += 1
    x = _convolution(x, 1280, 1, "head")
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(1000, name="fc")(features)
    probabilities = layers.Softmax(name="probabilities")(logits)
    return keras.Model(images, (features, probabilities), name="efficientnet_lite0")


def _convolution(
    x: KerasTensor,
    filters: int,
    kernel: int,
    name: str,
    *,
    stride: int = 1,
    activation: str | None = "relu6",
) -> KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        activation=activation,
        name=name,
    )(x)


def _block(
    x: KerasTensor, name: str, kernel: int, stride: int, expansion: int, filters: int
) -> KerasTensor:
    """An inverted residual bottleneck (Sandler et al. 2018, MobileNetV2)."""
    entered, channels = x, x.shape[-1]
    if expansion > 1:
        x = _convolution(x, expansion * channels, 1, f"{name}.expand")
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same",
        activation="relu6",
        name=f"{name}.depthwise",
    )(x)
    x = _convolution(x, filters, 1, f"{name}.project", activation=None)
    same = stride == 1 and filters == channels
    return layers.Add(name=f"{name}.add")([entered, x]) if same else x
