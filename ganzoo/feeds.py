"""What the zoo's networks are fed that take more than noise, or something else."""

import dataclasses

import numpy as np
import tensorflow as tf

from ganzoo import data
from ganzoo.distribute import StepRandom


@dataclasses.dataclass(frozen=True)
class Classes:
    """Noise and classes, for a class-conditional generator.

    Attributes:
        num_classes: Image i is of class i modulo their number.
    """

    num_classes: int

    def inputs(self, latent_dim: int, count: int, seed: int = 0) -> list[tf.Tensor]:
        """Returns noise and labels of so many images; row i is a function of (seed, i).

        Args:
            latent_dim: Size of a row of noise.
            count: Number of images.
            seed: Seed of the noise.

        Raises:
            ValueError: A count below 1.
        """
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        noise = StepRandom.root(seed).normal([count, latent_dim])
        return [noise, tf.constant(np.arange(count) % self.num_classes, tf.int32)]


@dataclasses.dataclass(frozen=True)
class Drawings:
    """Drawn house numbers, for a network that refines them.

    Attributes:
        style: "source" or "rich"; see `ganzoo.data.draw_house_numbers`.
    """

    style: str

    def inputs(self, channels: int, count: int, seed: int = 0) -> list[tf.Tensor]:
        """Returns so many house numbers in [-1, 1]; image i shows the digit i % 10.

        Args:
            channels: Of the images, 3.
            count: Number of images.
            seed: Another seed draws others.

        Raises:
            ValueError: A count below 1, or an unknown style.
        """
        drawn = data.draw_house_numbers(count, seed=seed, style=self.style)
        return [tf.constant(data.to_float(drawn.images))]
