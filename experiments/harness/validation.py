"""Validators for configuration fields; errors name the field.

Bounds are part of a field's type: `dropout: Fraction = 0.3` is a float that
`Config.check` refuses outside [0, 1). None is accepted if the field may be None.
"""

import dataclasses
import math
import re
import typing
from collections.abc import Callable
from typing import Annotated, Any

import ganzoo
from experiments.harness import penalty_text
from ganzoo import lazy
from ganzoo.commands import meant
from ganzoo.distribute.names import checked_name

LARGEST = 10**9
# Smaller limits for sizes of networks and batches, which must fit into memory.
LARGEST_BY_FIELD = dict.fromkeys(("filters", "latent_dim", "units", "width"), 2**14) | {
    "batch_size": 10**6,
    "sample_count": 10**4,
    "seed": 2**32,
}


@dataclasses.dataclass(frozen=True)
class Bound:
    """A condition on a value.

    Attributes:
        words: What the value must be, for the error message.
        holds: Value -> whether it is accepted.
    """

    words: str
    holds: Callable[[Any], bool]


class OneOf(tuple):
    """A tuple of accepted words."""

    def __str__(self) -> str:
        return f"one of {', '.join(self)}"


def at_least(minimum: float) -> Bound:
    """Returns the bound of numbers from a minimum on."""
    return Bound(f"at least {minimum}", lambda value: value >= minimum)


def between(first: int, last: int) -> Bound:
    """Returns the bound of numbers from `first` to `last`."""
    return Bound(f"from {first} to {last}", lambda value: first <= value <= last)


Count = Annotated[int, at_least(1)]
Number = Annotated[int, at_least(0)]
Weight = Annotated[float, at_least(0)]
Positive = Annotated[float, Bound("above 0 and finite", lambda x: 0 < x < math.inf)]
Fraction = Annotated[float, Bound("in [0, 1)", lambda x: 0 <= x < 1)]
Seed = Annotated[int, between(0, 2**32 - 1)]
Epochs = Annotated[
    tuple[int, ...],
    Bound("epochs, counted from 1", lambda epochs: bool(epochs) and min(epochs) > 0),
]
Steps = Annotated[
    tuple[int, ...],
    Bound("steps, counted from 1", lambda steps: all(step > 0 for step in steps)),
]


def check_magnitudes(config: Any) -> None:
    """Refuses NaN, and numbers too large to be meant.

    Raises:
        ValueError: The message names the field, its value and the largest accepted one.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"{field.name}={value} must be a number.")
        largest = LARGEST_BY_FIELD.get(field.name, LARGEST)
        if isinstance(value, int) and abs(value) > largest:
            raise ValueError(f"{field.name}={value} must be at most {largest:,}.")


def check_words(config: Any) -> None:
    """Refuses unknown losses, penalties and strategies, without TensorFlow.

    Raises:
        ValueError: The message lists the accepted names.
    """
    for field, module in (("loss", "losses"), ("penalty", "penalties")):
        text = getattr(config, field, None) or ""
        known = lazy.registered(f"ganzoo.{module}")
        for word in re.findall(r"(?<![\w.])[^\W\d]\w*", text):
            if word not in known:
                raise ValueError(
                    f"Unknown {field} {word!r}. Use one of {', '.join(known)}."
                    f"{meant(word, known)}"
                )
    checked_name(config.strategy)


def check_names(config: Any) -> None:
    """Refuses unknown losses, penalties and strategies, and weights out of range.

    Raises:
        ValueError: The message lists the accepted names.
    """
    if hasattr(config, "loss"):
        ganzoo.losses.get(config.loss)
    if hasattr(config, "penalty"):
        penalty_text.parse(config.penalty)
    checked_name(config.strategy)


def check_fields(config: Any) -> None:
    """Checks every field against the bounds in its type.

    Raises:
        ValueError: The message names the first wrong field, its value and what is
            accepted.
    """
    # Includes the types in the base classes: a subclass that only changes a default may
    # declare a plain float.
    for kind in type(config).__mro__[:-1]:
        for name, hint in typing.get_type_hints(kind, include_extras=True).items():
            for bound in _bounds(hint):
                value = getattr(config, name)
                if value is not None and isinstance(bound, OneOf):
                    one_of(config, name, bound)
                elif value is not None and not bound.holds(value):
                    raise ValueError(f"{name}={value} must be {bound.words}.")


def _bounds(hint: object) -> list:
    """Returns the bounds in Annotated[...], or in a union of that and None."""
    parts = (hint, *typing.get_args(hint))
    found = (bound for part in parts for bound in getattr(part, "__metadata__", ()))
    return [bound for bound in found if isinstance(bound, Bound | OneOf)]


def one_of(config: Any, name: str, accepted: tuple[str, ...]) -> None:
    """Refuses a field whose value is not one of the accepted words."""
    value = getattr(config, name)
    if value not in accepted:
        message = f"{name}={value!r} must be {OneOf(accepted)}."
        raise ValueError(message + meant(value, accepted))


def check_penalty(config: Any) -> None:
    """Refuses a per-image penalty together with batch normalization."""
    if config.penalty is None or not config.normalise:
        return
    penalty = penalty_text.parse(config.penalty)
    if not isinstance(penalty, ganzoo.penalties.WeightClipping):
        raise ValueError(
            f"penalty={config.penalty!r} is computed per image, but batch "
            "normalization in the discriminator mixes images; add --no-normalise."
        )
