"""Builders of generators, discriminators and classifiers, all Keras models."""

from ganzoo.networks.cifar10 import (
    cifar10_dcgan_discriminator,
    cifar10_dcgan_generator,
    cifar10_mlp_discriminator,
    cifar10_mlp_generator,
    cifar10_sndcgan_discriminator,
    cifar10_sndcgan_generator,
)
from ganzoo.networks.classifiers import (
    cifar10_classifier,
    mnist_classifier,
    svhn_classifier,
)
from ganzoo.networks.dcgan import (
    dcgan_discriminator,
    dcgan_generator,
    mnist_discriminator,
    mnist_generator,
)
from ganzoo.networks.discogan import discogan_discriminator, discogan_generator
from ganzoo.networks.infogan import mnist_infogan_discriminator, mnist_infogan_generator
from ganzoo.networks.layout import layout_discriminator, layout_generator
from ganzoo.networks.mlp import (
    mnist_mlp_discriminator,
    mnist_mlp_generator,
    point_discriminator,
    point_generator,
)
from ganzoo.networks.pictures import picture_discriminator, picture_generator
from ganzoo.networks.resnet import cifar10_resnet_critic, cifar10_resnet_generator
from ganzoo.networks.simgan import simgan_discriminator, simgan_refiner
from ganzoo.networks.small import small_discriminator, small_generator
from ganzoo.networks.stacked import (
    stacked_discriminator,
    stacked_generator,
    stacked_large_discriminator,
)
from ganzoo.networks.svhn import svhn_discriminator, svhn_generator
from ganzoo.networks.symmetric import symmetric_generator
from ganzoo.networks.transfer import Transfer, freeze_first, take_weights

__all__ = [
    "Transfer",
    "cifar10_classifier",
    "cifar10_dcgan_discriminator",
    "cifar10_dcgan_generator",
    "cifar10_mlp_discriminator",
    "cifar10_mlp_generator",
    "cifar10_resnet_critic",
    "cifar10_resnet_generator",
    "cifar10_sndcgan_discriminator",
    "cifar10_sndcgan_generator",
    "dcgan_discriminator",
    "dcgan_generator",
    "discogan_discriminator",
    "discogan_generator",
    "freeze_first",
    "layout_discriminator",
    "layout_generator",
    "mnist_classifier",
    "mnist_discriminator",
    "mnist_generator",
    "mnist_infogan_discriminator",
    "mnist_infogan_generator",
    "mnist_mlp_discriminator",
    "mnist_mlp_generator",
    "picture_discriminator",
    "picture_generator",
    "point_discriminator",
    "point_generator",
    "simgan_discriminator",
    "simgan_refiner",
    "small_discriminator",
    "small_generator",
    "stacked_discriminator",
    "stacked_generator",
    "stacked_large_discriminator",
    "svhn_classifier",
    "svhn_discriminator",
    "svhn_generator",
    "symmetric_generator",
    "take_weights",
]
