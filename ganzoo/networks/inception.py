"""The Inception network of December 2015, by which the published FID is defined.

Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", as
TensorFlow's graph inception-2015-12-05 has it. It differs from the Inception-v3 of
`keras.applications`: it has 1,008 classes; average pooling leaves out the border, as
Keras's padding "same" does; the last block has maximum pooling in the place of the
average; and batch normalization scales, too. Here it is folded into the convolutions.
A layer has the name of its module in the PyTorch ports of the graph.
"""

import keras
from keras import KerasTensor, layers

SIDE = 299
# Filters and kernel of each convolution of a branch, in order.
_Steps = tuple[tuple[int, int | tuple[int, int]], ...]


def inception_2015() -> keras.Model:
    """Builds the network, 23.9 million weights, without trained ones.

    Maps images `[n, 299, 299, 3]` in [-1, 1] to the features `[n, 2048]` of the Fréchet
    Inception distance, and to probabilities `[n, 1008]`, whose logits have no bias: the
    Inception score of Salimans et al. 2016 left it out.
    """
    images = keras.Input((SIDE, SIDE, 3))
    x = _convolution(images, 32, 3, "Conv2d_1a_3x3", stride=2)
    x = _convolution(x, 32, 3, "Conv2d_2a_3x3", padding="valid")
    x = _convolution(x, 64, 3, "Conv2d_2b_3x3")
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _convolution(x, 80, 1, "Conv2d_3b_1x1")
    x = _convolution(x, 192, 3, "Conv2d_4a_3x3", padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for name, pooled in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        x = _block_35(x, name, pooled)
    x = _reduced_to_17(x, "Mixed_6a")
    for letter, filters in zip("bcde", (128, 160, 160, 192), strict=True):
        x = _block_17(x, f"Mixed_6{letter}", filters)
    x = _reduced_to_8(x, "Mixed_7a")
    x = _block_8(x, "Mixed_7b", layers.AveragePooling2D)
    # Probably a mistake of the graph, but part of the definition.
    x = _block_8(x, "Mixed_7c", layers.MaxPooling2D)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(1008, use_bias=False, name="fc")(features)
    probabilities = layers.Softmax(name="probabilities")(logits)
    return keras.Model(images, (features, probabilities), name="inception_2015")


def _convolution(
    x: KerasTensor,
    filters: int,
    kernel: int | tuple[int, int],
    name: str,
    *,
    stride: int = 1,
    padding: str = "same",
) -> KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else padding,
        activation="relu",
        name=name,
    )(x)


def _branch(
    x: KerasTensor, name: str, steps: _Steps, *, last_stride: int = 1
) -> KerasTensor:
    for number, (filters, kernel) in enumerate(steps, start=1):
        stride = last_stride if number == len(steps) else 1
        x = _convolution(x, filters, kernel, f"{name}_{number}", stride=stride)
    return x


def _pooled(
    x: KerasTensor,
    name: str,
    filters: int,
    pooling: type[layers.Layer] = layers.AveragePooling2D,
) -> KerasTensor:
    x = pooling(3, strides=1, padding="same")(x)
    return _convolution(x, filters, 1, f"{name}.branch_pool")


def _block_35(x: KerasTensor, name: str, pooled: int) -> KerasTensor:
    double = ((64, 1), (96, 3), (96, 3))
    branches = [
        _convolution(x, 64, 1, f"{name}.branch1x1"),
        _branch(x, f"{name}.branch5x5", ((48, 1), (64, 5))),
        _branch(x, f"{name}.branch3x3dbl", double),
        _pooled(x, name, pooled),
    ]
    return layers.Concatenate()(branches)


def _reduced_to_17(x: KerasTensor, name: str) -> KerasTensor:
    double = ((64, 1), (96, 3), (96, 3))
    branches = [
        _convolution(x, 384, 3, f"{name}.branch3x3", stride=2),
        _branch(x, f"{name}.branch3x3dbl", double, last_stride=2),
        layers.MaxPooling2D(3, strides=2)(x),
    ]
    return layers.Concatenate()(branches)


def _block_17(x: KerasTensor, name: str, filters: int) -> KerasTensor:
    wide, high = (filters, (1, 7)), (filters, (7, 1))
    branches = [
        _convolution(x, 192, 1, f"{name}.branch1x1"),
        _branch(x, f"{name}.branch7x7", ((filters, 1), wide, (192, (7, 1)))),
        _branch(
            x,
            f"{name}.branch7x7dbl",
            ((filters, 1), high, wide, high, (192, (1, 7))),
        ),
        _pooled(x, name, 192),
    ]
    return layers.Concatenate()(branches)


def _reduced_to_8(x: KerasTensor, name: str) -> KerasTensor:
    long = ((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3))
    branches = [
        _branch(x, f"{name}.branch3x3", ((192, 1), (320, 3)), last_stride=2),
        _branch(x, f"{name}.branch7x7x3", long, last_stride=2),
        layers.MaxPooling2D(3, strides=2)(x),
    ]
    return layers.Concatenate()(branches)


def _block_8(x: KerasTensor, name: str, pooling: type[layers.Layer]) -> KerasTensor:
    single = _branch(x, f"{name}.branch3x3", ((384, 1),))
    double = _branch(x, f"{name}.branch3x3dbl", ((448, 1), (384, 3)))
    branches = [
        _convolution(x, 320, 1, f"{name}.branch1x1"),
        *_split(single, f"{name}.branch3x3_2"),
        *_split(double, f"{name}.branch3x3dbl_3"),
        _pooled(x, name, 192, pooling),
    ]
    return layers.Concatenate()(branches)


def _split(x: KerasTensor, name: str) -> list[KerasTensor]:
    return [
        _convolution(x, 384, (1, 3), f"{name}a"),
        _convolution(x, 384, (3, 1), f"{name}b"),
    ]
