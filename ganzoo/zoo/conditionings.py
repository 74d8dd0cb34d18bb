"""Conditionings of generators: their inputs in addition to noise, or in its place."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import data
from ganzoo.commands import meant
from ganzoo.gans.checks_networks import RESHAPING
from ganzoo.random import StepRandom
from ganzoo.zoo.layouts import Layout

# Operations that consume labels, and their attribute with the number of classes.
_TABLES = {
    "CategoryEncoding": "num_tokens",
    "Embedding": "input_dim",
    "OneHot": "num_classes",
}
_LISTED = 20  # names of classes in a message


@dataclasses.dataclass(frozen=True)
class Classes:
    """Noise and classes, for a class-conditional generator.

    Attributes:
        num_classes: Number of classes.
        names: Name of each class; by default "0", "1", ...
        chosen: Classes to generate; image i is of class i modulo their number. By
            default all, in order.

    Raises:
        ValueError: A number is out of range, or there are more or fewer names than
            classes.
    """

    num_classes: int
    names: Sequence[str] = ()
    chosen: Sequence[int] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.num_classes, int) or self.num_classes < 1:
            raise ValueError(
                f"num_classes={self.num_classes} must be at least 1: the number of "
                "classes that the generator was trained with."
            )
        numbers = tuple(range(self.num_classes))
        names = tuple(self.names) or tuple(map(str, numbers))
        chosen = tuple(self.chosen) or numbers
        if len(names) != self.num_classes or not set(chosen) <= set(numbers):
            raise ValueError(
                f"num_classes={self.num_classes} does not fit {len(names)} names and "
                f"the chosen classes {chosen}."
            )
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "chosen", chosen)

    def check(self, generator: keras.Model) -> None:
        """Refuses a generator that is known to have another number of classes."""
        found = known_classes(generator)
        if found is not None and found != self.num_classes:
            raise ValueError(
                f"num_classes={self.num_classes}, but the generator has {found} "
                f"classes; use --num-classes {found}."
            )

    def pick(self, words: Sequence[str | int]) -> "Classes":
        """Returns these classes with only some of them chosen, by name or number.

        Raises:
            ValueError: There is no class of that name or number.
        """
        return dataclasses.replace(self, chosen=[self._number(word) for word in words])

    def labels(self, count: int) -> np.ndarray:
        """Returns the classes of a number of images, int32 `[count]`."""
        return np.resize(np.array(self.chosen, np.int32), count)

    def inputs(self, latent_dim: int, count: int, seed: int = 0) -> list[KerasTensor]:
        """Returns noise and labels; row i is a function of (seed, i)."""
        if count < 1:
            raise ValueError(f"count={count} must be at least 1.")
        noise = StepRandom.root(seed).normal([count, latent_dim])
        return [noise, ops.convert_to_tensor(self.labels(count))]

    def _number(self, word: str | int) -> int:
        names = [name.lower() for name in self.names]
        text = str(word).lower()
        if text in names:
            return names.index(text)
        if text.isdecimal() and int(text) < self.num_classes:
            return int(text)
        listed = ", ".join(self.names[:_LISTED])
        more = ", ..." if len(names) > _LISTED else ""
        raise ValueError(
            f"There is no class {word!r} among the {self.num_classes}: {listed}{more}."
            f"{meant(word, self.names)}"
        )


@dataclasses.dataclass(frozen=True)
class Drawings:
    """Drawn house numbers, for a network that refines them.

    Attributes:
        style: "source" or "rich"; see `ganzoo.data.draw_house_numbers`.
    """

    style: str

    def inputs(self, channels: int, count: int, seed: int = 0) -> list[KerasTensor]:
        """Returns `count` house numbers in [-1, 1]; image i shows the digit i % 10."""
        drawn = data.draw_house_numbers(count, seed=seed, style=self.style)
        return [ops.convert_to_tensor(data.to_float(drawn.images))]


Conditioning = Classes | Drawings | Layout


def known_classes(generator: keras.Model) -> int | None:
    """Returns the number of classes of a generator of noise and labels, if it says so.

    An Embedding or one-hot encoding of the labels says it, another layer does not.

    Raises:
        ValueError: Several layers disagree.
    """
    if len(generator.inputs) != 2:
        return None
    sizes = {size for one in generator.inputs for size in _table_sizes(one)}
    if len(sizes) > 1:
        found = " and ".join(map(str, sorted(sizes)))
        raise ValueError(f"The generator's labels enter tables of {found} classes.")
    return min(sizes, default=None)


def noise_first(generator: keras.Model) -> keras.Model:
    """Returns a generator of noise and labels with the noise as its first input.

    Labels are recognized by the layers that consume them, an Embedding or one-hot
    encoding, by their integer type, or else by their shape, (n,) or (n, 1).
    """
    labels = [_is_certain(one) for one in generator.inputs]
    if True not in labels:
        labels = [tuple(one.shape[1:]) in ((), (1,)) for one in generator.inputs]
    if sum(labels) != 1 or len(labels) != 2:
        shapes = " and ".join(str(tuple(one.shape)) for one in generator.inputs)
        raise ValueError(
            f"The generator takes {shapes}, of which one must be noise and the other "
            "class numbers (n,), not one-hot. Build it with keras.Input((latent_dim,)) "
            "and keras.Input((), dtype='int32'), which keras.layers.CategoryEncoding "
            "may turn into one-hot."
        )
    if labels[1]:
        return generator
    return keras.Model(generator.inputs[::-1], generator.outputs[0])


def _is_certain(tensor: KerasTensor) -> bool:
    """Returns whether a network's input is certainly labels."""
    one_number = tuple(tensor.shape[1:]) in ((), (1,))
    whole = keras.backend.standardize_dtype(tensor.dtype).startswith(("int", "uint"))
    return one_number and (whole or any(_table_sizes(tensor)))


def _table_sizes(labels: KerasTensor, shift: int = 0) -> Iterator[int]:
    """Yields the number of classes of each operation that consumes shifted labels."""
    for node in labels._keras_history.operation._outbound_nodes:
        operation, name = node.operation, type(node.operation).__name__
        if name in _TABLES:
            yield getattr(operation, _TABLES[name]) - shift
        elif name in RESHAPING:
            for output in node.outputs:
                yield from _table_sizes(output, shift)
        elif (added := _added(name, node)) is not None:
            yield from _table_sizes(node.outputs[0], shift + added)
        elif isinstance(operation, keras.Model):
            for given, inner in zip(
                node.arguments.keras_tensors, operation.inputs, strict=False
            ):
                if given is labels:
                    yield from _table_sizes(inner, shift)


def _added(name: str, node: Any) -> int | None:
    """Returns the number that `x + number` or `x - number` adds; None for others."""
    sign = {"Add": 1, "Subtract": -1}.get(name)
    values = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    tensors = [isinstance(value, KerasTensor) for value in values]
    if sign is None or tensors != [True, False] or np.ndim(values[1]) != 0:
        return None
    return sign * int(values[1])
