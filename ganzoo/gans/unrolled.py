"""The unrolled generative adversarial network (Metz et al. 2017)."""

import numbers

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.batches import own_losses
from ganzoo.gans.checks_arguments import to_optimizer
from ganzoo.gans.gan import GAN
from ganzoo.gans.inner_updates import check_optimizer, dense, descend, global_sum
from ganzoo.gans.players import watched
from ganzoo.gans.randomness import reseed, stock_seed_generators
from ganzoo.gans.rematerialisation import unroll
from ganzoo.layers import random_scope


@keras.saving.register_keras_serializable("ganzoo")
class UnrolledGAN(GAN):
    """A GAN whose generator looks K steps of the discriminator ahead.

    The generator is trained against the discriminator as it would be after K more
    steps, and its gradient goes through these steps: through D_K(G(z)), and through the
    weights of D_K, which the generated images have formed (Metz et al. 2017, section
    2). The discriminator itself advances by one step, as in `GAN`; K = 0 is `GAN`.

    The K steps are those that the discriminator's own optimiser would take from where
    it stands, moments and step count included, on its own loss with the penalty. As in
    the authors' code they all see the same images, real and generated, on which the
    generator's loss is taken, too; dropout masks and the like are drawn anew for each.
    Moving statistics go along from step to step and are dropped at the end. In memory
    the K steps are as one, with 2 sqrt(K) copies of the discriminator's weights and
    moments, about: see `ganzoo.gans.rematerialisation`.

    With `update="alternating"` the look ahead starts from the discriminator just
    updated, on noise of its own. With `"simultaneous"`, the update of the paper, it
    starts where the discriminator's own step does, on the same images. The logs show
    the generator's loss against D_K, `evaluate()` that against D.

    The paper's generator wants the opposite of what the discriminator wants, real
    images included, for these form D_K, too: that is `loss="zero_sum"`. Any other loss
    is taken as it is.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        unrolled_steps: int = 5,
        **kwargs,
    ):
        """Checks that the players fit together.

        Args:
            generator: As in `GAN`.
            discriminator: As in `GAN`.
            unrolled_steps: K, the discriminator steps that the generator looks ahead.
            **kwargs: As in `GAN`.

        Raises:
            ValueError: K is no whole number of at least 0; or as in `GAN`.
        """
        if not isinstance(unrolled_steps, numbers.Integral) or unrolled_steps < 0:
            raise ValueError(
                f"unrolled_steps={unrolled_steps!r} must be a whole number of at least "
                "0, which is the GAN without unrolling."
            )
        super().__init__(generator, discriminator, **kwargs)
        self.unrolled_steps = int(unrolled_steps)

    def compile(
        self, generator_optimizer=None, discriminator_optimizer=None, **kwargs
    ) -> None:
        """As in `GAN`; the discriminator's optimiser must be SGD or Adam.

        Raises:
            ValueError: Another one, or one whose settings cannot be unrolled; or as in
                `GAN`.
        """
        if self.unrolled_steps and discriminator_optimizer is not None:
            name = "discriminator_optimizer"
            with self.distribute_strategy.scope():
                discriminator_optimizer = to_optimizer(name, discriminator_optimizer)
            check_optimizer(discriminator_optimizer)
        super().compile(generator_optimizer, discriminator_optimizer, **kwargs)

    def generator_step(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates the generator once, against the discriminator of K steps ahead."""
        if not self.unrolled_steps:
            return super().generator_step(real, random)
        images, labels = self.condition(real, random)
        with tf.GradientTape() as tape:
            variables = watched(tape, self.generator)
            fake = self.generate_batch(images, labels, random)
            values = self.values_ahead(images, fake, labels, random)
            loss = distribute.global_mean(self._generator_objective(values))
            loss += own_losses(self.generator)
        self._update_generator(tape.gradient(loss, variables))
        return values

    def simultaneous_update(self, real, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates both players from the same discriminator, on the same images."""
        if not self.unrolled_steps:
            return super().simultaneous_update(real, random)
        images, labels = self.condition(real, random)
        with tf.GradientTape() as generator_tape:
            variables = watched(generator_tape, self.generator)
            fake = self.generate_batch(images, labels, random)
            with generator_tape.stop_recording():
                gradient, values = self._slope(images, fake, labels, random)
            values |= self.values_ahead(images, fake, labels, random)
            loss = distribute.global_mean(self._generator_objective(values))
            loss += own_losses(self.generator)
        self._update_discriminator(gradient)
        self._update_generator(generator_tape.gradient(loss, variables))
        return values

    def values_ahead(self, images, fake, labels, random) -> dict[str, tf.Tensor]:
        """Returns the generator's loss against the discriminator of K steps ahead."""
        ahead = self._look_ahead(images, fake, labels, random)
        with self._with_state(ahead):
            self._reseed(random.fold(self.unrolled_steps))
            values = self.judge(fake, labels)
            real_logits = None
            if self.adversarial_loss.generator_uses_real:
                real_logits = self.discriminate(images, labels)
            return values | self.generator_values(real_logits, values["fake_logits"])

    def _look_ahead(self, images, fake, labels, random: StepRandom) -> list[tf.Tensor]:
        """Returns the discriminator's state after K steps, differentiable by `fake`."""
        iterations = self.discriminator_optimizer.iterations
        start = tf.convert_to_tensor(iterations.value)

        def step(index, state, fake):
            own = random.fold(index)
            with self._with_state(state) as scope, random_scope(own):
                iterations.assign(start + tf.cast(index, start.dtype))
                self._reseed(own)
                self._inner_step(images, fake, labels, own)
                return [scope.get_current_value(v) for v in self._state_variables()]

        state = [tf.convert_to_tensor(v.value) for v in self._state_variables()]
        return unroll(step, state, fake, self.unrolled_steps)

    def _inner_step(self, images, fake, labels, random: StepRandom) -> None:
        """Does what a discriminator's step does, so that it can be differentiated."""
        gradient, _ = self._slope(images, fake, labels, random)
        variables = self.discriminator.trainable_variables
        descend(self.discriminator_optimizer, global_sum(dense(gradient)), variables)
        if self.penalty is not None:
            self.penalty.constrain(variables)

    def _slope(self, images, fake, labels, random) -> tuple[list, dict]:
        """Returns the discriminator's gradient and values on these images."""
        with tf.GradientTape() as tape:
            variables = watched(tape, self.discriminator)
            values = self.discriminator_values(images, fake, labels, random)
            loss = distribute.global_mean(self._objective(values))
            loss += own_losses(self.discriminator)
        return tape.gradient(loss, variables, unconnected_gradients="zero"), values

    def _update_discriminator(self, gradient) -> None:
        # Dense, as in the inner steps.
        gradient = dense(gradient) if self.unrolled_steps else gradient
        super()._update_discriminator(gradient)

    def _state_variables(self) -> list[keras.Variable]:
        """The floating-point variables of the discriminator and its optimiser."""
        both = (*self.discriminator.variables, *self.discriminator_optimizer.variables)
        return [variable for variable in both if "float" in variable.dtype]

    def _with_state(self, state: list[tf.Tensor]) -> keras.StatelessScope:
        """Returns a scope in which these variables have other values."""
        mapping = zip(self._state_variables(), state, strict=True)
        return keras.StatelessScope(state_mapping=mapping, collect_losses=True)

    def _reseed(self, random: StepRandom) -> None:
        reseed(stock_seed_generators(self.discriminator), random)
