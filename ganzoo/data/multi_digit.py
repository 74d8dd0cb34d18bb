"""Images of several labeled digits in boxes, made on the fly from any digit set."""

import dataclasses
import functools
import hashlib

import numpy as np
import tensorflow as tf

from ganzoo.boxes import paste
from ganzoo.data.backgrounds import BACKGROUNDS, background
from ganzoo.data.drawn import Draw, Drawn, at_least, stream_key
from ganzoo.data.images import DataError, ImageSet
from ganzoo.data.placement import Placement

# The label orders that the source trains with; its hard case is any other.
SEEN_ORDERS = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 0, 1))

_SET = 0x736574 << 16  # the stream of what a finite set holds
_CHUNK = 256  # images made at a time, which bounds the memory

Choice = dict[str, tf.Tensor]  # what decides an image, [count, ...] each
Layout = tuple[np.ndarray, np.ndarray]  # labels [n, objects], boxes [n, objects, 4]


@dataclasses.dataclass(frozen=True, eq=False)
class MultiDigits(Drawn):
    """Gray images with several digits, each in a box of its own, and their labels.

    An example is a uint8 image [size, size, 1]; what `training_batches` yields with it,
    in place of a label, are the labels, int32 [n, objects], and the boxes, float32
    [n, objects, 4], (y0, x0, y1, x1) in [0, 1]; see `ganzoo.boxes`. Digits are laid
    into their boxes, black ground and all, the later over the earlier.

    The defaults are the source's set: 128x128, four digits of 32x32 in cells parted by
    black frames, in three label orders. (That the cells are gray is our reading: on
    black no frame could be seen. The source has 15,000 images: `distinct=15_000`.)

    Where the number of digits varies, every image has boxes for the most of them, and
    one of fewer repeats its digits, box and label and all, the true order coming last:
    a and b in five boxes are b, a, b, a, b. Laid over itself a digit is itself.

    Attributes:
        digits: gray images of the digits, of any size; their classes are the labels.
        orders: label orders, each as likely; None for labels drawn one by one, every
            class as likely.
        held_out: draw every order as likely that `orders` does not name.
        placement: where the digits lie, how many there are, and how large.
        fewest: the least number of digits, every one up to that of the placement being
            as likely; None for always as many.
        background: "cells", "plain" or "patterns"; see `ganzoo.data.backgrounds`.
        transparent: lay only what is brighter than the background.
        distinct: number of different images; None for no end of them.
        set_seed: decides which those are.

    Raises:
        DataError: digits that are not gray, an order that cannot be drawn, or another
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

    def __post_init__(self):
        if self.digits.shape[-1] != 1:
            raise DataError(f"{self.digits.name} has colors; digits must be gray.")
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
            raise DataError(f"orders={self.orders} names none, to draw or to hold out.")
        if orders and (
            {len(order) for order in orders} != {objects}
            or self.fewest not in (None, objects)
        ):
            raise DataError(
                f"orders={orders} must be of {objects} labels, one for each digit of "
                f"the placement, and fewest={self.fewest} be left out; with "
                "orders=None any number of digits can be drawn."
            )
        classes = len(self._counts)
        free = not orders or self.held_out
        for label in range(classes) if free else sum(orders, ()):
            if label not in range(classes) or not self._counts[label]:
                raise DataError(
                    f"There is no digit of the label {label!r} in {self.digits.name} "
                    f"({self.digits.split}), whose classes are 0 to {classes - 1}."
                )

    @functools.cached_property
    def _counts(self) -> np.ndarray:
        """Images of each class."""
        return np.bincount(self.digits.labels, minlength=len(self.digits.class_names))

    @property
    def name(self) -> str:
        """What may be reported."""
        most = self.placement.objects
        number = f"{most}" if self.fewest is None else f"{self.fewest} to {most}"
        return f"{number} digits an image of {self.digits.name} {self.digits.split}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 1) of one image."""
        return (self.placement.size, self.placement.size, 1)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of what is drawn from, and how."""
        settings = [
            (field.name, getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name != "digits"
        ]
        text = f"several {self.digits.fingerprint} {settings}"
        return hashlib.sha256(text.encode()).hexdigest()

    def drawing(self) -> Draw:
        """See `Drawn`; in place of labels there are (labels, boxes)."""
        choose, render = self._choosing(), self._rendering()
        if self.distinct is None:
            return lambda count, key: render(choose(count, key))
        with tf.device("/cpu:0"):
            every = choose(self.distinct, stream_key(self.set_seed, _SET))

        def draw(count: int, key: tf.Tensor):
            rows = _integers([count], self.distinct, key)
            return render({name: tf.gather(all_, rows) for name, all_ in every.items()})

        return draw

    def finite(self) -> tuple[np.ndarray, Layout]:
        """Returns all images of a finite set, with their labels and boxes.

        Returns:
            uint8 [distinct, size, size, 1], and (labels, boxes).

        Raises:
            DataError: a set without end.
        """
        if self.distinct is None:
            raise DataError("distinct=None is a set without end; use sample().")
        with tf.device("/cpu:0"):
            key = stream_key(self.set_seed, _SET)
            drawn = self._rendering()(self._choosing()(self.distinct, key))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), drawn)

    def _choosing(self):
        """Returns (count, key) -> what decides the images, a pure function."""
        order = np.argsort(self.digits.labels, kind="stable")
        with tf.device("/cpu:0"):
            by_class = tf.constant(order, tf.int32)
            counts = tf.constant(self._counts, tf.int32)
            draw_labels = self._labels()
        firsts = tf.cumsum(counts, exclusive=True)

        def choose(count: int, key: tf.Tensor) -> Choice:
            keys = tf.unstack(
                tf.random.experimental.stateless_split(key, 5, alg="philox")
            )
            labels = draw_labels(count, keys[0])
            share = _uniform(labels.shape, keys[1])
            within = tf.gather(tf.cast(counts, tf.float32), labels) * share
            # Rounding up to the number of images is possible.
            within = tf.minimum(
                tf.cast(within, tf.int32), tf.gather(counts, labels) - 1
            )
            choice = {
                "labels": labels,
                "boxes": self.placement.draw(count, keys[2]),
                "rows": tf.gather(by_class, tf.gather(firsts, labels) + within),
            }
            if self.fewest is not None:
                choice = self._repeated(choice, keys[3])
            return choice | {"pattern": _uniform([count, 2, 3], keys[4])}

        return choose

    def _labels(self):
        """Returns (count, key) -> labels, int32 [count, objects]."""
        objects, classes = self.placement.objects, len(self._counts)
        if self.orders is None:
            return lambda count, key: _integers([count, objects], classes, key)
        if not self.held_out:
            orders = tf.constant(self.orders, tf.int32)
            return lambda count, key: tf.gather(
                orders, _integers([count], len(self.orders), key)
            )
        # An order is a number in the base of the classes; those named are left out.
        places = classes ** np.arange(objects - 1, -1, -1, dtype=np.int64)
        named = np.unique(np.array(self.orders, np.int64) @ places)

        def draw(count: int, key: tf.Tensor) -> tf.Tensor:
            number = _integers([count], classes**objects - len(named), key, tf.int64)
            for skipped in named:
                number += tf.cast(number >= skipped, tf.int64)
            return tf.cast(number[:, None] // places % classes, tf.int32)

        return draw

    def _repeated(self, choice: Choice, key: tf.Tensor) -> Choice:
        """Keeps some digits of each image, and puts copies in the others' places."""
        most = self.placement.objects
        count = choice["labels"].shape[0]
        number = self.fewest + _integers([count, 1], most - self.fewest + 1, key)
        place = tf.math.floormod(tf.range(most) - most, number)
        return {
            name: tf.gather(values, place, batch_dims=1)
            for name, values in choice.items()
        }

    def _rendering(self):
        """Returns choice -> uint8 images and (labels, boxes)."""
        with tf.device("/cpu:0"):
            digits = tf.convert_to_tensor(self.digits.images)

        def render(choice: Choice):
            images = []
            for start in range(0, choice["labels"].shape[0], _CHUNK):
                part = {k: v[start : start + _CHUNK] for k, v in choice.items()}
                objects = tf.cast(tf.gather(digits, part["rows"]), tf.float32)
                behind = background(
                    self.background,
                    self.placement.size,
                    self.placement.objects,
                    part["pattern"],
                )
                image = paste(
                    objects, part["boxes"], 0.0 * behind if self.transparent else behind
                )
                image = tf.maximum(image, behind) if self.transparent else image
                images.append(tf.cast(tf.round(image), tf.uint8))
            return tf.concat(images, 0), (choice["labels"], choice["boxes"])

        return render


def _uniform(shape, key: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, key, alg="philox")


def _integers(shape, maximum: int, key: tf.Tensor, dtype=tf.int32) -> tf.Tensor:
    return tf.random.stateless_uniform(
        shape, key, maxval=maximum, dtype=dtype, alg="philox"
    )
