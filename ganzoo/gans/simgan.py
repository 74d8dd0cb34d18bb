"""SimGAN: refining synthetic images with real ones (Shrivastava et al. 2017)."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo.gans.base import AdversarialModel
from ganzoo.gans.batches import per_example, split_batch
from ganzoo.gans.checks_data import Images, Parts
from ganzoo.gans.checks_models import check_refiner
from ganzoo.gans.image_pool import ImagePool
from ganzoo.gans.inference import apply_network
from ganzoo.gans.weight_average import WeightAverage
from ganzoo.random import EVALUATION, StepRandom


@keras.saving.register_keras_serializable("ganzoo")
class SimGAN(AdversarialModel):
    """A refiner that makes synthetic images look real but preserves what they show.

    The refiner R maps synthetic images x to refined ones; the discriminator maps images
    to logits, high for real: one per patch, and an image's loss is the mean over
    patches (the local adversarial loss, section 2.2). The refiner minimizes

        -log s(D(R(x))) + w mean|R(x) - x|

    This is eq. 4 with means in place of sums over the P patches and the M values of an
    image: the paper's lambda corresponds to w = lambda M / P, and plain gradient
    descent needs a learning rate P times as large. Half of the refined images that the
    discriminator sees come from a pool of earlier ones (section 2.3; `ImagePool`).

    A train step is one iteration of algorithm 1: K_g updates of the refiner, then K_d
    of the discriminator, each on new synthetic (and real) images. Training starts with
    two warm-ups: the refiner learns from the second term alone to reproduce its input,
    then the discriminator learns alone. `fit()` selects the phase by the saved step;
    `train_step` trains both networks.

    `fit()` takes batches `(synthetic, real)` in [-1, 1] that hold `batches_per_step`
    batches each: rows i h to i h + h - 1 hold example i of the h updates, where h is
    K_g + K_d for synthetic and K_d for real images. `ganzoo.data.unpaired_batches`
    makes such batches.

    Examples:
        >>> gan = ganzoo.SimGAN(
        ...     networks.simgan_refiner(), networks.simgan_discriminator()
        ... )
        >>> gan.compile(keras.optimizers.Adam(2e-4), keras.optimizers.Adam(2e-4))
        >>> batches = data.unpaired_batches(
        ...     synthetics, real, 64, seed=0, batches=gan.batches_per_step
        ... )
        >>> gan.fit(batches, epochs=20, steps_per_epoch=500)
        >>> images = gan.refine(data.to_float(synthetics.images))
    """

    instead_of_call = "use refine(images)"
    networks = ("refiner", "discriminator")

    def __init__(
        self,
        refiner: keras.Model,
        discriminator: keras.Model,
        *,
        regularization_weight: float = 5.0,
        refiner_steps: int = 2,
        discriminator_steps: int = 1,
        refiner_warm_up: int = 1000,
        discriminator_warm_up: int = 200,
        history_capacity: int = 3200,
        ema_half_life: float | None = None,
        seed: int = 0,
        **kwargs: Any,
    ):
        """Checks that the networks fit together.

        Args:
            refiner: Maps synthetic images to images of the same shape.
            discriminator: Maps images to logits `[n, 1]`, `[n]`, or patches `[n, h, w,
                1]`.
            regularization_weight: w, which the paper does not give.
            refiner_steps: K_g, refiner updates per step. The first version of the paper
                has 2 per discriminator update, a later one 50.
            discriminator_steps: K_d, discriminator updates per step; 1 in the paper.
            refiner_warm_up: Number of updates of the refiner alone, rounded up to a
                multiple of K_g; 1,000 in the paper.
            discriminator_warm_up: Number of updates of the discriminator alone, rounded
                up to a multiple of K_d; 200 in the paper.
            history_capacity: Number of images in the image pool, which the paper does
                not give; at least half a batch, or 0 for no pool. By default an image
                stays for about 100 updates at a batch size of 64.
            ema_half_life: Half-life, in real images seen, of an exponential moving
                average of the refiner's weights; None keeps no average.
            seed: 64-bit integer that determines the pool, dropout and a penalty's
                noise.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: An argument is out of range, or the networks do not fit
                together.
        """
        super().__init__(seed=seed, **kwargs)
        self.regularization_weight = regularization_weight
        self.refiner_steps = refiner_steps
        self.discriminator_steps = discriminator_steps
        self.refiner_warm_up = refiner_warm_up
        self.discriminator_warm_up = discriminator_warm_up
        self.history_capacity = history_capacity
        self._check_numbers()
        shape = check_refiner(refiner, discriminator)
        self.refiner, self.discriminator = refiner, discriminator
        self.image_pool = None
        if history_capacity:
            self.image_pool = ImagePool(history_capacity, shape)
        self.ema_half_life = ema_half_life
        if ema_half_life is not None:
            self.weight_average = WeightAverage(refiner, ema_half_life)

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
        if not self.regularization_weight >= 0:
            raise ValueError(
                f"regularization_weight={self.regularization_weight} must be at least "
                "0."
            )
        if self.refiner_warm_up and not self.regularization_weight:
            raise ValueError(
                "regularization_weight=0 leaves nothing to learn in the refiner's "
                f"warm-up of {self.refiner_warm_up} updates; set refiner_warm_up=0."
            )

    @property
    def batches_per_step(self) -> tuple[int, int]:
        """Number of batches of synthetic and of real images per train step."""
        steps = self.discriminator_steps
        return self.refiner_steps + steps, steps

    @property
    def generators(self) -> tuple[keras.Model]:
        """The network that the generator's optimizer trains."""
        return (self.refiner,)

    def log_names(self) -> list[str]:
        """Returns the names of the terms that a step reports."""
        names = super().log_names()
        return [*names[:2], "regularisation", *names[2:]]

    # ------------------------------------------------------------------- the algorithm

    def phases(self) -> list[tuple[int, Callable]]:
        """Returns the number of steps and the function of each warm-up, if any."""
        warm_ups = (
            (self.refiner_warm_up, self.refiner_steps, self.warm_up_refiner),
            (
                self.discriminator_warm_up,
                self.discriminator_steps,
                self.warm_up_discriminator,
            ),
        )
        return [
            (-(-updates // each), step) for updates, each, step in warm_ups if updates
        ]

    def train_step(self, data: Any) -> dict:
        """Runs one train step: K_g updates of the refiner, K_d of the discriminator."""

        def update(
            synthetics: list[KerasTensor], reals: list[KerasTensor], random: StepRandom
        ) -> dict[str, KerasTensor]:
            # Shrivastava et al. 2017, algorithm 1, lines 2 to 6 ...
            for number, synthetic in enumerate(synthetics[: self.refiner_steps]):
                terms = self.refiner_step(synthetic, reals[number % len(reals)])
            # ... and lines 7 to 11.
            return self._discriminator_steps(synthetics, reals, random) | terms

        return self._step(update, data)

    def warm_up_refiner(self, data: Any) -> dict:
        """Runs K_g updates of the refiner toward reproducing its input."""

        def update(
            synthetics: list[KerasTensor], reals: list[KerasTensor], random: StepRandom
        ) -> dict[str, KerasTensor]:
            for synthetic in synthetics[: self.refiner_steps]:
                self.refiner_step(synthetic)
            return self.compare(synthetics[-1], reals[-1], random)

        return self._step(update, data)

    def warm_up_discriminator(self, data: Any) -> dict:
        """Runs K_d updates of the discriminator; the refiner stays fixed."""
        return self._step(self._discriminator_steps, data)

    def _step(self, update: Callable, data: Any) -> dict:
        synthetics, reals = self.unpack(data)
        with self.step_random() as random:
            terms = update(synthetics, reals, random)
        self.update_average(len(reals) * ops.shape(reals[0])[0])
        return self.log(terms)

    def _discriminator_steps(
        self,
        synthetics: list[KerasTensor],
        reals: list[KerasTensor],
        random: StepRandom,
    ) -> dict:
        batches = zip(synthetics[self.refiner_steps :], reals, strict=True)
        for number, (synthetic, real) in enumerate(batches):
            terms = self.discriminator_step(synthetic, real, random, number)
        return terms

    def refiner_step(
        self, synthetic: KerasTensor, real: KerasTensor | None = None
    ) -> dict:
        """Updates the refiner once; without real images from the regularizer alone."""

        def objective() -> tuple[list, dict]:
            refined = self.refine_batch(synthetic)
            terms = {"regularisation": per_example(ops.abs(refined - synthetic))}
            total = self.regularization_weight * terms["regularisation"]
            if real is not None:
                terms |= self.generator_losses(
                    self.discriminate(refined), lambda: self.discriminate(real)
                )
                total += terms["generator_loss"]
            return [total], terms

        terms, [gradients] = self.differentiate(objective, self.generators)
        self.apply_generator_gradients(gradients)
        return terms

    def discriminator_step(
        self,
        synthetic: KerasTensor,
        real: KerasTensor,
        random: StepRandom,
        number: int = 0,
    ) -> dict:
        """Updates the discriminator once; `number` counts the updates of a step."""
        refined = self.refine_batch(synthetic)
        fake = refined
        if self.image_pool is not None:
            # Section 2.3: half of the refined images come from the pool.
            fake = self.image_pool.sample_and_update(refined, random.fold(number))

        def objective() -> tuple[list, dict]:
            terms = self.discriminator_terms(real, fake, random)
            return [self.discriminator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.discriminators)
        self.apply_discriminator_gradients(gradients)
        return terms | {"regularisation": per_example(ops.abs(refined - synthetic))}

    def discriminator_terms(
        self,
        real: KerasTensor,
        fake: KerasTensor,
        random: StepRandom,
        training: bool = True,
    ) -> dict:
        """Returns both losses and the discriminator's outputs, per example."""

        def discriminate(images: KerasTensor) -> KerasTensor:
            return self.discriminate(images, training)

        real_logits, fake_logits = discriminate(real), discriminate(fake)
        terms = self.discriminator_losses(real_logits, fake_logits)
        terms |= self.generator_losses(fake_logits, lambda: real_logits)
        return terms | self.penalty_terms(discriminate, real, fake, random, training)

    def compare(
        self, synthetic: KerasTensor, real: KerasTensor, random: StepRandom
    ) -> dict:
        """Returns all terms of a batch, without the pool, in inference mode."""
        refined = self.refine_batch(synthetic, training=False)
        terms = self.discriminator_terms(real, refined, random, training=False)
        return terms | {"regularisation": per_example(ops.abs(refined - synthetic))}

    def discriminate(self, images: KerasTensor, training: bool = True) -> KerasTensor:
        """Returns the discriminator's logits, in float32."""
        return ops.cast(self.discriminator(images, training=training), "float32")

    def refine_batch(
        self, synthetic: KerasTensor, training: bool = True
    ) -> KerasTensor:
        """Returns the refined images, in float32."""
        return ops.cast(self.refiner(synthetic, training=training), "float32")

    def batch_parts(self) -> Parts:
        """Describes a batch: synthetic images and real ones."""
        return (
            Images.like("synthetic images", self.refiner, "refiner"),
            Images.like("real images", self.refiner, "refiner"),
        )

    def unpack(self, data: Any) -> tuple[list, list]:
        """Returns the synthetic images and the real ones of each update."""
        synthetic, real, _ = keras.utils.unpack_x_y_sample_weight(data)
        synthetics, reals = self.batches_per_step
        # The static numbers of rows; 0 for what is missing or not static.
        given, known = (
            0 if part is None else part.shape[0] or 0 for part in (synthetic, real)
        )
        fits = given and known and given * reals == known * synthetics
        if not fits or known % reals:
            raise ValueError(
                f"refiner_steps={self.refiner_steps} and discriminator_steps="
                f"{self.discriminator_steps} take batches (synthetic, real) of one "
                f"static size, {synthetics} synthetic images to {reals} real; received "
                f"shapes {synthetic.shape} and {None if real is None else real.shape}. "
                "ganzoo.data.unpaired_batches(..., batches=gan.batches_per_step) "
                "makes such batches."
            )
        return (
            [images for images, _ in split_batch(synthetic, None, synthetics)],
            [images for images, _ in split_batch(real, None, reals)],
        )

    # ------------------------------------------------------------- evaluation and use

    def test_step(self, data: Any) -> dict:
        """Computes the losses of a batch, without the pool, in inference mode.

        A batch holds the same number of synthetic and real images, or is a training
        batch, of which only the images of the discriminator's updates are used.
        """
        synthetic, real, _ = keras.utils.unpack_x_y_sample_weight(data)
        if real is None:
            self.unpack(data)  # which says what is missing
        synthetics, reals = self.batches_per_step
        rows = ops.arange(ops.shape(real)[0])
        of_updates = rows // reals * synthetics + self.refiner_steps + rows % reals
        as_many = ops.shape(synthetic)[0] == ops.shape(real)[0]
        synthetic = ops.take(synthetic, ops.where(as_many, rows, of_updates), axis=0)
        terms = self.compare(synthetic, real, self.random(EVALUATION))
        self.evaluation_step.assign_add(1)
        return self.log(terms)

    def refine(
        self, images: np.ndarray, *, average: bool = False, batch_size: int = 256
    ) -> np.ndarray:
        """Refines synthetic images, in inference mode.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            average: Whether to use the moving average of the weights.
            batch_size: Number of images at a time; changes only rounding.

        Returns:
            float32 `[n, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: There are no images, they have another shape, or the model keeps
                no average.
        """
        with self.averaged_weights() if average else contextlib.nullcontext():
            (refined,) = apply_network(self, "refiner", images, batch_size)
        return refined
