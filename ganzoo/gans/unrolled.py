"""The unrolled generative adversarial network (Metz et al. 2017)."""

import numbers
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.gans.batches import Batch
from ganzoo.gans.checks_arguments import to_optimizer
from ganzoo.gans.gan import GAN
from ganzoo.gans.inner_updates import check_optimizer, descend
from ganzoo.gans.randomness import reseed, stock_seed_generators
from ganzoo.layers import random_scope
from ganzoo.random import StepRandom


@keras.saving.register_keras_serializable("ganzoo")
class UnrolledGAN(GAN):
    """A GAN whose generator looks K steps of the discriminator ahead.

    The generator is trained against the discriminator as it would be after K more
    steps, and its gradient goes through these steps: through D_K(G(z)), and through the
    weights of D_K, which the generated images have formed (Metz et al. 2017, section
    2). The discriminator itself advances by one step, as in `GAN`; K = 0 is `GAN`.

    The K steps are those that the discriminator's optimizer would take next, from its
    current moments and step count, on the discriminator's loss with the penalty. As in
    the authors' code, all of them and the generator's loss see the same real and
    generated images; each step draws new dropout masks. Moving statistics carry over
    from step to step and are discarded at the end. The K steps take the memory of one,
    plus about 2 sqrt(K) copies of the discriminator's weights and moments; see
    `unroll` of the backend.

    With `update="alternating"` unrolling starts from the discriminator just updated, on
    new noise. With `"simultaneous"`, as in the paper, it starts where the
    discriminator's own step does, on the same images. The logs report the generator's
    loss against D_K; `evaluate()` reports it against D.

    The paper's generator maximizes the discriminator's whole loss, including its term
    for real images, which also shape D_K: use `loss="zero_sum"`. Other losses are used
    unchanged.
    """

    unrolled_steps: int

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        unrolled_steps: int = 5,
        **kwargs: Any,
    ):
        """Checks that the networks fit together.

        Args:
            generator: Maps noise to images, as in `GAN`.
            discriminator: Maps images to logits, as in `GAN`.
            unrolled_steps: K, the number of discriminator steps to look ahead.
            **kwargs: As in `GAN`.

        Raises:
            ValueError: K is not a whole number of at least 0; or as in `GAN`.
        """
        if not isinstance(unrolled_steps, numbers.Integral) or unrolled_steps < 0:
            raise ValueError(
                f"unrolled_steps={unrolled_steps!r} must be a whole number of at least "
                "0, which is the GAN without unrolling."
            )
        super().__init__(generator, discriminator, **kwargs)
        self.unrolled_steps = int(unrolled_steps)

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Compiles as in `GAN`; the discriminator's optimizer must be SGD or Adam.

        Raises:
            ValueError: It is another optimizer, or has settings that cannot be
                unrolled; or as in `GAN`.
        """
        if self.unrolled_steps and discriminator_optimizer is not None:
            name = "discriminator_optimizer"
            with backend.scope_of(self):
                discriminator_optimizer = to_optimizer(name, discriminator_optimizer)
            check_optimizer(discriminator_optimizer)
        super().compile(generator_optimizer, discriminator_optimizer, **kwargs)

    def generator_terms(
        self, real: KerasTensor, fake: KerasTensor, condition: Any, random: StepRandom
    ) -> dict:
        """Returns the generator's loss against the discriminator K steps ahead."""
        if not self.unrolled_steps:
            return super().generator_terms(real, fake, condition, random)
        # Metz et al. 2017, section 2.2: K discriminator steps on the same images ...
        ahead = self._look_ahead(real, fake, condition, random)
        # ... then the generator's loss against D_K, differentiated through them.
        with self._with_state(ahead):
            self._reseed(random.fold(self.unrolled_steps))
            return super().generator_terms(real, fake, condition, random)

    def simultaneous_step(self, batch: Batch, random: StepRandom) -> dict:
        """Updates both networks from the same discriminator, on the same images."""
        if not self.unrolled_steps:
            return super().simultaneous_step(batch, random)
        real, condition = self.sample_condition(batch, random)

        def objective() -> tuple[list, Any]:
            fake = self.generate_batch(real, condition, random)
            constant = ops.stop_gradient(fake)
            terms, gradients = self._discriminator_gradients(
                real, constant, condition, random
            )
            terms |= self.generator_terms(real, fake, condition, random)
            return [self.generator_objective(terms)], (terms, gradients)

        (terms, for_discriminator), [for_generator] = self.differentiate(
            objective, self.generators
        )
        self.apply_discriminator_gradients(for_discriminator)
        self.apply_generator_gradients(for_generator)
        return terms

    def _look_ahead(
        self, real: KerasTensor, fake: KerasTensor, condition: Any, random: StepRandom
    ) -> list:
        """Returns the discriminator's state after K steps, differentiable by `fake`."""
        iterations = self.discriminator_optimizer.iterations
        start = ops.convert_to_tensor(iterations.value)

        def step(
            index: KerasTensor, state: list[KerasTensor], fake: KerasTensor
        ) -> list[KerasTensor]:
            own = random.fold(index)
            with self._with_state(state) as scope, random_scope(own):
                iterations.assign(start + ops.cast(index, start.dtype))
                self._reseed(own)
                self._inner_step(real, fake, condition, own)
                return [scope.get_current_value(v) for v in self._state_variables()]

        state = [ops.convert_to_tensor(v.value) for v in self._state_variables()]
        return backend.unroll(step, state, fake, self.unrolled_steps)

    def _inner_step(
        self, real: KerasTensor, fake: KerasTensor, condition: Any, random: StepRandom
    ) -> None:
        """Takes a discriminator step that can be differentiated."""
        _, gradients = self._discriminator_gradients(real, fake, condition, random)
        variables = self.discriminator.trainable_variables
        gradients = backend.sum_over_replicas(gradients)
        descend(self.discriminator_optimizer, gradients, variables)
        if self.penalty is not None:
            self.penalty.constrain(variables)

    def _discriminator_gradients(
        self, real: KerasTensor, fake: KerasTensor, condition: Any, random: StepRandom
    ) -> tuple:
        """Returns the discriminator's terms on these images, and dense gradients."""

        def objective() -> tuple[list, Any]:
            terms = self.discriminator_terms(real, fake, condition, random)
            return [self.discriminator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.discriminators)
        pairs = zip(gradients, self.discriminator.trainable_variables, strict=True)
        gradients = [ops.zeros_like(v) if g is None else g for g, v in pairs]
        return terms, backend.dense(gradients)

    def apply_discriminator_gradients(self, gradients: list) -> None:
        """Updates as in `GAN`, with dense gradients as in the inner steps."""
        gradients = backend.dense(gradients) if self.unrolled_steps else gradients
        super().apply_discriminator_gradients(gradients)

    def _state_variables(self) -> list[keras.Variable]:
        """The floating-point variables of the discriminator and its optimizer."""
        both = (*self.discriminator.variables, *self.discriminator_optimizer.variables)
        return [variable for variable in both if "float" in variable.dtype]

    def _with_state(self, state: list) -> backend.Scope:
        """Returns a scope in which these variables have other values."""
        return backend.Scope(zip(self._state_variables(), state, strict=True))

    def _reseed(self, random: StepRandom) -> None:
        reseed(stock_seed_generators(self.discriminator), random)
