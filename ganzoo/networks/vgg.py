"""The convolutions of VGG16, whose means are features of textures and edges.

Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image
recognition", without its dense layers.
"""

import keras
from keras import layers

# Convolutions and filters of each block.
_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


def vgg16_trunk(side: int = 128) -> keras.Model:
    """Builds the convolutions, 14.7 million weights, without trained ones.

    Maps images `[n, side, side, 3]`, less their mean color, to features
    `[n, 1472]`: the means over the image of the outputs of all five blocks, from edges
    to parts of objects; and to the single class, 1. At a side of 128 it takes 10 GFLOP
    per image.

    Args:
        side: Height and width of the images.
    """
    images = x = keras.Input((side, side, 3))
    means = []
    for number, (repeats, filters) in enumerate(_BLOCKS, start=1):
        if number > 1:
            x = layers.MaxPooling2D(padding="same", name=f"pool_{number}")(x)
        for repeat in range(repeats):
            x = layers.Conv2D(
                filters,
                3,
                padding="same",
                activation="relu",
                name=f"block{number}.{repeat}",
            )(x)
        means.append(layers.GlobalAveragePooling2D(name=f"mean_{number}")(x))
    features = layers.Concatenate(name="features")(means)
    single = keras.ops.ones_like(features[:, :1])
    return keras.Model(images, (features, single), name="vgg16_trunk")
