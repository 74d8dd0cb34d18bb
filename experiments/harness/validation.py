"""Validators for configuration fields; errors name the field.

Bounds are part of a field's type: `dropout: Fraction = 0.3` is a float that
`Config.check` refuses outside [0, 1). None is accepted if the field may be None.
"""

import dataclasses
import math
import re
import typing
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
}


@dataclasses.dataclass(frozen=True)
class AtLeast:
    """Numbers of at least `minimum`."""

    minimum: float

    def __contains__(self, value: float) -> bool:
        return value >= self.minimum

    def __str__(self) -> str:
        return f"at least {self.minimum}"


class Above0:
    """Positive, finite numbers."""

    def __contains__(self, value: float) -> bool:
        return 0 < value < math.inf

    def __str__(self) -> str:
        return "above 0 and finite"


class Below1:
    """Numbers in [0, 1)."""

    def __contains__(self, value: float) -> bool:
        return 0 <= value < 1

    def __str__(self) -> str:
        return "in [0, 1)"


class OneOf(tuple):
    """A tuple of accepted words."""

    def __str__(self) -> str:
        return f"one of {', '.join(self)}"


Count = Annotated[int, AtLeast(1)]
Number = Annotated[int, AtLeast(0)]
Weight = Annotated[float, AtLeast(0)]
Positive = Annotated[float, Above0()]
Fraction = Annotated[float, Below1()]


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
        if field.name == "seed":
            largest = 2**32
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
                if value is not None and value not in bound:
                    if isinstance(bound, OneOf):
                        one_of(config, name, bound)
                    raise ValueError(f"{name}={value} must be {bound}.")


def _bounds(hint: object) -> list:
    """Returns the bounds in Annotated[...], or in a union of that and None."""
    parts = (hint, *typing.get_args(hint))
    return [bound for part in parts for bound in getattr(part, "__metadata__", ())]


def one_of(config: Any, name: str, accepted: tuple[str, ...]) -> None:
    """Refuses a field whose value is not one of the accepted words."""
    value = getattr(config, name)
    if value not in accepted:
        message = f"{name}={value!r} must be {OneOf(accepted)}."
        raise ValueError(message + meant(value, accepted))


def at_least(minimum: float, config: Any, *names: str) -> None:
    """Refuses fields below a minimum."""
    for name in names:
        if getattr(config, name) < minimum:
            raise ValueError(
                f"{name}={getattr(config, name)} must be at least {minimum}."
            )


def check_counted_from_one(config: Any, name: str, what: str) -> None:
    """Refuses epochs or steps below 1.

    Args:
        config: The configuration.
        name: Name of the field.
        what: "epochs" or "steps", for the message.
    """
    if getattr(config, name) and min(getattr(config, name)) < 1:
        raise ValueError(
            f"{name}={getattr(config, name)} must be {what}, counted from 1."
        )


def check_show_epochs(config: Any) -> None:
    """Refuses `show_epochs` that is empty or has values below 1."""
    if not config.show_epochs or min(config.show_epochs) < 1:
        raise ValueError(
            f"show_epochs={config.show_epochs} must be epochs, counted from 1."
        )


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
