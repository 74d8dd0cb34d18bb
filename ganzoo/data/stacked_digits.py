"""Stacked MNIST: three random digits in the three channels, 1,000 modes."""

import dataclasses
import functools
import hashlib

import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.data.drawn import Draw, Drawn, Key, integers
from ganzoo.data.images import DataError, ImageSet

DIGITS = 10
CHANNELS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class StackedDigits(Drawn):
    """Images of three digits, one per channel, each drawn from a set with replacement.

    The label of digits a, b and c is 100 a + 10 b + c. Generated on the fly, as in the
    source: Metz et al. 2017, "Unrolled generative adversarial networks", section 3.3.1.

    Attributes:
        digits: Gray images of the ten digits.

    Raises:
        DataError: The set is not gray or does not have ten classes.
    """

    digits: ImageSet

    def __post_init__(self) -> None:
        channels, classes = self.digits.shape[-1], len(self.digits.class_names)
        if channels != 1 or classes != DIGITS:
            raise DataError(
                f"{self.digits.name} has {channels} channels and {classes} classes; "
                "digits are stacked from gray images (1 channel) of 10 classes, such "
                "as 'mnist' or 'digits'."
            )

    @property
    def name(self) -> str:  # type: ignore[override]  # a field in other subclasses
        """Name for reports."""
        return f"stacked {self.digits.name} {self.digits.split}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 3) of one image."""
        return (*self.digits.shape[:2], CHANNELS)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the digits."""
        return hashlib.sha256(f"stacked {self.digits.fingerprint}".encode()).hexdigest()

    @functools.cached_property
    def class_fractions(self) -> np.ndarray:
        """Probability of each of the 1,000 labels, float64 [1000], read-only."""
        counts = np.bincount(self.digits.labels, minlength=DIGITS)
        digit = counts / counts.sum()
        fractions = functools.reduce(np.multiply.outer, [digit] * CHANNELS).ravel()
        fractions.flags.writeable = False
        return fractions

    def drawing(self) -> Draw:
        """Returns the drawing function; examples are uint8 [count, H, W, 3]."""
        with backend.on_cpu():
            images = ops.convert_to_tensor(self.digits.images[..., 0])
            labels = ops.convert_to_tensor(self.digits.labels)

        def draw(count: int, key: Key) -> tuple[KerasTensor, KerasTensor]:
            rows = integers([count, CHANNELS], len(self.digits), key)
            stacked = ops.stack(
                [ops.take(images, rows[:, c], axis=0) for c in range(CHANNELS)], axis=-1
            )
            digits = ops.take(labels, rows, axis=0)
            return stacked, 100 * digits[:, 0] + 10 * digits[:, 1] + digits[:, 2]

        return draw
