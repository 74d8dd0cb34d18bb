"""Layouts, which condition generators of objects in boxes: labels and boxes."""

import dataclasses

import numpy as np
from keras import KerasTensor, ops

from ganzoo import boxes as bounding
from ganzoo.random import StepRandom


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
    """Labels and boxes of objects; cards of the zoo hold layouts as lists.

    Attributes:
        labels: Labels of the objects, int `[orders, objects]`: image i has order i
            modulo the number of orders.
        boxes: Boxes of the objects, `[objects, 4]` for all orders, or
            `[orders, objects, 4]`.
        num_classes: Number of classes; labels are in [0, num_classes).
        max_objects: Largest number of objects per image.

    Raises:
        ValueError: The layout is invalid; see `ganzoo.boxes.check`.
    """

    labels: np.ndarray
    boxes: np.ndarray
    num_classes: int = 10
    max_objects: int = 16

    def __post_init__(self) -> None:
        labels, boxes = np.asarray(self.labels), np.asarray(self.boxes, np.float32)
        if labels.ndim == 2 and boxes.ndim == 2:
            boxes = np.tile(boxes, (len(labels), 1, 1))
        bounding.check(labels, boxes, self.num_classes, self.max_objects)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "boxes", boxes)

    def inputs(self, latent_dim: int, count: int, seed: int = 0) -> list[KerasTensor]:
        """Returns `count` rows of noise `[1 + objects, latent_dim]`, labels and boxes.

        The noise of object j of image i is a function of (seed, i, j): adding boxes
        does not change the objects before them.
        """
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        objects = self.labels.shape[1]
        shape = [count, (1 + self.max_objects) * latent_dim]
        noise = StepRandom.root(seed).normal(shape)
        noise = ops.reshape(noise, [count, 1 + self.max_objects, latent_dim])
        order = np.arange(count) % len(self.labels)
        return [
            noise[:, : 1 + objects],
            ops.convert_to_tensor(self.labels[order], "int32"),
            ops.convert_to_tensor(self.boxes[order]),
        ]
