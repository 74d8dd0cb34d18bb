"""A generator with its inputs: noise, codes, and other conditioning."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike

from ganzoo import backend, data
from ganzoo.gans.codes import Codes
from ganzoo.random import StepRandom
from ganzoo.zoo import interpolation, truncation
from ganzoo.zoo.catalog import MOST
from ganzoo.zoo.conditionings import Classes, Conditioning, Drawings, noise_first
from ganzoo.zoo.layouts import Layout


@dataclasses.dataclass(frozen=True, eq=False)
class Sampler:
    """A generator and its inputs.

    Attributes:
        generator: Model from noise `[n, latent_dim]`, and the inputs of `conditioning`,
            to images in [-1, 1].
        codes: Codes of an InfoGAN, which follow the noise.
        conditioning: Inputs in addition to noise, if there are any.
        pixel_offset: Gray value that the generator outputs as 0; see `data.to_uint8`.
        batch_size: Number of images per batch.
        truncation: Largest noise value; see `ganzoo.zoo.truncation`. None for normal
            noise.

    Raises:
        ValueError: A generator with several inputs has no `conditioning`, the number of
            classes differs, or the truncation is not above 0.
    """

    generator: keras.Model
    codes: Codes | None = None
    conditioning: Conditioning | None = None
    pixel_offset: float = data.PIXEL_OFFSET
    batch_size: int = 500
    truncation: float | None = None

    def __post_init__(self) -> None:
        if self.conditioning is None and len(self.generator.inputs) > 1:
            raise ValueError(
                "A generator of objects in boxes, or of classes, needs its "
                "conditioning=, a zoo.Layout or zoo.Classes."
            )
        if isinstance(self.conditioning, Classes):
            object.__setattr__(self, "generator", noise_first(self.generator))
            self.conditioning.check(self.generator)
        truncation.check(self.truncation)
        if self.truncation is not None and not self.noise_dim:
            raise ValueError("A refiner takes images: it has no noise to truncate.")

    @functools.cached_property
    def _compiled(self) -> Callable[..., KerasTensor]:
        """The compiled generator, kept so that each batch size is traced once."""
        return backend.inference(self.generator, self._images)

    def _images(self, batch: KerasTensor | list[KerasTensor]) -> KerasTensor:
        return ops.cast(self.generator(batch, training=False), "float32")

    @property
    def size(self) -> int:
        """Size of a row of the first input: noise and codes, or channels."""
        return self.generator.inputs[0].shape[-1]

    @property
    def noise_dim(self) -> int:
        """Number of noise components; 0 for a refiner."""
        if isinstance(self.conditioning, Drawings):
            return 0
        return self.size - (self.codes.size if self.codes else 0)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return tuple(self.generator.outputs[0].shape[1:])

    def inputs(self, count: int, seed: int = 0) -> list[KerasTensor]:
        """Returns the generator's inputs for a number of images.

        Row i is a function of (seed, i). The number is from 1 to a million.
        """
        if not isinstance(count, int | np.integer) or not 1 <= count <= MOST:
            raise ValueError(f"count={count!r} must be a number from 1 to {MOST:,}.")
        if self.conditioning is not None:
            first, *others = self.conditioning.inputs(self.size, count, seed)
        else:
            first = latents(self.size, count, codes=self.codes, seed=seed)
            others = []
        if self.truncation is not None:
            noise, codes = np.split(np.asarray(first), [self.noise_dim], axis=-1)
            noise = truncation.truncated(noise, self.truncation)
            first = ops.convert_to_tensor(np.concatenate([noise, codes], axis=-1))
        return [first, *others]

    def truncated(self, threshold: float) -> "Sampler":
        """Returns a sampler of noise without large values; see `zoo.truncation`."""
        return dataclasses.replace(self, truncation=threshold)

    def of_classes(self, words: Sequence[str | int]) -> "Sampler":
        """Returns a sampler of some classes only, by their names or numbers.

        Raises:
            ValueError: There is no such class, or the generator takes no classes.
        """
        if isinstance(self.conditioning, Classes):
            chosen = self.conditioning.pick(words)
            return dataclasses.replace(self, conditioning=chosen)
        remedy = "classes cannot be chosen"
        if isinstance(self.conditioning, Layout):
            remedy = "it draws objects in boxes: python -m ganzoo draw, or zoo.draw"
        elif self.codes is not None:
            remedy = "its codes may stand for classes: python -m ganzoo explore"
        raise ValueError(f"The generator takes no classes; {remedy}.")

    def draw(
        self, inputs: Sequence[ArrayLike], batch_size: int | None = None
    ) -> np.ndarray:
        """Generates uint8 images `[n, h, w, c]` from given inputs.

        Args:
            inputs: Arrays in the form that `inputs` returns.
            batch_size: Number of images per batch; by default the sampler's.
        """
        return data.to_uint8(self.floats(inputs, batch_size), self.pixel_offset)

    def floats(
        self, inputs: Sequence[ArrayLike], batch_size: int | None = None
    ) -> np.ndarray:
        """Returns the generator's outputs as float32; arguments as in `draw`."""
        return np.concatenate(list(self._batches(inputs, batch_size)))

    def stream(self, inputs: Sequence[ArrayLike]) -> Iterator[np.ndarray]:
        """Yields the images of given inputs batch by batch, uint8 `[n, h, w, c]`.

        So any number of images can be written without holding them all.
        """
        for images in self._batches(inputs):
            yield data.to_uint8(images, self.pixel_offset)

    def _batches(
        self, inputs: Sequence[ArrayLike], batch_size: int | None = None
    ) -> Iterator[np.ndarray]:
        batch_size = self.batch_size if batch_size is None else batch_size
        arrays = [np.asarray(rows) for rows in inputs]
        for start in range(0, len(arrays[0]), batch_size):
            part = slice(start, start + batch_size)
            batch = [ops.convert_to_tensor(rows[part]) for rows in arrays]
            drawn = self._compiled(batch if len(batch) > 1 else batch[0])
            yield np.asarray(drawn)

    def sample(
        self, count: int, seed: int = 0, batch_size: int | None = None
    ) -> np.ndarray:
        """Generates uint8 images `[count, h, w, c]`; image i depends on (seed, i).

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
        """Generates images along paths of the noise; other inputs stay as in `first`.

        Args:
            first: Inputs of n images.
            last: Inputs of n other images.
            steps: Number of images per path, including both ends.
            path: `interpolation.linear` or `interpolation.spherical`.

        Returns:
            uint8 `[n * steps, height, width, channels]`, path by path.

        Raises:
            ValueError: The generator is a refiner, which has no noise, or there are
                fewer than two steps.
        """
        if not self.noise_dim:
            raise ValueError("A refiner takes images: it has no noise to interpolate.")
        begin, end = (np.asarray(ends[0]) for ends in (first, last))
        moving = [noise[..., : self.noise_dim] for noise in (begin, end)]
        points = path(*(noise.reshape(len(noise), -1) for noise in moving), steps)
        points = points.reshape(-1, *moving[0].shape[1:])
        others = [begin[..., self.noise_dim :], *map(np.asarray, first[1:])]
        codes, *others = (np.repeat(rows, steps, axis=0) for rows in others)
        return self.draw([np.concatenate([points, codes], axis=-1), *others])


def latents(
    size: int, count: int, *, codes: Codes | None = None, seed: int = 0
) -> KerasTensor:
    """Samples noise and codes, `[count, size]`; row i is a function of (seed, i)."""
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    random = StepRandom.root(seed)
    if codes is None:
        return random.normal([count, size])
    noise = random.normal([count, size - codes.size])
    return ops.concatenate([noise, codes.draw(count, random)], axis=1)
