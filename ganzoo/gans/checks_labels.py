"""Labels and layouts as parts of a batch; see `ganzoo.gans.checks_data`."""

import dataclasses
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import boxes as bounding
from ganzoo.gans.checks_data import Part, Spec, check_tensor


@dataclasses.dataclass(frozen=True)
class Labels(Part):
    """Class numbers, `[n]`."""

    num_classes: int  # number of classes
    name: str = "labels"  # their name in messages
    has_labels = True

    def check_spec(self, spec: Any) -> None:
        """Checks that they are `[n]` numbers."""
        check_tensor(self.name, spec)
        check_numbers(self.name, spec)
        given = spec.shape
        if given is None or len(given) == 1:
            return
        remedy = "give one number per image"
        if len(given) == 2 and given[-1] == 1:
            remedy = "drop the last axis: labels[:, 0]"
        elif len(given) == 2 and given[-1] == self.num_classes:
            remedy = "these look one-hot. Give the numbers: labels.argmax(axis=-1)"
        raise ValueError(
            f"The {self.name} have the shape {given}, but class numbers (n,) are "
            f"needed: {remedy}."
        )

    def check_values(self, values: np.ndarray) -> None:
        """Checks that all are whole numbers in [0, num_classes)."""
        check_classes(np.asarray(values), self.num_classes)

    def in_range(self, values: KerasTensor) -> KerasTensor | bool:
        """Returns whether all are whole numbers in [0, num_classes)."""
        return classes_in_range(values, self.num_classes)


@dataclasses.dataclass(frozen=True)
class Layout(Part):
    """Labels `[n, objects]` and boxes `[n, objects, 4]`, as part of a batch."""

    num_classes: int  # number of classes
    max_objects: int  # largest number of objects per image
    has_labels = True

    def check_spec(self, spec: Any) -> None:
        """Checks that both are numbers; `pack` checks the shapes."""
        if isinstance(spec, tuple | list) and len(spec) == 2:
            for name, part in zip(("labels", "boxes"), spec, strict=True):
                check_tensor(name, part)
                check_numbers(name, part)

    def check_values(self, values: Any) -> None:
        """Checks the labels, the number of objects, and that boxes lie in the image."""
        labels, boxes = (np.asarray(part) for part in values)
        check_classes(labels, self.num_classes)
        labels = labels.astype(np.int32)
        bounding.check(labels, boxes, self.num_classes, self.max_objects)

    def in_range(self, values: Any) -> KerasTensor | bool:
        """Returns whether all labels are valid."""
        return classes_in_range(values[0], self.num_classes)


def check_numbers(name: str, spec: Spec) -> None:
    """Refuses labels that are strings, or anything else but numbers."""
    if not spec.dtype.startswith(("int", "uint", "float", "bfloat", "bool")):
        raise ValueError(
            f"The {name} are {spec.dtype}s; class numbers from 0 are needed: "
            "names, labels = np.unique(labels, return_inverse=True)."
        )


def check_classes(labels: np.ndarray, num_classes: int) -> None:
    """Checks that labels are whole numbers in [0, num_classes)."""
    if not labels.size:
        return
    values = labels.astype(np.float64)
    broken = values[values != np.floor(values)]
    if broken.size:
        raise ValueError(
            f"labels hold {broken[0]:g}; they must be whole numbers, from 0 to "
            f"{num_classes - 1}."
        )
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high < num_classes:
        return
    remedy = f"Build it with num_classes={high + 1}, or leave out such examples"
    if low < 0:
        remedy = "Leave out the examples without a class"
    elif high - low == num_classes - 1:
        remedy = f"Count from 0: labels - {low}"
    elif low > 0 and high == num_classes:
        remedy = f"If they are counted from 1, give labels - 1. {remedy}"
    found = f"run from {low} to {high}" if low < high else f"are all {low}"
    raise ValueError(
        f"labels {found}; this model has the classes 0 to {num_classes - 1}. {remedy}."
    )


def classes_in_range(labels: KerasTensor, num_classes: int) -> KerasTensor | bool:
    """Returns whether labels are whole numbers in [0, num_classes)."""
    dtype = keras.backend.standardize_dtype(labels.dtype)
    if dtype == "bool":
        return True
    fine = ops.logical_and(ops.min(labels) >= 0, ops.max(labels) < num_classes)
    if "float" in dtype:
        whole = ops.all(ops.equal(labels, ops.floor(labels)))
        fine = ops.logical_and(fine, whole)
    return fine
