"""The players and the judges: builders that return Keras models."""

from ganzoo.networks.classifiers import mnist_classifier
from ganzoo.networks.dcgan import mnist_discriminator, mnist_generator

__all__ = ["mnist_classifier", "mnist_discriminator", "mnist_generator"]
