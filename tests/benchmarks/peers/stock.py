"""The networks in standard Keras layers, and code shared by the two Keras peers."""

import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tests.benchmarks.peers.systems import System, Task

ENDLESS = 10**9  # steps of an epoch that a callback ends


def networks(system: System, dropout: float = 0.3) -> tuple[keras.Model, keras.Model]:
    """Returns the generator and the discriminator of a system.

    Args:
        system: The system.
        dropout: Dropout rate of the discriminator of mnist.
    """
    if system.name == "mnist":
        return mnist_generator(), mnist_discriminator(dropout)
    return cifar10_generator(), cifar10_discriminator()


def mnist_generator() -> keras.Sequential:
    """Builds the same network as `ganzoo.networks.mnist_generator`."""

    def transposed(filters: int, strides: int) -> keras.Layer:
        return layers.Conv2DTranspose(
            filters, 5, strides=strides, padding="same", use_bias=False
        )

    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            layers.Reshape((7, 7, 256)),
            transposed(128, 1),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            transposed(64, 2),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.3),
            transposed(1, 2),
            layers.Activation("tanh", dtype="float32"),
        ]
    )


def mnist_discriminator(dropout: float) -> keras.Sequential:
    """Builds the same network as `ganzoo.networks.mnist_discriminator`."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 5, strides=2, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Dropout(dropout),
            layers.Conv2D(128, 5, strides=2, padding="same"),
            layers.LeakyReLU(0.3),
            layers.Dropout(dropout),
            layers.Flatten(),
            layers.Dense(1, dtype="float32"),
        ]
    )


def cifar10_generator() -> keras.Sequential:
    """Builds the same network as `ganzoo.networks.cifar10_dcgan_generator`."""
    transposed = functools.partial(_strided, layers.Conv2DTranspose)
    return keras.Sequential(
        [
            keras.Input((128,)),
            layers.Dense(4 * 4 * 256, use_bias=False, kernel_initializer=_normal()),
            layers.Reshape((4, 4, 256)),
            layers.BatchNormalization(),
            layers.ReLU(),
            transposed(128),
            layers.BatchNormalization(),
            layers.ReLU(),
            transposed(64),
            layers.BatchNormalization(),
            layers.ReLU(),
            transposed(3, use_bias=True),
            layers.Activation("tanh", dtype="float32"),
        ]
    )


def cifar10_discriminator() -> keras.Sequential:
    """Builds the same network as `ganzoo.networks.cifar10_dcgan_discriminator`."""
    convolution = functools.partial(_strided, layers.Conv2D)
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            convolution(64, use_bias=True),
            layers.LeakyReLU(0.01),
            convolution(128),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.01),
            convolution(256),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.01),
            layers.Flatten(),
            layers.Dense(1, kernel_initializer=_normal(), dtype="float32"),
        ]
    )


def _strided(kind: type, filters: int, use_bias: bool = False) -> keras.Layer:
    return kind(
        filters,
        5,
        strides=2,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=_normal(),
    )


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def start(task: Task) -> np.ndarray:
    """Sets seed and precision; returns the images, float32 in [-1, 1]."""
    keras.utils.set_random_seed(task.seed)
    keras.config.set_dtype_policy(task.policy)
    return (np.load(task.images).astype(np.float32) - 127.5) / 127.5


def adam(system: System) -> keras.optimizers.Optimizer:
    """Returns a new optimizer for one network."""
    return keras.optimizers.Adam(system.learning_rate, system.beta_1)


def sampler(generator: keras.Model, latent_dim: int) -> Callable[[int], np.ndarray]:
    """Returns a function that generates a number of images, uint8."""

    @tf.function
    def batch(size: int) -> tf.Tensor:
        images = generator(tf.random.normal([size, latent_dim]), training=False)
        return tf.cast(tf.round((images + 1.0) * 127.5), tf.uint8)

    def generate(count: int) -> np.ndarray:
        sizes = [min(250, count - start) for start in range(0, count, 250)]
        return np.concatenate([batch(size).numpy() for size in sizes])

    return generate


class Pause(keras.callbacks.Callback):
    """Asks after every step of `fit()` whether to continue."""

    def __init__(self, goes_on: Callable[[], bool]):
        super().__init__()
        self.goes_on = goes_on

    def on_train_batch_end(self, batch, logs=None):
        """Stops the training if the answer is no."""
        if not self.goes_on():
            self.model.stop_training = True
