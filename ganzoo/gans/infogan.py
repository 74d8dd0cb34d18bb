"""InfoGAN: latent codes that describe the image (Chen et al. 2016)."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike

from ganzoo.gans import sampling
from ganzoo.gans.batches import Batch
from ganzoo.gans.codes import Codes, Posterior
from ganzoo.gans.gan import GAN
from ganzoo.gans.inference import apply_network
from ganzoo.gans.randomness import check_layers
from ganzoo.random import StepRandom


@keras.saving.register_keras_serializable("ganzoo")
class InfoGAN(GAN):
    """A GAN whose images must show the latent codes that the generator received.

    The generator's input `[n, latent_dim]` is noise, then the categorical codes,
    one-hot, then the continuous codes. The discriminator returns two tensors: the
    logits `[n, 1]` and, from a recognition head Q on the same trunk, the parameters
    `[n, parameters]` of its estimate of the codes; see `Codes` for their order.

    Both networks maximize the lower bound L_I of the mutual information between codes
    and images (eq. 5, 6 of the paper): the generator's optimizer updates the generator,
    the discriminator's the trunk, the logit and Q, each on its own loss minus the
    weighted L_I. The authors' released code divides the bound the same way; the weights
    of L_I may differ for the two kinds of codes.

    The bound does not determine which property of a digit the categorical code
    represents: the class, or slant and class mixed. With an `augmentation`, Q reads the
    categorical codes from augmented images, so that they cannot represent anything the
    augmentation destroys (Ojha et al. 2020, "Elastic-InfoGAN", use a contrastive loss
    for this). The continuous codes are read from the original images.

    The paper trains with Adam, at a learning rate of 1e-3 for the generator and 2e-4
    for the discriminator (appendix C); its released code sets beta_1 to 0.5.

    Examples:
        >>> gan = ganzoo.InfoGAN(
        ...     networks.mnist_infogan_generator(),
        ...     networks.mnist_infogan_discriminator(),
        ... )
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(1e-3, beta_1=0.5), adam(2e-4, beta_1=0.5))
        >>> gan.fit(batches, epochs=20, steps_per_epoch=468)
        >>> rows = gan.traverse(0, range(10), rows=5)  # digits, in 5 styles each
        >>> classes = gan.infer(images).probabilities[0].argmax(axis=1)
    """

    discriminator_outputs = 2
    parts = ("augmentation",)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        categorical: Sequence[int] = (10,),
        continuous: int = 2,
        stddev: float | None = None,
        categorical_weight: float = 1.0,
        continuous_weight: float = 0.1,
        augmentation: keras.Layer | None = None,
        **kwargs: Any,
    ):
        """Checks that the codes and the networks fit together.

        Args:
            generator: Maps noise and codes, in one vector, to images.
            discriminator: Maps images to logits and to the parameters of Q(c|x).
            categorical: Number of values of each categorical code.
            continuous: Number of continuous codes, uniform on [-1, 1].
            stddev: Standard deviation of Q for the continuous codes; None, as in the
                paper, if the discriminator also returns its logarithm. The released
                code fixes it at 1 for MNIST.
            categorical_weight: Weight of L_I (the paper's lambda) for the categorical
                codes.
            continuous_weight: Weight of L_I for the continuous codes; smaller, because
                their information has no upper bound (section 6).
            augmentation: Layer that augments generated images, in training, before Q
                reads the categorical codes, e.g. `layers.RandomAffine()`; it costs
                another pass of the discriminator. None, as in the paper, reads all
                codes from the same images.
            **kwargs: As in `ganzoo.GAN`, without `num_classes`.

        Raises:
            ValueError: The codes leave no room for noise, the discriminator does not
                return their parameters, or an argument is out of range.
        """
        if kwargs.get("num_classes") is not None:
            raise ValueError(
                f"num_classes={kwargs['num_classes']}: an InfoGAN takes no labels, it "
                "finds classes itself; use ganzoo.GAN for labels."
            )
        super().__init__(generator, discriminator, **kwargs)
        self.codes = Codes(tuple(categorical), continuous, stddev)
        for name, weight in (
            ("categorical_weight", categorical_weight),
            ("continuous_weight", continuous_weight),
        ):
            if not weight >= 0:
                raise ValueError(f"{name}={weight} must be at least 0.")
        self.categorical, self.continuous = self.codes.categorical, continuous
        self.stddev = stddev
        self.categorical_weight = categorical_weight
        self.continuous_weight = continuous_weight
        self.augmentation = augmentation
        self._check_codes()
        self._check_augmentation()

    def _check_augmentation(self) -> None:
        layer = self.augmentation
        if layer is None:
            return
        if not self.categorical:
            raise ValueError(
                "An augmentation changes the images that the categorical codes are "
                "read from, but categorical=() has none; leave one of them out."
            )
        images = self.generator(KerasTensor((None, self.latent_dim)))
        shape = tuple(layer(images).shape)
        if shape != tuple(images.shape):
            raise ValueError(
                f"The augmentation {layer.name} makes images of shape {shape} of those "
                f"of shape {tuple(images.shape)}; it must leave the shape as it is."
            )
        check_layers("augmentation", layer, images)

    def _check_codes(self) -> None:
        codes = self.codes
        given = f"categorical={codes.categorical} and continuous={codes.continuous}"
        if codes.size >= self.latent_dim:
            raise ValueError(
                f"{given} take up {codes.size} of the {self.latent_dim} numbers that "
                "the generator is fed, which leaves no noise; build it with "
                f"latent_dim={codes.size + 62}, say, or give fewer codes."
            )
        images = self.generator(KerasTensor((None, self.latent_dim)))
        _, parameters = self.discriminator(images)
        if tuple(parameters.shape[1:]) != (codes.parameters,):
            raise ValueError(
                f"{given}, with stddev={codes.stddev}, are described by "
                f"{codes.parameters} numbers per image, but the discriminator's second "
                f"output has the shape {tuple(parameters.shape)}."
            )

    # ------------------------------------------------------------------- the algorithm

    def sample_condition(self, batch: Batch, random: StepRandom) -> Batch:
        """Returns the images of a step and its condition: noise and codes."""
        real, _ = batch
        return real, self.draw_latents(ops.shape(real)[0], random)

    def fake_outputs(
        self, fake: KerasTensor, condition: Any, training: bool = True
    ) -> dict:
        """Returns the logits of generated images, and L_I for each kind of codes."""
        codes = condition[:, self.noise_dim :]
        logits, parameters = self.discriminator(fake, training=training)
        information = self.codes.information(parameters, codes)
        if self.augmentation is not None and training:
            changed = self.augmentation(fake, training=True)
            _, parameters = self.discriminator(changed, training=True)
            name = "categorical_information"
            information[name] = self.codes.information(parameters, codes)[name]
        return {"fake_logits": ops.cast(logits, "float32")} | information

    def discriminate(
        self, images: KerasTensor, condition: Any, training: bool = True
    ) -> KerasTensor:
        """Returns the discriminator's logits, in float32; it does not see the codes."""
        logits, _ = self.discriminator(images, training=training)
        return ops.cast(logits, "float32")

    def discriminator_objective(self, terms: dict) -> KerasTensor:
        """Returns the discriminator's loss minus the weighted L_I (eq. 6)."""
        return super().discriminator_objective(terms) - self._information(terms)

    def generator_objective(self, terms: dict) -> KerasTensor:
        """Returns the generator's loss minus the weighted L_I (eq. 6)."""
        return super().generator_objective(terms) - self._information(terms)

    def _information(self, terms: dict) -> KerasTensor:
        return sum(weight * terms[name] for name, weight in self._weights().items())

    def _weights(self) -> dict[str, float]:
        weights = {}
        if self.categorical:
            weights["categorical_information"] = self.categorical_weight
        if self.continuous:
            weights["continuous_information"] = self.continuous_weight
        return weights

    def log_names(self) -> list[str]:
        """Returns the names of the terms that a step reports."""
        return [*super().log_names(), *self._weights()]

    # --------------------------------------------------------------- evaluation and use

    @property
    def noise_dim(self) -> int:
        """Size of the generator's noise, without the codes."""
        return self.latent_dim - self.codes.size

    def draw_latents(self, count: int | KerasTensor, random: StepRandom) -> KerasTensor:
        """Samples the generator's input: noise and codes, `[count, latent_dim]`."""
        noise = random.normal([count, self.noise_dim])
        return ops.concatenate([noise, self.codes.draw(count, random)], axis=1)

    def generator_inputs(
        self, count: int | KerasTensor, random: StepRandom, condition: Any = None
    ) -> KerasTensor:
        """Returns the condition (noise and codes), or samples it if it is None."""
        return self.draw_latents(count, random) if condition is None else condition

    @property
    def sampling_generator(self) -> keras.Model:
        """The generator, of noise and codes."""
        return self.generator

    def latents(
        self, count: int, codes: Mapping[int, ArrayLike] | None = None, *, seed: int = 0
    ) -> np.ndarray:
        """Samples the generator's inputs, `[count, latent_dim]`, with some codes fixed.

        Row i of the samples is a function of (seed, i) alone.

        Args:
            count: Number of rows.
            codes: Value of each fixed code in all rows, or one value per row, by the
                code's number (categorical codes first, from 0); the other codes are
                sampled. `{0: 3}` is the fourth class of the first categorical code.
            seed: Seed of noise and codes.

        Raises:
            ValueError: The count is below 1, or a code or its value does not exist.
        """
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        latents = self.draw_latents(count, sampling.stream(self, seed))
        latents = ops.convert_to_numpy(latents).copy()
        self.codes.fix(latents[:, self.noise_dim :], codes or {})
        return latents

    # Codes take the place of labels, which an InfoGAN does not have.
    def generate(  # type: ignore[override]
        self,
        count: int,
        codes: Mapping[int, ArrayLike] | None = None,
        *,
        seed: int = 0,
        average: bool = False,
        batch_size: int = 256,
    ) -> np.ndarray:
        """Generates images with some codes fixed; see `latents`.

        Args:
            count: Number of images.
            codes: Values of the fixed codes.
            seed: Seed of noise and codes.
            average: Whether to use the moving average of the weights.
            batch_size: Number of images generated at a time on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: Same as `latents`, a batch size is below 1, or the model keeps
                no average.
        """
        latents = self.latents(count, codes, seed=seed)
        return self.render(latents, average=average, batch_size=batch_size)

    def render(
        self, latents: np.ndarray, *, average: bool = False, batch_size: int = 256
    ) -> np.ndarray:
        """Generates the images of `latents`, `[n, latent_dim]`; see `generate`."""
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"latents of shape {latents.shape}; the generator takes "
                f"(n, {self.latent_dim})."
            )
        sampling.check_sizes(count=len(latents), batch_size=batch_size)
        return self._draw(len(latents), latents, 0, average, batch_size)

    def traverse(
        self,
        code: int,
        values: Sequence[float],
        *,
        rows: int = 1,
        seed: int = 0,
        average: bool = False,
    ) -> np.ndarray:
        """Varies one code and keeps the noise and the other codes fixed.

        Args:
            code: Number of the code, categorical codes first.
            values: Values of the code, from left to right; the paper shows continuous
                codes from -2 to 2.
            rows: Number of samples of noise and the other codes.
            seed: Seed of noise and codes.
            average: Whether to use the moving average of the weights.

        Returns:
            float32 `[rows, len(values), height, width, channels]` in [-1, 1].
        """
        latents = np.repeat(self.latents(rows, seed=seed), len(values), axis=0)
        swept: dict[int, ArrayLike] = {code: np.tile(np.asarray(values), rows)}
        self.codes.fix(latents[:, self.noise_dim :], swept)
        images = self.render(latents, average=average)
        return images.reshape(rows, len(values), *images.shape[1:])

    def infer(self, images: np.ndarray, *, batch_size: int = 256) -> Posterior:
        """Returns the recognition head's estimate of the codes of images.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            batch_size: Number of images at a time; changes only rounding.

        Raises:
            ValueError: There are no images, or they do not fit the discriminator.
        """
        _, parameters = apply_network(self, "discriminator", images, batch_size)
        return self.codes.posterior(parameters)
