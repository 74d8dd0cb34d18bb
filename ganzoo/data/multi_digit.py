"""Images of several labeled digits in boxes, composed on the fly from any digit set."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.boxes import paste
from ganzoo.data.backgrounds import BACKGROUNDS, background
from ganzoo.data.drawn import (
    Draw,
    Drawn,
    Key,
    arrays,
    at_least,
    cast,
    integers,
    keys_of,
    stream_key,
    uniform,
    without_loops,
)
from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.placement import Placement

# The label orders that the source trains with; its hard case is all other orders.
SEEN_ORDERS = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 0, 1))

_SET = 0x736574 << 16  # random stream of a finite set's content
_CHUNK = 256  # images rendered at a time, which bounds the memory

# Everything that determines an image, [count, ...] each.
Choice = dict[str, KerasTensor]
Choose = Callable[[int, Key], Choice]  # (count, key) -> choice
Layout = tuple[np.ndarray, np.ndarray]  # labels [n, objects], boxes [n, objects, 4]


@dataclasses.dataclass(frozen=True, eq=False)
class MultiDigits(Drawn):
    """Gray images with several digits, each in its own box, and their labels.

    An example is a uint8 image [size, size, 1]. In place of a label `training_batches`
    yields the labels, int32 [n, objects], and the boxes, float32 [n, objects, 4],
    (y0, x0, y1, x1) in [0, 1]; see `ganzoo.boxes`. Digits are pasted into their boxes
    with their black background, later ones over earlier ones.

    The defaults are the source's set: 128x128, four digits of 32x32 in cells separated
    by black frames, in three label orders. (That the cells are gray is our reading: on
    black no frame would be visible. The source has 15,000 images: `distinct=15_000`.)

    If the number of digits varies, every image still has the largest number of boxes.
    An image with fewer digits repeats them, box and label included, with the true order
    last: a and b in five boxes are b, a, b, a, b. A digit pasted over itself is itself.

    Attributes:
        digits: Gray images of the digits, of any size; their classes are the labels.
        orders: Label orders, all equally likely; None for labels drawn independently,
            with all classes equally likely.
        held_out: Draw the orders that `orders` does not name, all equally likely.
        placement: Position, number and size of the digits.
        fewest: Smallest number of digits; all numbers up to the placement's are equally
            likely. None for a constant number.
        background: "cells", "plain" or "patterns"; see `ganzoo.data.backgrounds`.
        transparent: Paste only pixels that are brighter than the background.
        distinct: Number of different images; None for endless ones.
        set_seed: Seed of the finite set.

    Raises:
        DataError: Digits that are not gray, an order that cannot be drawn, or another
            setting out of range.
    """

    digits: ImageSet
    orders: tuple[tuple[int, ...], ...] | None = SEEN_ORDERS
    held_out: bool = False
    placement: Placement = dataclasses.field(default_factory=Placement)
    fewest: int | None = None
    background: str = "cells"
    transparent: bool = False
    distinct: int | None = None
    set_seed: int = 0

    def __post_init__(self) -> None:
        if self.digits.shape[-1] != 1:
            raise DataError(
                f"{self.digits.name} has {self.digits.shape[-1]} channels; digits must "
                "be gray (1 channel)."
            )
        if self.background not in BACKGROUNDS:
            raise DataError(
                f"background={self.background!r} must be one of "
                f"{', '.join(BACKGROUNDS)}."
            )
        if self.distinct is not None:
            at_least("distinct", self.distinct, 1)
        if self.fewest is not None:
            at_least("fewest", self.fewest, 1, self.placement.objects)
        self._check_orders()

    def _check_orders(self) -> None:
        objects, orders = self.placement.objects, self.orders or ()
        if not orders and (self.held_out or self.orders is not None):
            raise DataError(
                f"orders={self.orders} is empty; give label orders to draw or to hold "
                "out, or orders=None for any labels."
            )
        if orders and (
            {len(order) for order in orders} != {objects}
            or self.fewest not in (None, objects)
        ):
            raise DataError(
                f"orders={orders} must have {objects} labels each, one per digit of "
                f"the placement, and fewest={self.fewest} must be left out; with "
                "orders=None any number of digits can be drawn."
            )
        classes = len(self._counts)
        free = not orders or self.held_out
        for label in range(classes) if free else sum(orders, ()):
            if label not in range(classes) or not self._counts[label]:
                raise DataError(
                    f"There is no digit with label {label!r} in {self.digits.name} "
                    f"({self.digits.split}), whose classes are 0 to {classes - 1}."
                )

    @functools.cached_property
    def _counts(self) -> np.ndarray:
        """Number of images of each class, int64 [classes]."""
        return np.bincount(self.digits.labels, minlength=len(self.digits.class_names))

    @property
    def name(self) -> str:  # type: ignore[override]  # a field in other subclasses
        """Name for reports."""
        most = self.placement.objects
        number = f"{most}" if self.fewest is None else f"{self.fewest} to {most}"
        return f"{number} digits an image of {self.digits.name} {self.digits.split}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 1) of one image."""
        return (self.placement.size, self.placement.size, 1)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the digits and all settings."""
        settings = [
            (field.name, getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "digits"
        ]
        text = f"several {self.digits.fingerprint} {settings}"
        return hashlib.sha256(text.encode()).hexdigest()

    def drawing(self) -> Draw:
        """Returns the drawing function, with (labels, boxes) in place of labels."""
        choose = without_loops(self._choosing())
        render = without_loops(self._rendering())
        distinct = self.distinct
        if distinct is None:
            return lambda count, key: render(choose(count, key))
        every = arrays(choose, distinct, stream_key(self.set_seed, _SET))
        with backend.on_cpu():
            every = keras.tree.map_structure(ops.convert_to_tensor, every)

        def draw(count: int, key: Key) -> tuple[KerasTensor, KerasTensor]:
            rows = integers([count], distinct, key)
            return render(
                {name: ops.take(v, rows, axis=0) for name, v in every.items()}
            )

        return draw

    def finite(self) -> tuple[np.ndarray, Layout]:
        """Returns all images of a finite set, with their labels and boxes.

        Returns:
            uint8 [distinct, size, size, 1], and (labels, boxes).

        Raises:
            DataError: The set is endless.
        """
        if self.distinct is None:
            raise DataError("distinct=None makes an endless set; use sample().")
        choose, render = self._choosing(), self._rendering()
        key = stream_key(self.set_seed, _SET)
        return arrays(lambda *drawn: render(choose(*drawn)), self.distinct, key)

    def _choosing(self) -> Choose:
        """Returns the pure function (count, key) -> choice."""
        order = np.argsort(self.digits.labels, kind="stable")
        firsts = np.cumsum(self._counts) - self._counts
        with backend.on_cpu():
            by_class, counts, firsts = (
                ops.convert_to_tensor(numbers, "int32")
                for numbers in (order, self._counts, firsts)
            )
            draw_labels = self._labels()

        def choose(count: int, key: Key) -> Choice:
            keys = keys_of(key, 5)
            labels = draw_labels(count, keys[0])
            number = ops.take(counts, labels)
            fraction = uniform(labels.shape, keys[1])
            within = ops.cast(ops.cast(number, "float32") * fraction, "int32")
            # The product may round up to the number of images.
            within = ops.minimum(within, number - 1)
            choice = {
                "labels": labels,
                "boxes": self.placement.draw(count, keys[2]),
                "rows": ops.take(by_class, ops.take(firsts, labels) + within),
            }
            if self.fewest is not None:
                choice = self._repeated(choice, self.fewest, keys[3])
            return choice | {"pattern": uniform([count, 2, 3], keys[4])}

        return choose

    def _labels(self) -> Callable[[int, Key], KerasTensor]:
        """Returns the function (count, key) -> labels, int32 [count, objects]."""
        objects, classes = self.placement.objects, len(self._counts)
        if self.orders is None:
            return lambda count, key: integers([count, objects], classes, key)
        if not self.held_out:
            orders = ops.convert_to_tensor(self.orders, "int32")
            number_of_orders = len(self.orders)
            return lambda count, key: ops.take(
                orders, integers([count], number_of_orders, key), axis=0
            )
        # An order is a number in base `classes`; the named orders are skipped.
        places = classes ** np.arange(objects - 1, -1, -1, dtype=np.int64)
        named = np.unique(np.array(self.orders, np.int64) @ places)

        def draw(count: int, key: Key) -> KerasTensor:
            # Of 64 bits: ten digits make more orders than 32 bits hold.
            left = classes**objects - len(named)
            number = integers([count], left, key, dtype="int64")
            for skipped in named:
                number = number + cast(number >= skipped, "int64")
            return cast(number[:, None] // places % classes, "int32")

        return draw

    def _repeated(self, choice: Choice, fewest: int, key: Key) -> Choice:
        """Keeps some digits of each image and replaces the others by copies."""
        most = self.placement.objects
        count = choice["labels"].shape[0]
        number = fewest + integers([count, 1], most - fewest + 1, key)
        place = np.arange(-most, 0, dtype=np.int32) % number

        def chosen(values: KerasTensor) -> KerasTensor:
            shape = (count, most, *[1] * (len(values.shape) - 2))
            return ops.take_along_axis(values, ops.reshape(place, shape), axis=1)

        return {name: chosen(values) for name, values in choice.items()}

    def _rendering(self) -> Callable[[Choice], tuple[KerasTensor, KerasTensor]]:
        """Returns the function choice -> uint8 images and (labels, boxes)."""
        with backend.on_cpu():
            digits = ops.convert_to_tensor(self.digits.images)

        def render(choice: Choice) -> tuple[KerasTensor, KerasTensor]:
            images = []
            for start in range(0, choice["labels"].shape[0], _CHUNK):
                part = {k: v[start : start + _CHUNK] for k, v in choice.items()}
                objects = ops.cast(ops.take(digits, part["rows"], axis=0), "float32")
                behind = background(
                    self.background,
                    self.placement.size,
                    self.placement.objects,
                    part["pattern"],
                )
                image = paste(
                    objects, part["boxes"], 0.0 * behind if self.transparent else behind
                )
                image = ops.maximum(image, behind) if self.transparent else image
                images.append(ops.cast(ops.round(image), "uint8"))
            return ops.concatenate(images, axis=0), (choice["labels"], choice["boxes"])

        return render
