"""What a configuration's field may be, declared in its type; errors name the field.

`dropout: Fraction = 0.3` is a float that `Config.check` refuses outside [0, 1). None is
accepted wherever a field may be None.
"""

import dataclasses
import math
import typing
from typing import Annotated

import ganzoo
from experiments.harness import penalty_text
from ganzoo.commands import meant

MOST = 10**9  # of anything that is counted
# Of what a network is made of: more would not fit into any memory.
MOST_OF = dict.fromkeys(("filters", "latent_dim", "units", "width"), 2**14) | {
    "batch_size": 10**6,
    "sample_count": 10**4,
}


@dataclasses.dataclass(frozen=True)
class AtLeast:
    """Numbers from `least` on."""

    least: float

    def __contains__(self, value: float) -> bool:
        return value >= self.least

    def __str__(self) -> str:
        return f"at least {self.least}"


class Above0:
    """Numbers that are positive and finite."""

    def __contains__(self, value: float) -> bool:
        return 0 < value < math.inf

    def __str__(self) -> str:
        return "above 0, and finite"


class Below1:
    """Numbers in [0, 1)."""

    def __contains__(self, value: float) -> bool:
        return 0 <= value < 1

    def __str__(self) -> str:
        return "in [0, 1)"


class OneOf(tuple):
    """One of some words."""

    def __str__(self) -> str:
        return f"one of {', '.join(self)}"


Count = Annotated[int, AtLeast(1)]
Number = Annotated[int, AtLeast(0)]
Weight = Annotated[float, AtLeast(0)]
Positive = Annotated[float, Above0()]
Fraction = Annotated[float, Below1()]


def sane(config: object) -> None:
    """Refuses numbers that are larger than anybody can mean, or NaN.

    Raises:
        ValueError: Names the field, its value and the largest one accepted.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"{field.name}={value} is no number.")
        most = 2**32 if field.name == "seed" else MOST_OF.get(field.name, MOST)
        if isinstance(value, int) and abs(value) > most:
            raise ValueError(f"{field.name}={value} must be at most {most:,}.")


def named(config: object) -> None:
    """Refuses names of losses, penalties and strategies that do not exist.

    Raises:
        ValueError: Names what is accepted.
    """
    if hasattr(config, "loss"):
        ganzoo.losses.get(config.loss)
    if hasattr(config, "penalty"):
        penalty_text.parse(config.penalty)
    ganzoo.distribute.checked_name(config.strategy)


def check_fields(config: object) -> None:
    """Refuses the first field whose value its type does not accept.

    Raises:
        ValueError: Names the field, its value and what is accepted.
    """
    # Also the types in the classes above: a subclass that only changes a default may
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
    """Returns the bounds of Annotated[...], or of that and None."""
    parts = (hint, *typing.get_args(hint))
    return [bound for part in parts for bound in getattr(part, "__metadata__", ())]


def one_of(config: object, name: str, accepted: tuple[str, ...]) -> None:
    """Refuses a field whose value is not one of these words."""
    value = getattr(config, name)
    if value not in accepted:
        said = f"{name}={value!r} must be {OneOf(accepted)}."
        raise ValueError(said + meant(value, accepted))


def at_least(least: float, config: object, *names: str) -> None:
    """Refuses fields below `least`."""
    for name in names:
        if getattr(config, name) < least:
            raise ValueError(
                f"{name}={getattr(config, name)} must be at least {least}."
            )


def counted_from_one(config: object, name: str, what: str) -> None:
    """Refuses epochs or steps below 1; `what` says which they are."""
    if getattr(config, name) and min(getattr(config, name)) < 1:
        raise ValueError(
            f"{name}={getattr(config, name)} must be {what}, counted from 1."
        )


def epochs_shown(config: object) -> None:
    """Refuses `show_epochs` that are empty or not counted from 1."""
    if not config.show_epochs or min(config.show_epochs) < 1:
        raise ValueError(
            f"show_epochs={config.show_epochs} must be epochs, counted from 1."
        )


def penalty_without_batch_norm(config: object) -> None:
    """Refuses a penalty on single images beside batch normalization."""
    if config.penalty is None or not config.normalise:
        return
    penalty = penalty_text.parse(config.penalty)
    if not isinstance(penalty, ganzoo.penalties.WeightClipping):
        raise ValueError(
            f"penalty={config.penalty!r} looks at single images, and batch "
            "normalization in the discriminator mixes them; add --no-normalise."
        )
