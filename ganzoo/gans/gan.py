"""The generative adversarial network (Goodfellow et al. 2014)."""

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.adversaries import Adversaries
from ganzoo.gans.batches import count, deal, own_losses, per_example
from ganzoo.gans.checks_data import Images, Labels
from ganzoo.gans.configuration import Configuration
from ganzoo.gans.game import EVALUATION, STOCK_LAYERS, Game
from ganzoo.gans.players import check_players, watched
from ganzoo.gans.randomness import reseed
from ganzoo.gans.sampling import Sampling
from ganzoo.layers import random_scope


@keras.saving.register_keras_serializable("ganzoo")
class GAN(Configuration, Sampling, Adversaries, Game):
    """A generator and a discriminator, trained against each other by `fit()`.

    The generator maps noise `[n, latent_dim]` to images in [-1, 1]; the discriminator
    maps images to logits, high for real. With `num_classes` both take
    `[input, labels]`, the labels being int32 `[n]`.

    A train step is Goodfellow's algorithm 1: k discriminator steps, each on fresh real
    data and fresh noise, then one generator step. It takes k batches' worth of real
    images: element `i * k + j` of what `fit()` is fed is example i of discriminator
    step j (`ganzoo.data.training_batches(..., discriminator_steps=k)` sees to it).

    Build it, and the networks, inside the scope of the distribution strategy.

    Example:
        >>> gan = ganzoo.GAN(generator, discriminator, seed=0)
        >>> gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
        >>> gan.fit(batches, epochs=50, steps_per_epoch=234)
        >>> images = gan.generate(16)
    """

    instead_of_call = "use generate(count)"
    judgements = 1  # tensors that the discriminator returns, the logits first

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        discriminator_steps: int = 1,
        update: str = "alternating",
        num_classes: int | None = None,
        latent_dim: int | None = None,
        ema_half_life: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        """Checks that the players fit together.

        Args:
            generator: Noise to images.
            discriminator: Images to logits `[n, 1]`, `[n]`, or patches `[n, ...]`.
            discriminator_steps: k, the discriminator steps for one generator step.
            update: `"alternating"`, the generator answering the discriminator just
                updated (Goodfellow et al. 2014, algorithm 1), or `"simultaneous"`, one
                forward pass serving both players: a quarter to a third cheaper.
            num_classes: Makes the game conditional on labels in [0, num_classes).
            latent_dim: Size of the noise; only needed for a subclassed generator.
            ema_half_life: Keeps an exponential moving average of the generator's
                weights, its half-life counted in real images seen; None keeps none.
            seed: Integer of 64 bits; determines all noise and dropout masks.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: An argument out of range, or players that do not fit.
        """
        super().__init__(seed=seed, **kwargs)
        updates = {
            "alternating": self.alternating_update,
            "simultaneous": self.simultaneous_update,
        }
        if update not in updates:
            raise ValueError(f"update={update!r} must be one of {', '.join(updates)}.")
        if not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise ValueError(
                f"discriminator_steps={discriminator_steps!r} must be a whole number "
                "of at least 1."
            )
        self.latent_dim = self._introduce(
            generator, discriminator, latent_dim, num_classes
        )
        self.generator = generator
        self.discriminator = discriminator
        self.discriminator_steps = discriminator_steps
        self.update = update
        self.num_classes = num_classes
        self._last_update = updates[update]
        self.start_average(ema_half_life)

    def _introduce(self, generator, discriminator, latent_dim, num_classes) -> int:
        """Checks that the players fit together; returns the size of the noise."""
        return check_players(
            generator, discriminator, latent_dim, num_classes, self.judgements
        )

    @property
    def generators(self) -> tuple[keras.Model]:
        """What the generator's optimiser trains."""
        return (self.generator,)

    @property
    def discriminators(self) -> tuple[keras.Model]:
        """What the discriminator's optimiser trains."""
        return (self.discriminator,)

    # ------------------------------------------------------------------- the algorithm

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """Plays one round; `data` holds k batches' worth of real images."""
        images, labels = self.unpack(data)
        reals = deal(images, labels, self.discriminator_steps)
        random = self.random()
        reseed(self._stock_seeds, self.random(STOCK_LAYERS))
        with random_scope(random):
            for real in reals[:-1]:  # unrolled: updates cannot stand in a graph loop
                self.discriminator_step(real, random)
            values = self._last_update(reals[-1], random)
        self.update_average(count(images) * distribute.num_replicas())
        self.step.assign_add(1)
        return self.log(values)

    def alternating_update(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then the generator against the new one."""
        values = self.discriminator_step(real, random)
        return values | self.generator_step(real, random)

    def discriminator_step(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates the discriminator once, on fresh noise."""
        images, labels = self.condition(real, random)
        fake = self.generate_batch(images, labels, random)
        with tf.GradientTape() as tape:
            variables = watched(tape, self.discriminator)
            values = self.discriminator_values(images, fake, labels, random)
            loss = distribute.global_mean(self._objective(values))
            loss += own_losses(self.discriminator)
        self._update_discriminator(tape.gradient(loss, variables))
        return values

    def generator_step(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates the generator once, on fresh noise."""
        images, labels = self.condition(real, random)
        with tf.GradientTape() as tape:
            variables = watched(tape, self.generator)
            fake = self.generate_batch(images, labels, random)
            values = self.judge(fake, labels)
            real_logits = None
            if self.adversarial_loss.generator_uses_real:
                real_logits = self.discriminate(images, labels)
            values |= self.generator_values(real_logits, values["fake_logits"])
            loss = distribute.global_mean(self._generator_objective(values))
            loss += own_losses(self.generator)
        self._update_generator(tape.gradient(loss, variables))
        return values

    def simultaneous_update(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates both players from one forward pass."""
        images, labels = self.condition(real, random)
        with tf.GradientTape(persistent=True) as tape:
            generator_variables = watched(tape, self.generator)
            discriminator_variables = watched(tape, self.discriminator)
            fake = self.generate_batch(images, labels, random)
            values = self.discriminator_values(images, fake, labels, random)
            values |= self.generator_values(
                values["real_logits"], values["fake_logits"]
            )
            generator_loss = distribute.global_mean(self._generator_objective(values))
            generator_loss += own_losses(self.generator)
            discriminator_loss = distribute.global_mean(self._objective(values))
            discriminator_loss += own_losses(self.discriminator)
        generator_gradient = tape.gradient(generator_loss, generator_variables)
        discriminator_gradient = tape.gradient(
            discriminator_loss, discriminator_variables
        )
        self._update_discriminator(discriminator_gradient)
        self._update_generator(generator_gradient)
        return values

    def discriminator_values(self, real, fake, labels, random, training=True) -> dict:
        """Returns what the discriminator says of a batch, one value an example."""
        values = self.judge_real(real, labels, training=training)
        values |= self.judge(fake, labels, training=training)
        real_logits, fake_logits = values["real_logits"], values["fake_logits"]
        loss = self.adversarial_loss
        read = loss.probability or tf.identity
        values |= {
            "discriminator_loss": loss.discriminator(real_logits, fake_logits),
            f"real_{self._reported}": per_example(read(real_logits)),
            f"fake_{self._reported}": per_example(read(fake_logits)),
        }
        if self.penalty is not None:
            values["penalty"] = self.penalty(
                lambda images: self.discriminate(images, labels, training=training),
                real,
                fake,
                random,
            )
        return values

    def generator_values(self, real_logits, fake_logits) -> dict[str, tf.Tensor]:
        """Returns the generator's loss, one value an example."""
        return {
            "generator_loss": self.adversarial_loss.generator(real_logits, fake_logits)
        }

    def judge_real(self, real, labels, training: bool = True) -> dict[str, tf.Tensor]:
        """Returns what the discriminator says of real images: `real_logits`."""
        return {"real_logits": self.discriminate(real, labels, training=training)}

    def judge(self, fake, labels, training: bool = True) -> dict[str, tf.Tensor]:
        """Returns what the discriminator says of generated images: `fake_logits`."""
        return {"fake_logits": self.discriminate(fake, labels, training=training)}

    def discriminate(self, images, labels, training: bool = True) -> tf.Tensor:
        """Returns the discriminator's logits, in float32."""
        inputs = images if labels is None else [images, labels]
        return tf.cast(self.discriminator(inputs, training=training), tf.float32)

    def generate_batch(self, real, labels, random, training: bool = True) -> tf.Tensor:
        """Returns as many generated images as there are real ones, in float32."""
        inputs = self.generator_inputs(count(real), random, labels)
        return tf.cast(self.generator(inputs, training=training), tf.float32)

    def condition(self, real, random: StepRandom):
        """Returns the images of a step and what it gives the players: the labels."""
        return real

    def batch_parts(self):
        """Returns that a batch holds real images and, in a conditional game, labels."""
        images = Images.like("real images", self.generator, "generator")
        if self.num_classes is None:
            return images
        return images, Labels(self.num_classes)

    def unpack(self, data) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns the images and, in a conditional game, the int32 labels `[n]`."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return images, None
        if labels is None:
            raise ValueError(
                f"num_classes={self.num_classes} makes this game conditional, but the "
                "data holds no labels; feed batches of (images, labels)."
            )
        return images, tf.cast(labels, tf.int32)

    def _objective(self, values: dict[str, tf.Tensor]) -> tf.Tensor:
        penalty = values.get("penalty")
        loss = values["discriminator_loss"]
        return loss if penalty is None else loss + penalty

    def _generator_objective(self, values: dict[str, tf.Tensor]) -> tf.Tensor:
        return values["generator_loss"]

    def _update_discriminator(self, gradient) -> None:
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(gradient, variables)
        if self.penalty is not None:
            self.penalty.constrain(variables)

    def _update_generator(self, gradient) -> None:
        self.generator_optimizer.apply(gradient, self.generator.trainable_variables)

    # -------------------------------------------------------------------- evaluation

    def test_step(self, data) -> dict[str, tf.Tensor]:
        """Returns both losses of a batch, with the networks in inference mode."""
        random = self.random(EVALUATION)
        images, labels = self.condition(self.unpack(data), random)
        fake = self.generate_batch(images, labels, random, training=False)
        values = self.discriminator_values(images, fake, labels, random, training=False)
        values |= self.generator_values(values["real_logits"], values["fake_logits"])
        self.evaluation_step.assign_add(1)
        return self.log(values)
