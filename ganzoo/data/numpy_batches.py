"""Batches as NumPy arrays, for backends other than TensorFlow.

The numbers are those of `ganzoo.data.tensorflow_batches`, and so are the arguments.
"""

import concurrent.futures
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from ganzoo import backend
from ganzoo.data import philox
from ganzoo.data.drawn import (
    DRAWN,
    MIRROR,
    ORDER,
    Drawn,
    arrays,
    integers,
    stream_key,
)
from ganzoo.data.images import ImageSet
from ganzoo.data.scaling import to_float


class Batches(keras.utils.PyDataset):
    """Batches that are a function of their number, counted from 0; `fit()` takes them.

    While one is used, a thread makes the next one.

    Attributes:
        num_batches: Number of batches; None if they never end.
    """

    num_batches: int | None = None

    def __init__(self, make: Callable[[int], Any], count: int | None = None):
        """Sets the function from a number to a batch, and the number of batches."""
        super().__init__()
        self.make, self.num_batches = make, count
        self._thread = concurrent.futures.ThreadPoolExecutor(1)
        self._next: tuple[int, concurrent.futures.Future] | None = None

    def __getitem__(self, number: int) -> Any:
        """Returns the batch of that number."""
        ready, self._next = self._next, None
        if ready is not None and ready[0] == number:
            batch = ready[1].result()
        else:
            batch = self.make(number)
        if self.num_batches is None or number + 1 < self.num_batches:
            self._next = number + 1, self._thread.submit(self.make, number + 1)
        return batch

    def __iter__(self) -> Iterator:
        """Iterates over the batches from the first one on."""
        count = self.num_batches
        numbers = itertools.count() if count is None else range(count)
        return (self[number] for number in numbers)

    def take(self, count: int) -> "Batches":
        """Returns the first `count` batches, or all if there are fewer."""
        most = count if self.num_batches is None else min(count, self.num_batches)
        return Batches(self.make, most)


def shuffled(
    image_set: ImageSet,
    rows: int,
    *,
    seed: int,
    start_step: int,
    with_labels: bool,
    mirror: bool,
    pixel_offset: float,
) -> Batches:
    """Returns endless shuffled batches of that many rows."""
    count = len(image_set)
    steps = count // rows
    order = functools.lru_cache(1)(lambda epoch: permutation(count, seed, epoch))
    gather = _gather(image_set, with_labels, pixel_offset)

    def batch(number: int) -> Any:
        step = start_step + number
        epoch, place = divmod(step, steps)
        chosen = order(epoch)[place * rows : (place + 1) * rows]
        coins = None
        if mirror:
            coins = integers((rows, 1, 1, 1), 2, stream_key(seed, MIRROR + step))
        return gather(chosen, coins)

    return Batches(batch)


def in_order(
    image_set: ImageSet, batch_size: int, *, with_labels: bool, pixel_offset: float
) -> Batches:
    """Returns batches of the whole set in order."""
    count = len(image_set)
    gather = _gather(image_set, with_labels, pixel_offset)

    def batch(number: int) -> Any:
        first = number * batch_size
        return gather(np.arange(first, min(first + batch_size, count)))

    return Batches(batch, -(-count // batch_size))


def drawn(
    source: Drawn,
    rows: int,
    *,
    seed: int,
    start_step: int,
    with_labels: bool,
    pixel_offset: float,
) -> Batches:
    """Returns endless batches of examples that are drawn anew for each step."""
    draw = source.drawing()

    def batch(number: int) -> Any:
        key = stream_key(seed, DRAWN + start_step + number)
        examples, labels = arrays(draw, rows, key)
        if examples.dtype == np.uint8:
            examples = to_float(examples, pixel_offset)
        return (examples, labels) if with_labels else examples

    return Batches(batch)


def zipped(parts: Sequence[Batches]) -> Batches:
    """Returns tuples of a batch of each part."""
    return Batches(lambda number: tuple(part.make(number) for part in parts))


def changed(batches: Batches, change: Callable) -> Batches:
    """Returns `change(step, *batch)` of each batch, counted from 0."""

    def batch(number: int) -> Any:
        with backend.on_cpu():
            found = change(number, *batches.make(number))
        return keras.tree.map_structure(np.asarray, found)

    return Batches(batch, batches.num_batches)


def permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    """Draws a uniform permutation of 0 to count - 1 by (seed, epoch)."""
    bits = philox.bits(count, stream_key(seed, ORDER + epoch))
    return np.argsort(bits, kind="stable")


def _gather(
    image_set: ImageSet, with_labels: bool, pixel_offset: float
) -> Callable[..., Any]:
    """Returns the function from rows to a batch, mirrored where the coins are 1."""
    images = image_set.images
    plain = np.asarray(images) if isinstance(images, np.memmap) else images

    def gather(rows: np.ndarray, coins: np.ndarray | None = None) -> Any:
        found = plain[rows]
        if coins is not None:
            found = np.where(coins == 1, found[:, :, ::-1], found)
        batch = to_float(found, pixel_offset)
        return (batch, image_set.labels[rows]) if with_labels else batch

    return gather
