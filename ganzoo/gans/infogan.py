"""InfoGAN: codes that say what is in the image (Chen et al. 2016)."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
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
    """A GAN whose generator is held to show the codes that it was fed.

    The generator's input `[n, latent_dim]` is noise, then the categorical codes, one
    after the other as ones and zeros, then the continuous codes. The discriminator
    returns two tensors: the logits `[n, 1]` and what its recognition head Q, on the
    same trunk, says of the codes, `[n, parameters]`; see `Codes` for the layout.

    Both players gain from the lower bound L_I of the mutual information between codes
    and images (eq. 5, 6 of the paper): the generator's optimizer moves the generator,
    the discriminator's moves the trunk, the logit and Q, each to its own loss minus
    the weighted L_I. That is how the authors' released code shares it out; the weights
    of L_I may differ for the two kinds of codes.

    Which of a digit's properties the categorical code stands for is left to chance by
    the bound: the class, or slant and class mixed. With an `augmentation` the code has
    to be read from images that it has changed, so that it cannot stand for anything
    that does not survive the change (as Ojha et al. 2020, "Elastic-InfoGAN", hold it
    by a contrastive loss). The continuous codes are read from the images as they are.

    The paper trains by Adam, at a learning rate of 1e-3 for the generator and of 2e-4
    for the discriminator (appendix C); its released code sets beta_1 to 0.5.

    Example:
        >>> gan = ganzoo.InfoGAN(
        ...     networks.mnist_infogan_generator(),
        ...     networks.mnist_infogan_discriminator(),
        ... )
        >>> adam = keras.optimizers.Adam
        >>> gan.compile(adam(1e-3, beta_1=0.5), adam(2e-4, beta_1=0.5))
        >>> gan.fit(batches, epochs=20, steps_per_epoch=468)
        >>> rows = gan.traverse(0, range(10), rows=5)  # digits, in each of 5 hands
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
        """Checks that the codes and the players fit together.

        Args:
            generator: Noise and codes, in one vector, to images.
            discriminator: Images to logits and to the parameters of Q(c|x).
            categorical: Number of values of each categorical code.
            continuous: Number of codes that are uniform on [-1, 1].
            stddev: Standard deviation of Q for the continuous codes; None, as in
                the paper, has the discriminator return its logarithm, too. The released
                code fixes it at 1 for MNIST.
            categorical_weight: lambda of the paper for the categorical codes.
            continuous_weight: lambda for the continuous ones; smaller, because their
                information has no upper bound (section 6).
            augmentation: Layer that generated images pass, in training, before the
                categorical codes are read from them, e.g. `layers.RandomAffine()`;
                costs another pass of the discriminator. None, as in the paper, has
                all codes read from the same images.
            **kwargs: As in `ganzoo.GAN`, without `num_classes`.

        Raises:
            ValueError: Codes that leave the generator no noise or that the
                discriminator does not return, or another argument out of range.
        """
        if kwargs.get("num_classes") is not None:
            raise ValueError(
                f"num_classes={kwargs['num_classes']}: an InfoGAN takes no labels, it "
                "finds classes of its own; use ganzoo.GAN for labels."
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
                "read from, but categorical=() leaves none; leave one of them out."
            )
        images = self.generator(keras.KerasTensor((None, self.latent_dim)))
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
        images = self.generator(keras.KerasTensor((None, self.latent_dim)))
        _, parameters = self.discriminator(images)
        if tuple(parameters.shape[1:]) != (codes.parameters,):
            raise ValueError(
                f"{given}, with stddev={codes.stddev}, are described by "
                f"{codes.parameters} numbers an image, but the discriminator's second "
                f"output has the shape {tuple(parameters.shape)}."
            )

    # ------------------------------------------------------------------- the algorithm

    def sample_condition(self, batch: Batch, random: StepRandom) -> Batch:
        """Returns the images of a step and the generator's input: noise and codes."""
        real, _ = batch
        return real, self.draw_latents(ops.shape(real)[0], random)

    def fake_outputs(
        self, fake: keras.KerasTensor, condition: Any, training: bool = True
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
        self, images: keras.KerasTensor, condition: Any, training: bool = True
    ) -> keras.KerasTensor:
        """Returns the discriminator's logits, in float32; it is told no codes."""
        logits, _ = self.discriminator(images, training=training)
        return ops.cast(logits, "float32")

    def discriminator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns the discriminator's loss minus the weighted L_I (eq. 6)."""
        return super().discriminator_objective(terms) - self._information(terms)

    def generator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns the generator's loss minus the weighted L_I (eq. 6)."""
        return super().generator_objective(terms) - self._information(terms)

    def _information(self, terms: dict) -> keras.KerasTensor:
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

    def draw_latents(
        self, count: int | keras.KerasTensor, random: StepRandom
    ) -> keras.KerasTensor:
        """Draws what the generator is fed: noise and codes, `[count, latent_dim]`."""
        noise = random.normal([count, self.noise_dim])
        return ops.concatenate([noise, self.codes.draw(count, random)], axis=1)

    def generator_inputs(
        self, count: int | keras.KerasTensor, random: StepRandom, condition: Any = None
    ) -> keras.KerasTensor:
        """Returns the noise and codes of the condition; draws them if it is None."""
        return self.draw_latents(count, random) if condition is None else condition

    def latents(
        self,
        count: int,
        codes: Mapping[int, ArrayLike] | None = None,
        *,
        seed: int = 0,
    ) -> np.ndarray:
        """Draws what the generator is fed, with some codes chosen.

        Row i of what is drawn is a function of (seed, i) alone.

        Args:
            count: Number of rows.
            codes: For a code's number (the categorical ones first, from 0) its value in
                all rows, or one for each; the others are drawn. `{0: 3}` is the fourth
                class of the first categorical code.
            seed: Seed of noise and codes.

        Returns:
            float32 `[count, latent_dim]`.

        Raises:
            ValueError: A count below 1, or a code or value that there is none of.
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
        """Draws images from the generator, some codes chosen; see `latents`.

        Args:
            count: Number of images.
            codes: Values of the codes that are not to be drawn.
            seed: Seed of noise and codes.
            average: Use the moving average of the weights in place of the weights.
            batch_size: Images generated at a time, on each replica.

        Returns:
            float32 `[count, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: As `latents`, a batch size below 1, or an average that was not
                kept.
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
                f"latents of shape {latents.shape}; the generator is fed "
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
        """Sweeps one code while the noise and the other codes stay.

        Args:
            code: Its number, the categorical ones first.
            values: Its values, from left to right; the paper draws continuous codes
                from -2 to 2.
            rows: Draws of noise and of the other codes.
            seed: Seed of noise and codes.
            average: Use the moving average of the weights.

        Returns:
            float32 `[rows, len(values), height, width, channels]` in [-1, 1].

        Raises:
            ValueError: As `generate`.
        """
        latents = np.repeat(self.latents(rows, seed=seed), len(values), axis=0)
        swept: dict[int, ArrayLike] = {code: np.tile(np.asarray(values), rows)}
        self.codes.fix(latents[:, self.noise_dim :], swept)
        images = self.render(latents, average=average)
        return images.reshape(rows, len(values), *images.shape[1:])

    def infer(self, images: np.ndarray, *, batch_size: int = 256) -> Posterior:
        """Returns what the recognition head says of the codes of images.

        Args:
            images: float `[n, height, width, channels]` in [-1, 1].
            batch_size: Images at a time; no influence on the result but rounding.

        Raises:
            ValueError: No images, or images that the discriminator does not take.
        """
        _, parameters = apply_network(self, "discriminator", images, batch_size)
        return self.codes.posterior(parameters)
