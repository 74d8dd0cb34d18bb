"""A plain TensorFlow loop with a compiled step and two tapes, as in the tutorials."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tests.benchmarks.peers import stock
from tests.benchmarks.peers.systems import Task


class Tutorial:
    """Two networks, two tapes, two optimizers and a loop."""

    def __init__(self, task: Task, dropout: float = 0.3):
        images = stock.start(task)
        self.batch_size = task.batch_size
        self.latent_dim = task.system.latent_dim
        self.generator, self.discriminator = stock.networks(task.system, dropout)
        self.generator_optimizer = stock.adam(task.system)
        self.discriminator_optimizer = stock.adam(task.system)
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        self.dataset = (
            tf.data.Dataset.from_tensor_slices(images)
            .shuffle(len(images), seed=task.seed)
            .batch(task.batch_size, drop_remainder=True)
        )
        self.generate = stock.sampler(self.generator, self.latent_dim)

    def discriminator_loss(self, real_output, fake_output) -> tf.Tensor:
        """Returns the sum of the cross-entropies of real and generated images."""
        real_loss = self.cross_entropy(tf.ones_like(real_output), real_output)
        fake_loss = self.cross_entropy(tf.zeros_like(fake_output), fake_output)
        return real_loss + fake_loss

    def generator_loss(self, fake_output) -> tf.Tensor:
        """Returns the cross-entropy of generated images against ones."""
        return self.cross_entropy(tf.ones_like(fake_output), fake_output)

    @tf.function
    def train_step(self, images):
        """Updates both networks; returns the generator's and discriminator's losses."""
        noise = tf.random.normal([self.batch_size, self.latent_dim])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as tape:
            generated = self.generator(noise, training=True)
            real_output = self.discriminator(images, training=True)
            fake_output = self.discriminator(generated, training=True)
            generator_loss = self.generator_loss(fake_output)
            discriminator_loss = self.discriminator_loss(real_output, fake_output)
        weights = self.generator.trainable_variables
        gradients = generator_tape.gradient(generator_loss, weights)
        self.generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        weights = self.discriminator.trainable_variables
        gradients = tape.gradient(discriminator_loss, weights)
        self.discriminator_optimizer.apply_gradients(
            zip(gradients, weights, strict=True)
        )
        return generator_loss, discriminator_loss

    def train(self, goes_on: Callable[[], bool]) -> None:
        """Trains epoch after epoch."""
        while True:
            for images in self.dataset:
                self.train_step(images)
                if not goes_on():
                    return


def build(task: Task) -> Tutorial:
    """Builds the contestant."""
    return Tutorial(task)
