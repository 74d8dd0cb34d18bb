"""Layouts, which condition generators of objects in boxes: labels and boxes."""

import dataclasses

import numpy as np
import tensorflow as tf

from ganzoo import boxes as bounding
from ganzoo.random import StepRandom


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
    """Which objects lie where; a card of the zoo holds one as lists.

    Attributes:
        labels: Of the objects, `[orders, objects]`: image i has order i modulo their
            number.
        boxes: Of the objects, `[objects, 4]` for all orders, or `[orders, objects, 4]`.
        num_classes: Labels are 0 to this, which is left out.
        max_objects: The most objects of an image.

    Raises:
        ValueError: What cannot be drawn; see `ganzoo.boxes.check`.
    """

    labels: np.ndarray
    boxes: np.ndarray
    num_classes: int = 10
    max_objects: int = 16

    def __post_init__(self):
        labels, boxes = np.asarray(self.labels), np.asarray(self.boxes, np.float32)
        if labels.ndim == 2 and boxes.ndim == 2:
            boxes = np.tile(boxes, (len(labels), 1, 1))
        bounding.check(labels, boxes, self.num_classes, self.max_objects)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "boxes", boxes)

    def inputs(self, latent_dim: int, count: int, seed: int = 0) -> list[tf.Tensor]:
        """Returns noise, labels and boxes of so many images.

        The noise of object j of image i is a function of (seed, i, j): further boxes
        leave the objects before them as they are.

        Args:
            latent_dim: Size of a row of noise.
            count: Number of images.
            seed: Seed of the noise.

        Raises:
            ValueError: A count below 1.
        """
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        objects = self.labels.shape[1]
        shape = [count, (1 + self.max_objects) * latent_dim]
        noise = StepRandom.root(seed).normal(shape)
        noise = tf.reshape(noise, [count, 1 + self.max_objects, latent_dim])
        order = np.arange(count) % len(self.labels)
        return [
            noise[:, : 1 + objects],
            tf.constant(self.labels[order], tf.int32),
            tf.constant(self.boxes[order]),
        ]
