"""Images of chosen codes, and the codes of given images."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from ganzoo.distribute import StepRandom, checked_seed
from ganzoo.gans.codes import Posterior
from ganzoo.gans.game import GENERATION
from ganzoo.gans.inference import apply_network
from ganzoo.gans.sampling import Sampling


class CodedSampling(Sampling):
    """Mixin of the games whose generator is fed noise and `codes`, in one vector."""

    @property
    def noise_dim(self) -> int:
        """Size of the generator's noise, without the codes."""
        return self.latent_dim - self.codes.size

    def draw_latents(self, count: int | tf.Tensor, random: StepRandom) -> tf.Tensor:
        """Draws what the generator is fed: noise and codes, `[count, latent_dim]`."""
        noise = random.normal([count, self.noise_dim])
        return tf.concat([noise, self.codes.draw(count, random)], axis=1)

    def generator_inputs(self, count, random: StepRandom, labels=None) -> tf.Tensor:
        """Returns the noise and codes given in place of labels; draws them if None."""
        return self.draw_latents(count, random) if labels is None else labels

    def latents(
        self,
        count: int,
        codes: Mapping[int, Sequence[float]] | None = None,
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
        root = StepRandom.root(self.seed).fold(GENERATION).fold(checked_seed(seed))
        latents = self.draw_latents(count, root).numpy()
        self.codes.fix(latents[:, self.noise_dim :], codes or {})
        return latents

    def generate(
        self,
        count: int,
        codes: Mapping[int, Sequence[float]] | None = None,
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
        return super().generate(
            len(latents), latents, average=average, batch_size=batch_size
        )

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
        swept = {code: np.tile(np.asarray(values), rows)}
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

    def _check_labels(self, labels, count: int) -> np.ndarray:
        labels = np.asarray(labels, np.float32)
        if labels.shape != (count, self.latent_dim):
            raise ValueError(
                f"latents of shape {labels.shape}; the generator is fed "
                f"({count}, {self.latent_dim})."
            )
        return labels
