"""SimGAN: synthetic images made realistic by real ones (Shrivastava et al. 2017)."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans.adversaries import Adversaries
from ganzoo.gans.averaging import Averaging
from ganzoo.gans.batches import count, deal, own_losses, per_example
from ganzoo.gans.checks_data import Images
from ganzoo.gans.configuration import Configuration
from ganzoo.gans.game import EVALUATION, STOCK_LAYERS, Game
from ganzoo.gans.history import History
from ganzoo.gans.inference import apply_network
from ganzoo.gans.players import check_refiner, watched
from ganzoo.gans.randomness import reseed
from ganzoo.layers import random_scope


@keras.saving.register_keras_serializable("ganzoo")
class SimGAN(Configuration, Averaging, Adversaries, Game):
    """A refiner that makes synthetic images look real, and what they show stay.

    The refiner R maps synthetic images x to refined ones, the discriminator maps images
    to logits, high for real: a map of them, one a patch, in whose mean the loss of an
    image is taken (the local adversarial loss, section 2.2). The refiner minimises

        -log s(D(R(x))) + w mean|R(x) - x|

    which is eq. 4 with means where the paper has sums, over P patches and over the M
    values of an image: for its lambda, w is lambda M / P, and a learning rate of plain
    gradient descent has to be P times as large. Half of the refined images that the
    discriminator sees come from a history of earlier ones (section 2.3; `History`).

    A train step is one round of algorithm 1, K_g updates of the refiner, then K_d of
    the discriminator, each on synthetic (and real) images of its own. The first rounds
    are a warm-up: the refiner learns by the second term alone, to leave images as they
    are; then the discriminator learns alone. `fit()` tells by the saved step which
    phase it is; `train_step` is a round of the game.

    `fit()` takes batches `(synthetic, real)` in [-1, 1] of `batches_per_step` batches'
    worth each: rows i h to i h + h - 1 are example i of each of h = K_g + K_d, or K_d,
    updates. `ganzoo.data.unpaired_batches` makes them.

    Example:
        >>> game = ganzoo.SimGAN(
        ...     networks.simgan_refiner(), networks.simgan_discriminator()
        ... )
        >>> game.compile(keras.optimizers.Adam(2e-4), keras.optimizers.Adam(2e-4))
        >>> batches = data.unpaired_batches(
        ...     drawn, real, 64, seed=0, batches=game.batches_per_step
        ... )
        >>> game.fit(batches, epochs=20, steps_per_epoch=500)
        >>> images = game.refine(data.to_float(drawn.images))
    """

    instead_of_call = "use refine(images)"
    players = ("refiner", "discriminator")
    averaged_network = "refiner"

    def __init__(
        self,
        refiner: keras.Model,
        discriminator: keras.Model,
        *,
        regularisation_weight: float = 5.0,
        refiner_steps: int = 2,
        discriminator_steps: int = 1,
        refiner_warm_up: int = 1000,
        discriminator_warm_up: int = 200,
        history_capacity: int = 3200,
        ema_half_life: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        """Checks that the players fit together.

        Args:
            refiner: Synthetic images to images of the same shape.
            discriminator: Images to logits `[n, 1]`, `[n]`, or patches `[n, h, w, 1]`.
            regularisation_weight: w, which the paper leaves open.
            refiner_steps: K_g. In the first version of the paper the refiner is updated
                twice for each update of the discriminator; 50 times in a later one.
            discriminator_steps: K_d, the paper's is 1.
            refiner_warm_up: Updates of the refiner alone, by whole rounds of K_g; the
                paper has 1,000.
            discriminator_warm_up: Updates of the discriminator alone, by rounds of K_d;
                the paper has 200.
            history_capacity: Images that the history holds, which the paper leaves
                open; at least half a batch, or 0 for no history. By default each is
                there for 100 updates, about, at a batch of 64.
            ema_half_life: Keeps an exponential moving average of the refiner's weights,
                its half-life counted in real images seen; None keeps none.
            seed: Integer of 64 bits; determines history, dropout and penalties' noise.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: An argument out of range, or players that do not fit.
        """
        super().__init__(seed=seed, **kwargs)
        self.regularisation_weight = regularisation_weight
        self.refiner_steps = refiner_steps
        self.discriminator_steps = discriminator_steps
        self.refiner_warm_up = refiner_warm_up
        self.discriminator_warm_up = discriminator_warm_up
        self.history_capacity = history_capacity
        self._check_numbers()
        shape = check_refiner(refiner, discriminator)
        self.refiner, self.discriminator = refiner, discriminator
        # Not `history`, which Keras sets to that of the losses.
        self.earlier = History(history_capacity, shape) if history_capacity else None
        self.start_average(ema_half_life)

    def _check_numbers(self) -> None:
        for name, least in (
            ("refiner_steps", 1),
            ("discriminator_steps", 1),
            ("refiner_warm_up", 0),
            ("discriminator_warm_up", 0),
            ("history_capacity", 0),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"{name}={value!r} must be a whole number of at least {least}."
                )
        if not self.regularisation_weight >= 0:
            raise ValueError(
                f"regularisation_weight={self.regularisation_weight} must be at least "
                "0."
            )
        if self.refiner_warm_up and not self.regularisation_weight:
            raise ValueError(
                "regularisation_weight=0 leaves nothing to learn in the refiner's "
                f"warm-up of {self.refiner_warm_up} updates; set refiner_warm_up=0."
            )

    @property
    def batches_per_step(self) -> tuple[int, int]:
        """Batches' worth of synthetic and of real images that a train step takes."""
        steps = self.discriminator_steps
        return self.refiner_steps + steps, steps

    @property
    def generators(self) -> tuple[keras.Model]:
        """What the generator's optimiser trains."""
        return (self.refiner,)

    @property
    def discriminators(self) -> tuple[keras.Model]:
        """What the discriminator's optimiser trains."""
        return (self.discriminator,)

    def _log_names(self) -> list[str]:
        names = super()._log_names()
        return [*names[:2], "regularisation", *names[2:]]

    # ------------------------------------------------------------------- the algorithm

    def phases(self) -> list[tuple[int, Callable]]:
        """Returns the rounds of both warm-ups, where there are such."""
        warm_ups = (
            (self.refiner_warm_up, self.refiner_steps, self.warm_refiner_up),
            (
                self.discriminator_warm_up,
                self.discriminator_steps,
                self.warm_discriminator_up,
            ),
        )
        return [
            (-(-updates // each), step) for updates, each, step in warm_ups if updates
        ]

    def train_step(self, data) -> dict[str, tf.Tensor]:
        """Plays one round: K_g steps of the refiner, K_d of the discriminator."""

        def play(synthetics, reals, random):
            for number, synthetic in enumerate(synthetics[: self.refiner_steps]):
                real = reals[number % len(reals)]
                values = self.refiner_step(synthetic, real)
            return self._judge(synthetics, reals, random) | values

        return self._step(play, data)

    def warm_refiner_up(self, data) -> dict[str, tf.Tensor]:
        """Takes K_g steps of the refiner, towards leaving images as they are."""

        def play(synthetics, reals, random):
            for synthetic in synthetics[: self.refiner_steps]:
                self.refiner_step(synthetic)
            return self.compare(synthetics[-1], reals[-1], random)

        return self._step(play, data)

    def warm_discriminator_up(self, data) -> dict[str, tf.Tensor]:
        """Takes K_d steps of the discriminator, against the refiner as it is."""
        return self._step(self._judge, data)

    def _step(self, play: Callable, data) -> dict[str, tf.Tensor]:
        synthetics, reals = self.unpack(data)
        random = self.random()
        reseed(self._stock_seeds, self.random(STOCK_LAYERS))
        with random_scope(random):
            values = play(synthetics, reals, random)
        real = len(reals) * count(reals[0])
        self.update_average(real * distribute.num_replicas())
        self.step.assign_add(1)
        return self.log(values)

    def _judge(self, synthetics, reals, random) -> dict[str, tf.Tensor]:
        hands = zip(synthetics[self.refiner_steps :], reals, strict=True)
        for number, (synthetic, real) in enumerate(hands):
            values = self.discriminator_step(synthetic, real, random, number)
        return values

    def refiner_step(self, synthetic, real=None) -> dict[str, tf.Tensor]:
        """Updates the refiner once; without real images by regularisation alone."""
        with tf.GradientTape() as tape:
            variables = watched(tape, self.refiner)
            refined = self.refine_batch(synthetic)
            values = {"regularisation": per_example(tf.abs(refined - synthetic))}
            objective = self.regularisation_weight * values["regularisation"]
            if real is not None:
                real_logits = None
                if self.adversarial_loss.generator_uses_real:
                    real_logits = self.discriminate(real)
                values["generator_loss"] = self.adversarial_loss.generator(
                    real_logits, self.discriminate(refined)
                )
                objective += values["generator_loss"]
            loss = distribute.global_mean(objective) + own_losses(self.refiner)
        gradient = tape.gradient(loss, variables)
        self.generator_optimizer.apply(gradient, self.refiner.trainable_variables)
        return values

    def discriminator_step(
        self, synthetic, real, random: StepRandom, number: int = 0
    ) -> dict[str, tf.Tensor]:
        """Updates the discriminator once; `number` counts the updates of a round."""
        refined = self.refine_batch(synthetic)
        fake = refined
        if self.earlier is not None:
            fake = self.earlier.mix(refined, random.fold(number))
        with tf.GradientTape() as tape:
            variables = watched(tape, self.discriminator)
            values = self.discriminator_values(real, fake, random)
            objective = values["discriminator_loss"] + values.get("penalty", 0.0)
            loss = distribute.global_mean(objective) + own_losses(self.discriminator)
        gradient = tape.gradient(loss, variables)
        trained = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(gradient, trained)
        if self.penalty is not None:
            self.penalty.constrain(trained)
        return values | {"regularisation": per_example(tf.abs(refined - synthetic))}

    def discriminator_values(self, real, fake, random, training=True) -> dict:
        """Returns what both players think of a batch, one value an example."""
        real_logits = self.discriminate(real, training)
        fake_logits = self.discriminate(fake, training)
        loss = self.adversarial_loss
        read = loss.probability or tf.identity
        values = {
            "discriminator_loss": loss.discriminator(real_logits, fake_logits),
            "generator_loss": loss.generator(real_logits, fake_logits),
            f"real_{self._reported}": per_example(read(real_logits)),
            f"fake_{self._reported}": per_example(read(fake_logits)),
        }
        if self.penalty is not None:
            values["penalty"] = self.penalty(
                lambda images: self.discriminate(images, training), real, fake, random
            )
        return values

    def compare(self, synthetic, real, random) -> dict[str, tf.Tensor]:
        """Returns all values of a batch, without history, in inference mode."""
        refined = self.refine_batch(synthetic, training=False)
        values = self.discriminator_values(real, refined, random, training=False)
        return values | {"regularisation": per_example(tf.abs(refined - synthetic))}

    def discriminate(self, images, training: bool = True) -> tf.Tensor:
        """Returns the discriminator's logits, in float32."""
        return tf.cast(self.discriminator(images, training=training), tf.float32)

    def refine_batch(self, synthetic, training: bool = True) -> tf.Tensor:
        """Returns the refined images, in float32."""
        return tf.cast(self.refiner(synthetic, training=training), tf.float32)

    def batch_parts(self):
        """Returns that a batch holds synthetic images and real ones."""
        return tuple(
            Images.like(f"{kind} images", self.refiner, "refiner")
            for kind in ("synthetic", "real")
        )

    def unpack(self, data) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Returns the synthetic images and the real ones of each update."""
        synthetic, real, _ = keras.utils.unpack_x_y_sample_weight(data)
        drawn, judged = self.batches_per_step
        rows = [None if part is None else part.shape[0] for part in (synthetic, real)]
        fits = None not in rows and rows[0] * judged == rows[1] * drawn
        if not fits or rows[1] % judged:
            raise ValueError(
                f"refiner_steps={self.refiner_steps} and discriminator_steps="
                f"{self.discriminator_steps} take batches (synthetic, real) of one "
                f"static size, {drawn} synthetic images to {judged} real; received "
                f"shapes {synthetic.shape} and {None if real is None else real.shape}. "
                "ganzoo.data.unpaired_batches(..., batches=game.batches_per_step) "
                "makes such batches."
            )
        hands = deal(synthetic, None, drawn), deal(real, None, judged)
        return tuple([images for images, _ in dealt] for dealt in hands)

    # ------------------------------------------------------------- evaluation and use

    def test_step(self, data) -> dict[str, tf.Tensor]:
        """Returns the values of a batch, without history, in inference mode.

        It takes as many synthetic images as real ones; or batches as for training, of
        which it takes the images of the discriminator's updates.
        """
        synthetic, real, _ = keras.utils.unpack_x_y_sample_weight(data)
        if real is None:
            self.unpack(data)  # which says what is missing
        drawn, judged = self.batches_per_step
        rows = tf.range(tf.shape(real)[0])
        of_updates = rows // judged * drawn + self.refiner_steps + rows % judged
        as_many = tf.shape(synthetic)[0] == tf.shape(real)[0]
        synthetic = tf.gather(synthetic, tf.where(as_many, rows, of_updates))
        values = self.compare(synthetic, real, self.random(EVALUATION))
        self.evaluation_step.assign_add(1)
        return self.log(values)

    def refine(
        self, images: np.ndarray, *, average: bool = False, batch_size: int = 256
    ) -> np.ndarray:
        """Refines synthetic images, in inference mode.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            average: Use the moving average of the weights in place of the weights.
            batch_size: Images at a time; no influence on the result but rounding.

        Returns:
            float32 `[n, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: No images, images of another shape, or an average that was not
                kept.
        """
        with self.averaged_weights() if average else contextlib.nullcontext():
            (refined,) = apply_network(self, "refiner", images, batch_size)
        return refined
