"""The generative adversarial network (Goodfellow et al. 2014)."""

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo.gans.base import AdversarialModel
from ganzoo.gans.batches import Batch, split_batch
from ganzoo.gans.checks_data import Images, Parts
from ganzoo.gans.checks_labels import Labels
from ganzoo.gans.checks_models import check_networks
from ganzoo.gans.sampling import check_labels, check_sizes, draw
from ganzoo.gans.weight_average import WeightAverage
from ganzoo.random import EVALUATION, StepRandom


@keras.saving.register_keras_serializable("ganzoo")
class GAN(AdversarialModel):
    """A generator and a discriminator, trained against each other by `fit()`.

    The generator maps noise `[n, latent_dim]` to images in [-1, 1]; the discriminator
    maps images to logits, high for real. With `num_classes` both take
    `[input, labels]`, the labels being int32 `[n]`. What both networks receive in
    addition to noise and images is the *condition*: here the labels, or None.

    A train step is Goodfellow's algorithm 1: k discriminator steps, each on fresh real
    data and fresh noise, then one generator step. A batch of `fit()` holds k batches of
    real images: row `i * k + j` is example i of discriminator step j, as
    `ganzoo.data.training_batches(..., discriminator_steps=k)` arranges them.

    Build the model and its networks inside the scope of the distribution strategy.

    Examples:
        >>> gan = ganzoo.GAN(generator, discriminator, seed=0)
        >>> gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
        >>> gan.fit(batches, epochs=50, steps_per_epoch=234)
        >>> images = gan.generate(16)
    """

    instead_of_call = "use generate(count)"
    discriminator_outputs = 1  # number of tensors that it returns, logits first

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
        **kwargs: Any,
    ):
        """Checks that the networks fit together.

        Args:
            generator: Maps noise to images.
            discriminator: Maps images to logits `[n, 1]`, `[n]`, or patches `[n, ...]`.
            discriminator_steps: k, the discriminator steps per generator step.
            update: `"alternating"`, where the generator trains against the
                discriminator just updated (Goodfellow et al. 2014, algorithm 1), or
                `"simultaneous"`, where one forward pass serves both networks: 25 to 33
                % cheaper.
            num_classes: Number of classes; both networks then take labels in [0,
                num_classes). None for an unconditional GAN.
            latent_dim: Size of the noise; only needed for a subclassed generator.
            ema_half_life: Half-life, in real images seen, of an exponential moving
                average of the generator's weights; None keeps no average.
            seed: 64-bit integer that determines all noise and dropout masks.
            **kwargs: As in `keras.Model`.

        Raises:
            ValueError: An argument is out of range, or the networks do not fit
                together.
        """
        super().__init__(seed=seed, **kwargs)
        last_steps = {
            "alternating": self.alternating_step,
            "simultaneous": self.simultaneous_step,
        }
        if update not in last_steps:
            raise ValueError(
                f"update={update!r} must be one of {', '.join(last_steps)}."
            )
        if not isinstance(discriminator_steps, int) or discriminator_steps < 1:
            raise ValueError(
                f"discriminator_steps={discriminator_steps!r} must be a whole number "
                "of at least 1."
            )
        self.latent_dim = self.check_networks(
            generator, discriminator, latent_dim, num_classes
        )
        self.generator = generator
        self.discriminator = discriminator
        self.discriminator_steps = discriminator_steps
        self.update = update
        self.num_classes = num_classes
        self.ema_half_life = ema_half_life
        self._last_step = last_steps[update]
        if ema_half_life is not None:
            self.weight_average = WeightAverage(generator, ema_half_life)

    def check_networks(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int | None,
        num_classes: int | None,
    ) -> int:
        """Checks that the networks fit together; returns the size of the noise."""
        return check_networks(
            generator,
            discriminator,
            latent_dim,
            num_classes,
            self.discriminator_outputs,
        )

    # ------------------------------------------------------------------- the algorithm

    def train_step(self, data: Any) -> dict:
        """Runs one train step; `data` holds k batches of real images."""
        images, condition = self.unpack(data)
        batches = split_batch(images, condition, self.discriminator_steps)
        with self.step_random() as random:
            # Goodfellow et al. 2014, algorithm 1: k discriminator steps, each on fresh
            # data and noise (`_last_step` takes the last of them) ...
            for batch in batches[:-1]:
                self.discriminator_step(batch, random)
            # ... and then one generator step.
            terms = self._last_step(batches[-1], random)
        self.update_average(ops.shape(images)[0])
        return self.log(terms)

    def alternating_step(self, batch: Batch, random: StepRandom) -> dict:
        """Updates the discriminator, then the generator against the new one."""
        terms = self.discriminator_step(batch, random)
        return terms | self.generator_step(batch, random)

    def discriminator_step(self, batch: Batch, random: StepRandom) -> dict:
        """Updates the discriminator once, on fresh noise; returns the terms."""
        real, condition = self.sample_condition(batch, random)
        fake = self.generate_batch(real, condition, random)

        def objective() -> tuple[list, dict]:
            terms = self.discriminator_terms(real, fake, condition, random)
            return [self.discriminator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.discriminators)
        self.apply_discriminator_gradients(gradients)
        return terms

    def generator_step(self, batch: Batch, random: StepRandom) -> dict:
        """Updates the generator once, on fresh noise; returns the terms."""
        real, condition = self.sample_condition(batch, random)

        def objective() -> tuple[list, dict]:
            fake = self.generate_batch(real, condition, random)
            terms = self.generator_terms(real, fake, condition, random)
            return [self.generator_objective(terms)], terms

        terms, [gradients] = self.differentiate(objective, self.generators)
        self.apply_generator_gradients(gradients)
        return terms

    def simultaneous_step(self, batch: Batch, random: StepRandom) -> dict:
        """Updates both networks from one forward pass; returns the terms."""
        real, condition = self.sample_condition(batch, random)

        def objectives() -> tuple[list, dict]:
            fake = self.generate_batch(real, condition, random)
            terms = self.discriminator_terms(real, fake, condition, random)
            terms |= self.generator_losses(
                terms["fake_logits"], lambda: terms["real_logits"]
            )
            discriminator = self.discriminator_objective(terms)
            return [discriminator, self.generator_objective(terms)], terms

        terms, [for_discriminator, for_generator] = self.differentiate(
            objectives, self.discriminators, self.generators
        )
        self.apply_discriminator_gradients(for_discriminator)
        self.apply_generator_gradients(for_generator)
        return terms

    # ------------------------------------------- the terms, which variants override

    def sample_condition(self, batch: Batch, random: StepRandom) -> Batch:
        """Returns the images and the condition of a step: here the images' labels."""
        return batch

    def discriminator_terms(
        self,
        real: KerasTensor,
        fake: KerasTensor,
        condition: Any,
        random: StepRandom,
        training: bool = True,
    ) -> dict:
        """Returns the discriminator's loss and outputs, one value per example."""
        terms = self.real_outputs(real, condition, training=training)
        terms |= self.fake_outputs(fake, condition, training=training)
        terms |= self.discriminator_losses(terms["real_logits"], terms["fake_logits"])

        def discriminate(images: KerasTensor) -> KerasTensor:
            return self.discriminate(images, condition, training=training)

        return terms | self.penalty_terms(discriminate, real, fake, random, training)

    def generator_terms(
        self, real: KerasTensor, fake: KerasTensor, condition: Any, random: StepRandom
    ) -> dict:
        """Returns the generator's loss, one value per example, and its logits."""
        terms = self.fake_outputs(fake, condition)
        return terms | self.generator_losses(
            terms["fake_logits"], lambda: self.discriminate(real, condition)
        )

    def real_outputs(
        self, real: KerasTensor, condition: Any, training: bool = True
    ) -> dict:
        """Returns the discriminator's outputs for real images: `real_logits`."""
        return {"real_logits": self.discriminate(real, condition, training=training)}

    def fake_outputs(
        self, fake: KerasTensor, condition: Any, training: bool = True
    ) -> dict:
        """Returns the discriminator's outputs for generated images: `fake_logits`."""
        return {"fake_logits": self.discriminate(fake, condition, training=training)}

    def discriminate(
        self, images: KerasTensor, condition: Any, training: bool = True
    ) -> KerasTensor:
        """Returns the discriminator's logits, in float32."""
        inputs = images if condition is None else [images, condition]
        return ops.cast(self.discriminator(inputs, training=training), "float32")

    def generate_batch(
        self,
        real: KerasTensor,
        condition: Any,
        random: StepRandom,
        training: bool = True,
    ) -> KerasTensor:
        """Generates as many images as there are real ones, in float32."""
        inputs = self.generator_inputs(ops.shape(real)[0], random, condition)
        return ops.cast(self.generator(inputs, training=training), "float32")

    def generator_inputs(
        self, count: int | KerasTensor, random: StepRandom, condition: Any = None
    ) -> KerasTensor | list[KerasTensor]:
        """Returns the generator's inputs: noise and, with `num_classes`, labels.

        Args:
            count: Number of examples on this replica.
            random: Random numbers of the step.
            condition: Labels `[count]`; by default sampled uniformly.
        """
        noise = random.normal([count, self.latent_dim])
        if self.num_classes is None:
            return noise
        if condition is None:
            condition = random.integers([count], self.num_classes)
        return [noise, condition]

    def batch_parts(self) -> Parts:
        """Describes a batch: real images and, with `num_classes`, labels."""
        images = Images.like("real images", self.generator, "generator")
        if self.num_classes is None:
            return images
        return images, Labels(self.num_classes)

    def unpack(self, data: Any) -> Batch:
        """Returns the images and, with `num_classes`, the int32 labels `[n]`."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return images, None
        if labels is None:
            raise ValueError(
                f"num_classes={self.num_classes} makes this model conditional, but the "
                "data holds no labels; feed batches of (images, labels), such as "
                "data.training_batches(..., with_labels=True)."
            )
        return images, ops.cast(labels, "int32")

    # --------------------------------------------------------------- evaluation and use

    def test_step(self, data: Any) -> dict:
        """Computes both losses of a batch, with the networks in inference mode."""
        random = self.random(EVALUATION)
        real, condition = self.sample_condition(self.unpack(data), random)
        fake = self.generate_batch(real, condition, random, training=False)
        terms = self.discriminator_terms(real, fake, condition, random, training=False)
        terms |= self.generator_losses(
            terms["fake_logits"], lambda: terms["real_logits"]
        )
        self.evaluation_step.assign_add(1)
        return self.log(terms)

    def generate(
        self,
        count: int,
        labels: Sequence[int] | None = None,
        *,
        seed: int = 0,
        average: bool = False,
        batch_size: int = 256,
    ) -> np.ndarray:
        """Generates images in inference mode.

        Image i is a function of (seed, i) alone: the first 16 of 64 images equal the 16
        images of that seed, on any number of replicas.

        Args:
            count: Number of images.
            labels: With `num_classes`, the class of each image, `[count]`; by default
                sampled uniformly.
            seed: Seed of the noise, a 64-bit integer.
            average: Whether to use the moving average of the weights.
            batch_size: Number of images generated at a time on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: A size is below 1, the labels do not fit the model, or the model
                keeps no average.
        """
        check_sizes(count=count, batch_size=batch_size)
        condition = check_labels(labels, count, self.num_classes)
        return self._draw(count, condition, seed, average, batch_size)

    def _draw(
        self, count: int, condition: Any, seed: int, average: bool, batch_size: int
    ) -> np.ndarray:
        """Generates images for a condition, `[count, ...]` or None."""
        with self.averaged_weights() if average else contextlib.nullcontext():
            return draw(self, count, condition, seed=seed, batch_size=batch_size)

    @property
    def sampling_generator(self) -> keras.Model | None:
        """The generator, if it can be sampled without the model's code, else None.

        A run saves it as `generator.keras`. By default it takes only noise, and labels.
        """
        own = type(self).generator_inputs is not GAN.generator_inputs
        return None if own else self.generator

    def export_generator(
        self, path: str | os.PathLike, *, average: bool = False
    ) -> None:
        """Writes the generator as a SavedModel, for use without ganzoo or Keras.

        Its `serve` takes float32 noise `[n, latent_dim]`, or `[noise, labels]` with
        `num_classes`, and returns the images.

        Args:
            path: Folder to write.
            average: Whether to export the moving average of the weights.

        Raises:
            ValueError: The model keeps no average.
        """
        with self.averaged_weights() if average else contextlib.nullcontext():
            self.generator.export(str(path), format="tf_saved_model", verbose=False)
