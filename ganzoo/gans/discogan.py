"""DiscoGAN: two domains mapped onto each other without pairs (Kim et al. 2017)."""

import functools
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo.gans.base import AdversarialModel
from ganzoo.gans.batches import per_example
from ganzoo.gans.checks_data import Images, Parts
from ganzoo.gans.checks_models import check_domains
from ganzoo.gans.inference import apply_network
from ganzoo.random import EVALUATION, StepRandom

Pair = tuple[KerasTensor, KerasTensor]  # of domain A and of domain B


@keras.saving.register_keras_serializable("ganzoo")
class DiscoGAN(AdversarialModel):
    """Two generators and two discriminators that relate two domains of images.

    `generator_ab` maps images of domain A to domain B, `generator_ba` back. Each trains
    against the discriminator of its target domain, and mapping an image there and back
    must reconstruct it. With the distance d, the mean squared difference, the
    generators minimize

        L_GAN_B + w d(G_BA(G_AB(a)), a) + L_GAN_A + w d(G_AB(G_BA(b)), b)

    and the discriminators the sum of their losses (section 2 of the paper, where w is
    1). One optimizer serves both generators, another both discriminators.

    A train step takes a batch of each domain, `(a, b)`: the same number of unpaired
    images in [-1, 1]. It updates the discriminators on these and on the generators'
    outputs, then the generators on the same images, against the new discriminators.

    Examples:
        >>> gan = ganzoo.DiscoGAN(
        ...     generator_ab, generator_ba, discriminator_a, discriminator_b
        ... )
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(2e-4, beta_1=0.5), adam(2e-4, beta_1=0.5))
        >>> gan.fit(data.unpaired_batches(a, b, 64, seed=0), steps_per_epoch=468)
        >>> images = gan.translate(images_of_a, "ab")
    """

    instead_of_call = "use translate(images, 'ab')"
    networks = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        *,
        reconstruction_weight: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        """Checks that the networks fit together.

        Args:
            generator_ab: Maps images of domain A to images of domain B.
            generator_ba: Maps images of domain B to images of domain A.
            discriminator_a: Maps images of domain A to logits `[n, 1]`, `[n]`, or
                patches.
            discriminator_b: Maps images of domain B to logits.
            reconstruction_weight: w, the weight of both reconstruction losses.
            seed: 64-bit integer that determines dropout masks and a penalty's noise.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: The networks do not fit together, or the weight is negative.
        """
        super().__init__(seed=seed, **kwargs)
        if not reconstruction_weight >= 0:
            raise ValueError(
                f"reconstruction_weight={reconstruction_weight} must be at least 0."
            )
        networks = (generator_ab, generator_ba, discriminator_a, discriminator_b)
        check_domains(dict(zip(self.networks, networks, strict=True)))
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.reconstruction_weight = reconstruction_weight

    @property
    def generators(self) -> tuple[keras.Model, keras.Model]:
        """The networks that the generators' optimizer trains."""
        return self.generator_ab, self.generator_ba

    @property
    def discriminators(self) -> tuple[keras.Model, keras.Model]:
        """The networks that the discriminators' optimizer trains."""
        return self.discriminator_a, self.discriminator_b

    def log_names(self) -> list[str]:
        """Returns the names of the terms that a step reports."""
        names = super().log_names()
        return [*names[:2], "reconstruction_a", "reconstruction_b", *names[2:]]

    # ------------------------------------------------------------------- the algorithm

    def train_step(self, data: Any) -> dict:
        """Runs one train step on a batch of each domain."""
        reals = self.unpack(data)
        with self.step_random() as random:
            terms = self.update(reals, random)
        return self.log(terms)

    def update(self, reals: Pair, random: StepRandom) -> dict:
        """Updates the discriminators, then the generators against the new ones.

        Both see the same generated images; no gradient reaches the generators through
        the discriminators' update.
        """

        def objective() -> tuple[list, dict]:
            fakes = self.translate_batch(reals)
            constants = tuple(map(ops.stop_gradient, fakes))
            terms = self.discriminator_step(reals, constants, random)
            terms |= self.generator_terms(reals, fakes)
            return [self.generator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.generators)
        self.apply_generator_gradients(gradients)
        return terms

    def discriminator_step(self, reals: Pair, fakes: Pair, random: StepRandom) -> dict:
        """Updates both discriminators once."""

        def objective() -> tuple[list, dict]:
            terms = self.discriminator_terms(reals, fakes, random)
            return [self.discriminator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.discriminators)
        self.apply_discriminator_gradients(gradients)
        return terms

    def discriminator_terms(
        self, reals: Pair, fakes: Pair, random: StepRandom, training: bool = True
    ) -> dict:
        """Returns the discriminators' losses and outputs, one value per example.

        Losses and penalties of the domains are added; the outputs for real and for
        generated images are the means of both domains'.
        """
        both = []
        for network, real, fake in zip(self.discriminators, reals, fakes, strict=True):
            discriminate = functools.partial(_logits, network, training=training)
            terms = self.discriminator_losses(discriminate(real), discriminate(fake))
            terms |= self.penalty_terms(discriminate, real, fake, random, training)
            both.append(terms)
        terms = {name: both[0][name] + both[1][name] for name in both[0]}
        for name in (f"real_{self._reported}", f"fake_{self._reported}"):
            terms[name] /= 2.0
        return terms

    def generator_terms(self, reals: Pair, fakes: Pair, training: bool = True) -> dict:
        """Returns the terms that the generators minimize, one value per example."""
        adversarial = 0.0
        for network, real, fake in zip(self.discriminators, reals, fakes, strict=True):
            terms = self.generator_losses(
                _logits(network, fake, training=training),
                functools.partial(_logits, network, real, training=training),
            )
            adversarial += terms["generator_loss"]
        returned = self.translate_batch(fakes, training)
        errors = [
            per_example(ops.square(back - real))
            for back, real in zip(returned, reals, strict=True)
        ]
        return {
            "generator_loss": adversarial,
            "reconstruction_a": errors[0],
            "reconstruction_b": errors[1],
        }

    def generator_objective(self, terms: dict) -> KerasTensor:
        """Returns the adversarial losses and the weighted reconstructions."""
        reconstruction = terms["reconstruction_a"] + terms["reconstruction_b"]
        return terms["generator_loss"] + self.reconstruction_weight * reconstruction

    def translate_batch(self, images: Pair, training: bool = True) -> Pair:
        """Maps `(a, b)` to `(G_BA(b), G_AB(a))`, float32: again one of A, one of B."""
        a, b = images
        return (
            ops.cast(self.generator_ba(b, training=training), "float32"),
            ops.cast(self.generator_ab(a, training=training), "float32"),
        )

    def batch_parts(self) -> Parts:
        """Describes a batch: images of both domains."""
        return (
            Images.like("images of domain A", self.generator_ba, "generator_ba"),
            Images.like("images of domain B", self.generator_ab, "generator_ab"),
        )

    def unpack(self, data: Any) -> Pair:
        """Returns the images of both domains."""
        a, b, _ = keras.utils.unpack_x_y_sample_weight(data)
        if b is None or a.shape[0] != b.shape[0]:
            raise ValueError(
                "DiscoGAN takes batches (a, b) with the same number of images of both "
                f"domains; received shapes {a.shape} and "
                f"{None if b is None else b.shape}. ganzoo.data.unpaired_batches makes "
                "such batches."
            )
        return a, b

    # ------------------------------------------------------------- evaluation and use

    def test_step(self, data: Any) -> dict:
        """Computes the losses of a batch, with the networks in inference mode."""
        reals = self.unpack(data)
        random = self.random(EVALUATION)
        fakes = self.translate_batch(reals, training=False)
        terms = self.discriminator_terms(reals, fakes, random, training=False)
        terms |= self.generator_terms(reals, fakes, training=False)
        self.evaluation_step.assign_add(1)
        return self.log(terms)

    def translate(
        self, images: np.ndarray, direction: str, *, batch_size: int = 256
    ) -> np.ndarray:
        """Maps images to the other domain, in inference mode.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            direction: `"ab"`, from domain A to domain B, or `"ba"`.
            batch_size: Number of images at a time; changes only rounding.

        Returns:
            float32 `[n, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: The direction is unknown, there are no images, or they have
                another shape.
        """
        if direction not in ("ab", "ba"):
            raise ValueError(f"direction={direction!r} must be 'ab' or 'ba'.")
        (mapped,) = apply_network(self, f"generator_{direction}", images, batch_size)
        return mapped


def _logits(
    discriminator: keras.Model, images: KerasTensor, *, training: bool
) -> KerasTensor:
    return ops.cast(discriminator(images, training=training), "float32")
