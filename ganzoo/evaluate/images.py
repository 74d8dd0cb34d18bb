"""Subjects of an evaluation: a generator of the zoo, a user's own, or images."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo import data, zoo
from ganzoo.data import mapped
from ganzoo.evaluate.locating import IMAGES, ZOO, locate
from ganzoo.zoo import external
from ganzoo.zoo.sampling import Sampler


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """Images to be measured, existing or to be generated."""

    name: str  # description for tables and cards
    images: np.ndarray | None = None  # uint8 `[n, height, width, channels]`, or None
    sampler: Sampler | None = None  # sampler that generates the images, or None
    # Whether the channels are three digits, whose combinations are counted
    stacked: bool = False
    note: str = ""  # remark on the files that were read and left out

    @property
    def count(self) -> int | None:
        """Number of images; None for a generator, which has no limit."""
        return None if self.images is None else len(self.images)

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, channels) of the images."""
        if self.sampler is not None:
            return tuple(self.sampler.image_shape)
        assert self.images is not None  # a subject has one of the two
        return self.images.shape[1:]

    def like(self, real: data.ImageSet) -> "Subject":
        """Returns the subject, if its images have the shape of the real ones.

        Gray images saved in color, the three channels equal, are taken as gray where
        the real ones are: nothing is lost.
        """
        found = self
        if self.images is not None and real.shape[-1] == 1 and _is_gray(self.images):
            name = f"{self.name} (gray, saved in color)"
            found = dataclasses.replace(self, name=name, images=self.images[..., :1])
        shape = found.shape
        if shape != real.shape:
            raise ValueError(
                f"{self.name}: images of {_size(shape)}, but {real.name} has images of "
                f"{_size(real.shape)}; give another --against, or resize one of them."
            )
        return found

    def take(self, count: int, seed: int) -> np.ndarray:
        """Returns `count` images: generated, or evenly spaced among existing ones."""
        if self.sampler is not None:
            return self.sampler.sample(count, seed)
        assert self.images is not None  # a subject has one of the two
        if count > len(self.images):
            raise ValueError(
                f"{self.name} has {len(self.images)} images; count={count} is more."
            )
        return evenly(self.images, count)

    def described(self, seed: int) -> str:
        """Returns a description of the images for a card."""
        return self.name if self.images is not None else f"{self.name}, seed {seed}"


def find(what: str, **options: Any) -> Subject:
    """Returns the subject of a name or path, as `evaluate` takes it."""
    kind, path = locate(what, **options)
    if kind == ZOO:
        modes = "modes" in zoo.card(what).get("measures", {})
        name = f"zoo generator {what}"
        return Subject(name, sampler=zoo.sampler(what), stacked=modes)
    name = Path(what).expanduser().name
    if kind != IMAGES:
        return Subject(name, sampler=external.read_generator(path, **options))
    found = external.read_image_set(path)
    return Subject(name, images=found.images, note=found.note)


def evenly(images: np.ndarray, count: int) -> np.ndarray:
    """Returns `count` of the images, evenly spaced; large mapped ones stay so."""
    return mapped.rows(images, np.arange(count) * len(images) // count)


def _is_gray(images: np.ndarray) -> bool:
    return images.shape[-1] == 3 and bool((images == images[..., :1]).all())


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
