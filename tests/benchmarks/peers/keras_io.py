"""The pattern of Keras's code examples: a model with a `train_step`, in `fit()`."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tests.benchmarks.peers import stock
from tests.benchmarks.peers.systems import Task


class OverriddenGAN(keras.Model):
    """A GAN whose discriminator sees generated and real images in one batch."""

    def __init__(self, generator, discriminator, latent_dim: int):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = latent_dim

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        """Sets one optimizer per network, and the loss."""
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        """The running means of both losses."""
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real_images):
        """Updates the discriminator, then the generator on fresh noise."""
        batch_size = tf.shape(real_images)[0]
        noise = tf.random.normal((batch_size, self.latent_dim))
        generated = self.generator(noise, training=True)
        combined = tf.concat([generated, real_images], axis=0)
        labels = tf.concat(
            [tf.zeros((batch_size, 1)), tf.ones((batch_size, 1))], axis=0
        )
        with tf.GradientTape() as tape:
            predictions = self.discriminator(combined, training=True)
            d_loss = self.loss_fn(labels, predictions)
        weights = self.discriminator.trainable_weights
        gradients = tape.gradient(d_loss, weights)
        self.d_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        noise = tf.random.normal((batch_size, self.latent_dim))
        misleading_labels = tf.ones((batch_size, 1))
        with tf.GradientTape() as tape:
            generated = self.generator(noise, training=True)
            predictions = self.discriminator(generated, training=True)
            g_loss = self.loss_fn(misleading_labels, predictions)
        weights = self.generator.trainable_weights
        gradients = tape.gradient(g_loss, weights)
        self.g_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {metric.name: metric.result() for metric in self.metrics}


class KerasIO:
    """The model and its batches."""

    def __init__(self, task: Task, dropout: float = 0.3):
        images = stock.start(task)
        generator, discriminator = stock.networks(task.system, dropout)
        self.gan = OverriddenGAN(generator, discriminator, task.system.latent_dim)
        self.gan.compile(
            stock.adam(task.system),
            stock.adam(task.system),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )
        self.dataset = (
            tf.data.Dataset.from_tensor_slices(images)
            .shuffle(1024, seed=task.seed)
            .batch(task.batch_size, drop_remainder=True)
            .repeat()
        )
        self.generate = stock.sampler(generator, task.system.latent_dim)

    def train(self, goes_on: Callable[[], bool]) -> None:
        """Trains in one `fit()`."""
        self.gan.fit(
            self.dataset,
            steps_per_epoch=stock.ENDLESS,
            shuffle=False,  # otherwise Keras warns that it cannot shuffle
            verbose=0,
            callbacks=[stock.Pause(goes_on)],
        )


def build(task: Task) -> KerasIO:
    """Builds the contestant."""
    return KerasIO(task)
