"""Keras layers that the networks need and Keras lacks."""

from ganzoo.layers.affine import RandomAffine
from ganzoo.layers.batch_normalization import BatchNormalization
from ganzoo.layers.boxes import Blank, Crop, LayoutImage, Paste, crop, paste
from ganzoo.layers.convolution import Conv2D, Conv2DTranspose, direct_convolutions
from ganzoo.layers.diff_augment import DiffAugment
from ganzoo.layers.dropout import Dropout, current_random, random_scope
from ganzoo.layers.leaky_relu import LeakyReLU
from ganzoo.layers.logit_difference import LogitDifference
from ganzoo.layers.minibatch_discrimination import MinibatchDiscrimination
from ganzoo.layers.objects import AppendLabels, FoldObjects, SplitNoise, UnfoldObjects
from ganzoo.layers.packing import Pack, Unpack
from ganzoo.layers.prelu import PReLU
from ganzoo.layers.self_attention import SelfAttention
from ganzoo.layers.spectral_norm import SpectralNormalization
from ganzoo.layers.symmetries import SquareSymmetries

__all__ = [
    "AppendLabels",
    "BatchNormalization",
    "Blank",
    "Conv2D",
    "Conv2DTranspose",
    "Crop",
    "DiffAugment",
    "Dropout",
    "FoldObjects",
    "LayoutImage",
    "LeakyReLU",
    "LogitDifference",
    "MinibatchDiscrimination",
    "PReLU",
    "Pack",
    "Paste",
    "RandomAffine",
    "SelfAttention",
    "SpectralNormalization",
    "SplitNoise",
    "SquareSymmetries",
    "UnfoldObjects",
    "Unpack",
    "crop",
    "current_random",
    "direct_convolutions",
    "paste",
    "random_scope",
]
