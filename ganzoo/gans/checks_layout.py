"""Layouts as part of a batch; see `ganzoo.gans.checks_data`."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from ganzoo import boxes as bounding
from ganzoo.gans.checks_data import (
    check_classes,
    check_numbers,
    check_tensor,
    classes_in_range,
)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Labels `[n, objects]` and boxes `[n, objects, 4]`, as part of a batch.

    Attributes:
        num_classes: Number of classes.
        max_objects: Largest number of objects per image.
    """

    num_classes: int
    max_objects: int
    has_labels = True

    def check_spec(self, spec: Any) -> None:
        """Checks that both are numbers; `pack` checks the shapes.

        Raises:
            ValueError: They are not numbers.
        """
        if isinstance(spec, tuple | list) and len(spec) == 2:
            for name, part in zip(("labels", "boxes"), spec, strict=True):
                check_tensor(name, part)
                check_numbers(name, part)

    def check_values(self, values: Any) -> None:
        """Checks that the labels are valid and the boxes lie in the image.

        Raises:
            ValueError: Labels are out of range, there are more than `max_objects`
                objects, or a box leaves the image or has no area.
        """
        labels, boxes = (np.asarray(part) for part in values)
        check_classes(labels, self.num_classes)
        labels = labels.astype(np.int32)
        bounding.check(labels, boxes, self.num_classes, self.max_objects)

    def in_range(self, values: Any) -> tf.Tensor:
        """Returns whether all labels are valid."""
        return classes_in_range(values[0], self.num_classes)
