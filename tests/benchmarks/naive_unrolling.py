"""The unrolled GAN with plain nested tapes, which keep all activations of all steps."""

import keras
import tensorflow as tf

import ganzoo
from ganzoo.layers import random_scope


class NaiveUnrolledGAN(ganzoo.UnrolledGAN):
    """A reference implementation of the papers' equations, for one replica."""

    def generator_terms(self, images, fake, labels, random):
        """Returns the generator's loss against the discriminator K steps ahead."""
        fixed = [v.value for v in self.discriminator.non_trainable_variables]

        def logits(weights, images):
            inputs = images if labels is None else [images, labels]
            called = self.discriminator.stateless_call(
                weights, fixed, inputs, training=True
            )
            return tf.cast(called[0], tf.float32)

        weights = [
            tf.convert_to_tensor(v.value)
            for v in self.discriminator.trainable_variables
        ]
        update = self.update_rule()
        for step in range(self.unrolled_steps):
            own = random.fold(step)
            with random_scope(own), tf.GradientTape() as tape:
                tape.watch(weights)
                real_logits, fake_logits = (
                    logits(weights, images),
                    logits(weights, fake),
                )
                losses = self.adversarial_loss.discriminator(real_logits, fake_logits)
                if self.penalty is not None:
                    losses += self.penalty(
                        lambda x, weights=weights: logits(weights, x), images, fake, own
                    )
                loss = tf.reduce_mean(losses)
            gradient = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
            weights = update(weights, gradient)
        return self.generator_losses(
            logits(weights, fake), lambda: logits(weights, images)
        )

    def update_rule(self):
        """Returns a stateful function (weights, gradient) -> weights."""
        optimizer = self.discriminator_optimizer
        rate = tf.convert_to_tensor(optimizer.learning_rate)
        if isinstance(optimizer, keras.optimizers.SGD):
            return _Descent(optimizer, rate)
        return _Adam(optimizer, rate)


class _Descent:
    def __init__(self, optimizer, rate):
        self.rate, self.momentum = rate, optimizer.momentum
        self.velocity = [m.value for m in optimizer.momentums]

    def __call__(self, weights, gradient):
        if not self.momentum:
            return [w - self.rate * g for w, g in zip(weights, gradient, strict=True)]
        self.velocity = [
            self.momentum * v - self.rate * g
            for v, g in zip(self.velocity, gradient, strict=True)
        ]
        return [w + v for w, v in zip(weights, self.velocity, strict=True)]


class _Adam:
    """Kingma & Ba 2015, the formula just before section 2.1."""

    def __init__(self, optimizer, rate):
        self.rate, self.epsilon = rate, optimizer.epsilon
        self.betas = optimizer.beta_1, optimizer.beta_2
        self.count = tf.cast(optimizer.iterations.value, tf.float32)
        self.first = [m.value for m in optimizer._momentums]
        self.second = [v.value for v in optimizer._velocities]

    def __call__(self, weights, gradient):
        one, two = self.betas
        self.count += 1
        self.first = [
            one * m + (1 - one) * g for m, g in zip(self.first, gradient, strict=True)
        ]
        self.second = [
            two * v + (1 - two) * g * g
            for v, g in zip(self.second, gradient, strict=True)
        ]
        rate = self.rate * tf.sqrt(1 - two**self.count) / (1 - one**self.count)
        return [
            w - rate * m / (tf.sqrt(v) + self.epsilon)
            for w, m, v in zip(weights, self.first, self.second, strict=True)
        ]
