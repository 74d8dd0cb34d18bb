"""DiscoGAN: two domains mapped onto each other without pairs (Kim et al. 2017)."""

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.adversaries import Adversaries, trained
from ganzoo.gans.batches import own_losses, per_example
from ganzoo.gans.checks_data import Images
from ganzoo.gans.configuration import Configuration
from ganzoo.gans.game import EVALUATION, STOCK_LAYERS, Game
from ganzoo.gans.inference import apply_network
from ganzoo.gans.players import check_domains, watched
from ganzoo.gans.randomness import reseed
from ganzoo.layers import random_scope

Pair = tuple[tf.Tensor, tf.Tensor]  # of domain A and of domain B


@keras.saving.register_keras_serializable("ganzoo")
class DiscoGAN(Configuration, Adversaries, Game):
    """Two generators and two discriminators that relate two domains of images.

    `generator_ab` maps images of domain A to domain B, `generator_ba` back. Each has to
    please the discriminator of the domain that it maps to, and both together have to
    lead every image back to itself: with the distance d, the mean square of the
    difference, the generators minimise

        L_GAN_B + w d(G_BA(G_AB(a)), a) + L_GAN_A + w d(G_AB(G_BA(b)), b)

    and the discriminators the sum of their losses (section 2 of the paper, where w is
    1). One optimiser serves the pair of generators, another that of discriminators.

    A train step takes a batch of each domain, `(a, b)`, of the same number of images in
    [-1, 1] that have nothing to do with each other. The discriminators are updated on
    them and on what the generators make of them, then the generators on the same
    images, against the new discriminators.

    Example:
        >>> game = ganzoo.DiscoGAN(generator_ab, generator_ba, judge_a, judge_b)
        >>> adam = keras.optimizers.Adam
        >>> game.compile(adam(2e-4, beta_1=0.5), adam(2e-4, beta_1=0.5))
        >>> game.fit(data.unpaired_batches(a, b, 64, seed=0), steps_per_epoch=468)
        >>> images = game.translate(images_of_a, "ab")
    """

    instead_of_call = "use translate(images, 'ab')"
    players = ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        *,
        reconstruction_weight: float = 1.0,
        seed: int = 0,
        **kwargs,
    ):
        """Checks that the players fit together.

        Args:
            generator_ab: Images of domain A to images of domain B.
            generator_ba: Images of domain B to images of domain A.
            discriminator_a: Images of domain A to logits `[n, 1]`, `[n]`, or patches.
            discriminator_b: Images of domain B to logits.
            reconstruction_weight: w, the weight of both reconstructions.
            seed: Integer of 64 bits; determines dropout masks and a penalty's noise.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: Players that do not fit, or a negative weight.
        """
        super().__init__(seed=seed, **kwargs)
        if not reconstruction_weight >= 0:
            raise ValueError(
                f"reconstruction_weight={reconstruction_weight} must be at least 0."
            )
        networks = (generator_ab, generator_ba, discriminator_a, discriminator_b)
        check_domains(dict(zip(self.players, networks, strict=True)))
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.reconstruction_weight = reconstruction_weight

    @property
    def generators(self) -> tuple[keras.Model, keras.Model]:
        """What the generators' optimiser trains."""
        return self.generator_ab, self.generator_ba

    @property
    def discriminators(self) -> tuple[keras.Model, keras.Model]:
        """What the discriminators' optimiser trains."""
        return self.discriminator_a, self.discriminator_b

    def _log_names(self) -> list[str]:
        names = super()._log_names()
        return [*names[:2], "reconstruction_a", "reconstruction_b", *names[2:]]

    # ------------------------------------------------------------------- the algorithm

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """Plays one round on a batch of each domain."""
        reals = self.unpack(data)
        random = self.random()
        reseed(self._stock_seeds, self.random(STOCK_LAYERS))
        with random_scope(random):
            values = self.play(reals, random)
        self.step.assign_add(1)
        return self.log(values)

    def play(self, reals: Pair, random: StepRandom) -> dict[str, tf.Tensor]:
        """Updates the discriminators, then the generators against the new ones."""
        with tf.GradientTape() as tape:
            variables = _watched(tape, self.generators)
            fakes = self.translate_batch(reals)
            with tape.stop_recording():
                values = self.discriminator_step(reals, fakes, random)
            values |= self.generator_values(reals, fakes)
            loss = distribute.global_mean(self._generator_objective(values))
            loss += sum(own_losses(network) for network in self.generators)
        gradient = tape.gradient(loss, variables)
        self.generator_optimizer.apply(gradient, trained(self.generators))
        return values

    def discriminator_step(
        self, reals: Pair, fakes: Pair, random: StepRandom
    ) -> dict[str, tf.Tensor]:
        """Updates both discriminators once."""
        with tf.GradientTape() as tape:
            variables = _watched(tape, self.discriminators)
            values = self.discriminator_values(reals, fakes, random)
            objective = values["discriminator_loss"] + values.get("penalty", 0.0)
            loss = distribute.global_mean(objective)
            loss += sum(own_losses(network) for network in self.discriminators)
        gradient = tape.gradient(loss, variables)
        variables = trained(self.discriminators)
        self.discriminator_optimizer.apply(gradient, variables)
        if self.penalty is not None:
            self.penalty.constrain(variables)
        return values

    def discriminator_values(self, reals, fakes, random, training=True) -> dict:
        """Returns what the discriminators say, one value an example, domains summed.

        The estimated probability (or score) of real and of generated images is the mean
        of both domains'.
        """
        both = [
            self._judged(*players, random, training)
            for players in zip(self.discriminators, reals, fakes, strict=True)
        ]
        values = {name: both[0][name] + both[1][name] for name in both[0]}
        for name in (f"real_{self._reported}", f"fake_{self._reported}"):
            values[name] /= 2.0
        return values

    def _judged(self, discriminator, real, fake, random, training) -> dict:
        real_logits = _logits(discriminator, real, training)
        fake_logits = _logits(discriminator, fake, training)
        loss = self.adversarial_loss
        read = loss.probability or tf.identity
        values = {
            "discriminator_loss": loss.discriminator(real_logits, fake_logits),
            f"real_{self._reported}": per_example(read(real_logits)),
            f"fake_{self._reported}": per_example(read(fake_logits)),
        }
        if self.penalty is not None:
            values["penalty"] = self.penalty(
                lambda images: _logits(discriminator, images, training),
                real,
                fake,
                random,
            )
        return values

    def generator_values(self, reals, fakes, training=True) -> dict[str, tf.Tensor]:
        """Returns what the generators are to minimise, one value an example."""
        loss = self.adversarial_loss
        adversarial = 0.0
        for judge, real, fake in zip(self.discriminators, reals, fakes, strict=True):
            real_logits = None
            if loss.generator_uses_real:
                real_logits = _logits(judge, real, training)
            adversarial += loss.generator(real_logits, _logits(judge, fake, training))
        errors = [
            per_example(tf.square(returned - real))
            for returned, real in zip(
                self.translate_batch(fakes, training), reals, strict=True
            )
        ]
        return {
            "generator_loss": adversarial,
            "reconstruction_a": errors[0],
            "reconstruction_b": errors[1],
        }

    def translate_batch(self, images: Pair, training: bool = True) -> Pair:
        """Maps `(a, b)` to `(G_BA(b), G_AB(a))`, float32: again one of A, one of B."""
        a, b = images
        return (
            tf.cast(self.generator_ba(b, training=training), tf.float32),
            tf.cast(self.generator_ab(a, training=training), tf.float32),
        )

    def batch_parts(self):
        """Returns that a batch holds images of both domains."""
        return (
            Images.like("images of domain A", self.generator_ba, "generator_ba"),
            Images.like("images of domain B", self.generator_ab, "generator_ab"),
        )

    def unpack(self, data) -> Pair:
        """Returns the images of both domains."""
        a, b, _ = keras.utils.unpack_x_y_sample_weight(data)
        if b is None or a.shape[0] != b.shape[0]:
            raise ValueError(
                "DiscoGAN takes batches (a, b) of as many images of one domain as of "
                f"the other; received shapes {a.shape} and "
                f"{None if b is None else b.shape}. ganzoo.data.unpaired_batches makes "
                "such batches."
            )
        return a, b

    def _generator_objective(self, values: dict[str, tf.Tensor]) -> tf.Tensor:
        reconstruction = values["reconstruction_a"] + values["reconstruction_b"]
        return values["generator_loss"] + self.reconstruction_weight * reconstruction

    # ------------------------------------------------------------- evaluation and use

    def test_step(self, data) -> dict[str, tf.Tensor]:
        """Returns the losses of a batch, with the networks in inference mode."""
        reals = self.unpack(data)
        random = self.random(EVALUATION)
        fakes = self.translate_batch(reals, training=False)
        values = self.discriminator_values(reals, fakes, random, training=False)
        values |= self.generator_values(reals, fakes, training=False)
        self.evaluation_step.assign_add(1)
        return self.log(values)

    def translate(
        self, images: np.ndarray, direction: str, *, batch_size: int = 256
    ) -> np.ndarray:
        """Maps images to the other domain, in inference mode.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            direction: `"ab"`, from domain A to domain B, or `"ba"`.
            batch_size: Images at a time; no influence on the result but rounding.

        Returns:
            float32 `[n, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: Another direction, no images, or images of another shape.
        """
        if direction not in ("ab", "ba"):
            raise ValueError(f"direction={direction!r} must be 'ab' or 'ba'.")
        (mapped,) = apply_network(self, f"generator_{direction}", images, batch_size)
        return mapped


def _logits(discriminator: keras.Model, images, training: bool) -> tf.Tensor:
    return tf.cast(discriminator(images, training=training), tf.float32)


def _watched(tape: tf.GradientTape, networks: tuple[keras.Model, ...]) -> list:
    return [value for network in networks for value in watched(tape, network)]
