"""Keras layers that the networks need and Keras lacks."""

from ganzoo.layers.affine import RandomAffine
from ganzoo.layers.batch_normalization import BatchNormalization
from ganzoo.layers.convolution import Conv2D, Conv2DTranspose
from ganzoo.layers.dropout import Dropout, random_scope
from ganzoo.layers.leaky_relu import LeakyReLU
from ganzoo.layers.minibatch_discrimination import MinibatchDiscrimination
from ganzoo.layers.spectral_norm import SpectralNormalization
from ganzoo.layers.symmetries import SquareSymmetries

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Dropout",
    "LeakyReLU",
    "MinibatchDiscrimination",
    "RandomAffine",
    "SpectralNormalization",
    "SquareSymmetries",
    "random_scope",
]
