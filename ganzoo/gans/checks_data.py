"""Descriptions of a batch, and checks of data against them: `Model.batch_parts()`.

Each part checks dtype and shape of the data before anything runs, its values in the
first batch, and its labels, if it has any, in every batch.
"""

import dataclasses
import functools
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import KerasTensor

from ganzoo.gans.output_activations import OutputActivation, output_activations

# Fraction of the range by which rounding, resizing and noise may take images beyond it.
_TOLERANCE = 0.05
# A batch of images in [0, 1] has values below the first and above the second; bright
# images in [-1, 1] usually do not have both.
_BLACK, _WHITE = 0.1, 0.9
_BYTES = 20  # images in [-1, 1] or [0, 1] are never as bright, those in [0, 255] are
FEW = 8  # fewer images may all be bright by chance


@dataclasses.dataclass(frozen=True)
class Spec:
    """Shape and dtype of dense data.

    Attributes:
        shape: The shape, with None for an unknown size; None if nothing is known.
        dtype: The name of the dtype, "string" for strings.
    """

    shape: tuple[int | None, ...] | None
    dtype: str


class Part:
    """Part of a batch: x, or y."""

    has_labels = False  # whether it holds labels, which are checked in every batch

    def check_spec(self, spec: Any) -> None:
        """Checks shape and dtype; raises ValueError."""

    def check_values(self, values: Any) -> None:
        """Checks the values of a batch, NumPy arrays; raises ValueError."""

    def in_range(self, values: Any) -> KerasTensor | bool:
        """Returns whether the labels of a batch of tensors are valid."""
        return True


Parts = Part | tuple[Part, Part] | None  # x; x and y; or nothing to check


@dataclasses.dataclass(frozen=True)
class Images(Part):
    """Images, or points, of the kind that a network generates."""

    name: str  # their name in messages
    network: keras.Layer  # the network that generates such images
    maker: str  # name of that network in messages
    # Shape of its output without the batch axis; None if it is unknown
    shape: tuple[int | None, ...] | None

    def check_spec(self, spec: Any) -> None:
        """Checks that they are floats of the shape that the network makes."""
        check_tensor(self.name, spec)
        if "float" not in spec.dtype:
            raise ValueError(
                f"The {self.name} are {spec.dtype}; they must be floats in "
                "[-1, 1]. ganzoo.data.to_float scales uint8 images to these."
            )
        self._check_shape(spec.shape)

    @classmethod
    def like(cls, name: str, network: keras.Layer, maker: str) -> "Images":
        """Returns images of the shape that a network made when it was last called."""
        outputs = getattr(network, "outputs", None)
        if not outputs and network._inbound_nodes:
            outputs = network._inbound_nodes[-1].outputs
        shape = tuple(outputs[0].shape[1:]) if outputs else None
        return cls(name, network, maker, shape)

    def _check_shape(self, shape: tuple | None) -> None:
        wanted = (None, *(self.shape or ()))
        if self.shape is None or _compatible(shape, wanted):
            return
        made = f"the {self.maker} makes {wanted}"
        if _compatible(shape, wanted[1:]):
            remedy = (
                "there is no batch axis. Batch the data set: batches = data.batch(64)"
            )
        elif _compatible(shape, wanted[:-1]) and self.shape[-1:] == (1,):
            remedy = "the axis of channels is missing. Add it: images[..., None]"
        else:
            remedy = "both must be the same. Resize the images, or build other networks"
        raise ValueError(
            f"The {self.name} have the shape {shape}, but {made}: {remedy}."
        )

    def check_values(self, values: np.ndarray, *, certain: bool = False) -> None:
        """Checks that their values have the range of the network's outputs.

        Otherwise the discriminator could tell them apart by it. With `certain`, a batch
        that may be bright by chance is accepted.
        """
        self._check_shape(values.shape)
        low, high = _extremes(values)
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError(
                f"The {self.name} of this batch hold NaN or infinity; check "
                "where they come from."
            )
        if values.ndim < 4:
            return  # points and series may lie anywhere
        suspicious = low >= 0 or low < -1 or high > 1
        found = self._traced_activations if suspicious else self._activations
        least = min((activation.low for activation in found), default=-np.inf)
        most = max((activation.high for activation in found), default=np.inf)
        found = found if np.isfinite(least) or np.isfinite(most) else []
        # If the activation is unknown, only bytes are a sure sign.
        bytes_ = low >= 0 > least and 128 < high < 256
        # Values in a small part of the network's range have another scale.
        tiny = _BYTES < most < np.inf and 0 < high - low < _TOLERANCE * (most - least)
        slack = _TOLERANCE * (most - least) if np.isfinite(most - least) else 0.0
        outside = low < least - slack or high > most + slack
        if outside or bytes_ or tiny:
            raise ValueError(self._of_range(low, high, found))
        if 0 <= low < _BLACK and _WHITE < high < 2 and least < 0 and not certain:
            if found:
                raise ValueError(self._of_range(low, high, found))
            warnings.warn(self._of_range(low, high, found), stacklevel=2)
        elif most > _BYTES and found and np.isfinite(most):
            warnings.warn(
                f"The {self.maker} ends in {found[0]}, like the {self.name}. Drawing, "
                "measuring and saving images expect [-1, 1]: let it end in tanh "
                f"instead, and scale the {self.name}: images / 127.5 - 1.",
                stacklevel=2,
            )

    @functools.cached_property
    def _activations(self) -> list[OutputActivation]:
        return output_activations(self.network, trace=False, bounded=False)

    @functools.cached_property
    def _traced_activations(self) -> list[OutputActivation]:
        return output_activations(self.network, bounded=False)

    def _of_range(self, low: float, high: float, found: list[OutputActivation]) -> str:
        activation = found[0] if found else None
        positive = activation is not None and activation.low >= 0
        made = (
            f"ends in {activation}" if activation else "should make images in [-1, 1]"
        )
        problem = (
            f"The {self.name} of this batch lie in [{low:.4g}, {high:.4g}], but the "
            f"{self.maker} {made}"
        )
        if activation is not None and _BYTES < activation.high < np.inf:
            scaled = -1 <= low < 0 and high <= 1
            also = f", and scale the images to [-1, 1]: {_scaled(low, high)}"
            return f"{problem}. Let it end in tanh{'' if scaled else also}."
        remedy = f"np.clip(images, {'0, 1' if positive else '-1, 1'}), or divide by the"
        remedy += " largest"
        if low >= 0 and (high > 2 or not positive):
            remedy = "images / 255" if positive else _scaled(low, high)
            if high <= 2:
                remedy += (
                    ". (If no value should be below 0, let the "
                    f"{self.maker} end in a sigmoid)"
                )
        elif positive and low < -0.5:
            remedy = f"(images + 1) / 2, or let the {self.maker} end in tanh"
        wanted = "[0, 1]" if positive else "[-1, 1]"
        return f"{problem}. Scale them to {wanted}: {remedy}."


def _scaled(low: float, high: float) -> str:
    """Returns code that scales images with this range to [-1, 1]."""
    if low < 0:
        return "images / np.abs(images).max()"
    if high > 2:
        return "images / 127.5 - 1, or ganzoo.data.to_float for uint8"
    return "2 * images - 1"


def check_tensor(name: str, spec: Any) -> None:
    """Checks that data are one tensor: no dictionary or list, not ragged or sparse."""
    if isinstance(spec, dict):
        keys = ", ".join(map(repr, spec))
        raise ValueError(
            f"The {name} are a dictionary of {keys}; a tensor is needed. Take it out: "
            f"batches.map(lambda batch: batch[{next(iter(spec), 'image')!r}]), or "
            "(images, labels) for a model that takes labels."
        )
    if isinstance(spec, list | tuple):
        single = all(getattr(one, "shape", None) == () for one in spec)
        remedy = (
            "Pass the array itself, fit(images), and labels after it, fit(images, "
            "labels)"
            if len(spec) <= 2
            else "Make one array of them: "
            + ("np.asarray(labels)" if single else "np.stack(images)")
        )
        raise ValueError(
            f"The {name} are a {type(spec).__name__} of {len(spec)}; a tensor is "
            f"needed. {remedy}."
        )
    if not isinstance(spec, Spec):
        raise ValueError(
            f"The {name} are a {type(spec).__name__.removesuffix('Spec')}; a dense "
            "tensor is needed, with the same shape for all examples."
        )


def check_element(parts: Parts, element: Any, takes: str) -> None:
    """Checks that specs of the elements of a data set fit, and that none is ignored.

    Args:
        parts: Description of x, or a pair of descriptions of x and y.
        element: Specs in the structure of the data.
        takes: Name of the model in messages.
    """
    x, y, weights = keras.utils.unpack_x_y_sample_weight(element)
    y, weights = (None if _absent(spec) else spec for spec in (y, weights))
    if weights is not None:
        raise ValueError(
            "The data hold a third part, sample weights, which would be ignored: all "
            "examples have the same weight in an adversarial loss. Leave it out."
        )
    if y is not None and not isinstance(parts, tuple):
        raise ValueError(
            f"The data hold labels, which {takes} would ignore. Leave them out, "
            "batches.map(lambda images, labels: images), or build a ganzoo.GAN with "
            "num_classes=..., which learns from them."
        )
    for part, spec in in_pairs(parts, (x, y)):
        part.check_spec(spec)


def has_labels(parts: Parts) -> bool:
    """Returns whether a batch holds labels."""
    both = parts if isinstance(parts, tuple) else (parts,)
    return any(part.has_labels for part in both if part is not None)


def in_pairs(parts: Parts, element: Any) -> Iterator[tuple[Part, object]]:
    """Yields each part with its data from an element; skips a missing y."""
    x, y, _ = keras.utils.unpack_x_y_sample_weight(element)
    for part, value in zip(
        parts if isinstance(parts, tuple) else (parts,), (x, y), strict=False
    ):
        if part is not None and value is not None:
            yield part, value


def _absent(spec: Any) -> bool:
    """Returns whether a part is missing, by TensorFlow's spec of it."""
    return spec is None or type(spec).__name__ in ("OptionalSpec", "NoneTensorSpec")


def _compatible(shape: tuple | None, wanted: tuple) -> bool:
    return shape is None or (
        len(shape) == len(wanted)
        and all(None in (a, b) or a == b for a, b in zip(shape, wanted, strict=True))
    )


def _extremes(values: np.ndarray) -> tuple[float, float]:
    values = np.asarray(values)
    if values.dtype.kind != "f":
        values = values.astype(np.float32)  # bfloat16
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
