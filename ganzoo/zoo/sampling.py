"""A generator with its inputs: noise, codes, and what else it is conditioned on."""

import dataclasses
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ganzoo import data
from ganzoo.gans.codes import Codes
from ganzoo.random import StepRandom
from ganzoo.zoo import interpolation
from ganzoo.zoo.catalog import MOST
from ganzoo.zoo.conditionings import Classes, Conditioning, Drawings, noise_first


@dataclasses.dataclass(frozen=True, eq=False)
class Sampler:
    """A generator and its inputs.

    Attributes:
        generator: From noise `[n, latent_dim]`, and the inputs of `conditioning`, to
            images in [-1, 1].
        codes: The codes of an InfoGAN, which follow the noise.
        conditioning: The inputs besides noise, if there are any.
        middle: The grey value that it draws as 0; see `data.to_uint8`.
        batch_size: Number of images that are drawn at a time.

    Raises:
        ValueError: A generator of several inputs without `conditioning`, or one of
            another number of classes than it says.
    """

    generator: keras.Model
    codes: Codes | None = None
    conditioning: Conditioning | None = None
    middle: float = data.PIXEL_OFFSET
    batch_size: int = 500

    def __post_init__(self):
        if self.conditioning is None and len(self.generator.inputs) > 1:
            raise ValueError(
                "A generator of objects in boxes, or of classes, needs its "
                "conditioning=, a zoo.Layout or zoo.Classes."
            )
        if isinstance(self.conditioning, Classes):
            object.__setattr__(self, "generator", noise_first(self.generator))
            self.conditioning.check(self.generator)
        # One for good, so that a size of batches is traced once.
        object.__setattr__(self, "_drawing", tf.function(self._images))

    def _images(self, batch) -> tf.Tensor:
        return tf.cast(self.generator(batch, training=False), tf.float32)

    @property
    def size(self) -> int:
        """Numbers of a row of the first input: the noise with the codes; channels."""
        return self.generator.inputs[0].shape[-1]

    @property
    def noise_dim(self) -> int:
        """Numbers of them that are noise; of a refiner none."""
        if isinstance(self.conditioning, Drawings):
            return 0
        return self.size - (self.codes.size if self.codes else 0)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return tuple(self.generator.outputs[0].shape[1:])

    def inputs(self, count: int, seed: int = 0) -> list[tf.Tensor]:
        """Returns the generator's inputs for a number of images.

        Row i is a function of (seed, i).

        Raises:
            ValueError: A count below 1, or of over a million.
        """
        if count > MOST:
            raise ValueError(f"count={count} must be at most {MOST:,}.")
        if self.conditioning is not None:
            return self.conditioning.inputs(self.size, count, seed)
        return [latents(self.size, count, codes=self.codes, seed=seed)]

    def draw(
        self, inputs: Sequence[ArrayLike], batch_size: int | None = None
    ) -> np.ndarray:
        """Draws images of given inputs.

        Args:
            inputs: As `inputs` returns them, changed or not.
            batch_size: Number of images at a time; by default the sampler's.

        Returns:
            uint8 `[n, height, width, channels]`.
        """
        return data.to_uint8(self.floats(inputs, batch_size), self.middle)

    def floats(
        self, inputs: Sequence[ArrayLike], batch_size: int | None = None
    ) -> np.ndarray:
        """Does as `draw`, but returns what the generator draws, as float32."""
        batch_size = self.batch_size if batch_size is None else batch_size
        images = []
        for start in range(0, len(inputs[0]), batch_size):
            part = slice(start, start + batch_size)
            batch = [tf.convert_to_tensor(rows[part]) for rows in inputs]
            drawn = self._drawing(batch if len(batch) > 1 else batch[0])
            images.append(drawn.numpy())
        return np.concatenate(images)

    def sample(
        self, count: int, seed: int = 0, batch_size: int | None = None
    ) -> np.ndarray:
        """Draws images; image i is a function of (seed, i).

        Returns:
            uint8 `[count, height, width, channels]`.

        Raises:
            ValueError: A count below 1.
        """
        return self.draw(self.inputs(count, seed), batch_size)

    def between(
        self,
        first: Sequence[ArrayLike],
        last: Sequence[ArrayLike],
        steps: int,
        path: Callable[..., np.ndarray] = interpolation.linear,
    ) -> np.ndarray:
        """Draws images along paths of the noise; all else stays as at the first end.

        Args:
            first: Inputs of n images.
            last: Those of as many others.
            steps: Images of a path, both ends counted.
            path: `interpolation.linear` or `interpolation.spherical`.

        Returns:
            uint8 `[n * steps, height, width, channels]`, path by path.

        Raises:
            ValueError: A refiner, which has no noise, or fewer than two steps.
        """
        if not self.noise_dim:
            raise ValueError("A refiner takes images: there is no noise to move.")
        begin, end = (np.asarray(ends[0]) for ends in (first, last))
        moving = [noise[..., : self.noise_dim] for noise in (begin, end)]
        points = path(*(noise.reshape(len(noise), -1) for noise in moving), steps)
        points = points.reshape(-1, *moving[0].shape[1:])
        others = [begin[..., self.noise_dim :], *map(np.asarray, first[1:])]
        codes, *others = (np.repeat(rows, steps, axis=0) for rows in others)
        return self.draw([np.concatenate([points, codes], axis=-1), *others])


def latents(
    size: int, count: int, *, codes: Codes | None = None, seed: int = 0
) -> tf.Tensor:
    """Samples noise and codes; row i is a function of (seed, i).

    Args:
        size: Numbers of a row: the generator's noise, with the codes if there are any.
        count: Number of rows.
        codes: Those of an InfoGAN.
        seed: Seed of noise and codes, an integer of 64 bits.

    Returns:
        float32 `[count, size]`.

    Raises:
        ValueError: A count below 1.
    """
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    random = StepRandom.root(seed)
    if codes is None:
        return random.normal([count, size])
    noise = random.normal([count, size - codes.size])
    return tf.concat([noise, codes.draw(count, random)], axis=1)
