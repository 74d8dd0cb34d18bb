"""What can be evaluated: a generator of the zoo, a user's own, or images."""

import dataclasses
from pathlib import Path

import numpy as np

from ganzoo import data, zoo
from ganzoo.evaluate.locating import GENERATOR, ZOO, locate
from ganzoo.zoo import external
from ganzoo.zoo.sampling import Sampler


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """Images to be measured: there already, or to be drawn.

    Attributes:
        name: What they are, for tables and cards.
        images: uint8 `[n, height, width, channels]`, or None.
        sampler: What draws them, or None.
        stacked: Three digits in the three channels, whose combinations are counted.
        note: Which files the images were read from, and which were left out.
    """

    name: str
    images: np.ndarray | None = None
    sampler: Sampler | None = None
    stacked: bool = False
    note: str = ""

    @property
    def count(self) -> int | None:
        """Number of images; None of a generator, which draws any number."""
        return None if self.images is None else len(self.images)

    def like(self, real: data.ImageSet) -> "Subject":
        """Returns the same, if its images are of the shape of real ones.

        Grey images saved in colour, the three channels equal, are taken as grey where
        the real ones are: nothing is lost.

        Raises:
            ValueError: They are of another shape.
        """
        found = self
        if self.images is not None and real.shape[-1] == 1 and _is_grey(self.images):
            name = f"{self.name} (grey, saved in colour)"
            found = dataclasses.replace(self, name=name, images=self.images[..., :1])
        images, sampler = found.images, found.sampler
        shape = sampler.image_shape if images is None else images.shape[1:]
        if tuple(shape) != real.shape:
            raise ValueError(
                f"{self.name}: images of {_size(shape)}, but {real.name} has images of "
                f"{_size(real.shape)}; give another --against, or resize one of them."
            )
        return found

    def take(self, count: int, seed: int) -> np.ndarray:
        """Returns so many images, evenly spaced if there are more, or drawn.

        Raises:
            ValueError: There are fewer.
        """
        if self.images is None:
            return self.sampler.sample(count, seed)
        if count > len(self.images):
            raise ValueError(
                f"{self.name} has {len(self.images)} images; count={count} is more."
            )
        return evenly(self.images, count)

    def described(self, seed: int) -> str:
        """Returns what the images are, for a card."""
        return self.name if self.images is not None else f"{self.name}, seed {seed}"


def find(what: str, **options) -> Subject:
    """Returns what a name or path stands for.

    Args:
        what: A generator of the zoo by its name, a `.keras` file, the run folder of a
            GAN that was trained, a folder of images or an `.npz` file.
        **options: Of `external.read_generator`.

    Raises:
        ValueError: There is nothing of that name, or it cannot be used.
    """
    kind, path = locate(what, **options)
    if kind == ZOO:
        modes = "modes" in zoo.card(what).get("measures", {})
        name = f"zoo generator {what}"
        return Subject(name, sampler=zoo.sampler(what), stacked=modes)
    name = Path(what).expanduser().name
    if kind == GENERATOR:
        return Subject(name, sampler=external.read_generator(path, **options))
    found = external.read_image_set(path)
    return Subject(name, images=found.images, note=found.note)


def evenly(images: np.ndarray, count: int) -> np.ndarray:
    """Returns so many of the images, evenly spaced."""
    return images[np.arange(count) * len(images) // count]


def _is_grey(images: np.ndarray) -> bool:
    return images.shape[-1] == 3 and bool((images == images[..., :1]).all())


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
