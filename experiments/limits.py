"""What the values of settings may be: each function refuses those that may not."""

import dataclasses
import math
from collections.abc import Sequence

from ganzoo import distribute, losses, penalties
from ganzoo.commands import meant

MOST = 10**9  # of anything that is counted
# Of what a network is made of: more would not fit into any memory.
MOST_OF = dict.fromkeys(("filters", "latent_dim", "units", "width"), 2**14) | {
    "batch_size": 10**6,
    "sample_count": 10**4,
}


def sane(config: object) -> None:
    """Refuses numbers that are larger than anybody can mean, or none.

    Args:
        config: The settings, a dataclass.

    Raises:
        ValueError: Naming the field, its value and the largest one accepted.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"{field.name}={value} is no number.")
        most = 2**32 if field.name == "seed" else MOST_OF.get(field.name, MOST)
        if isinstance(value, int) and abs(value) > most:
            raise ValueError(f"{field.name}={value} must be at most {most:,}.")


def at_least(least: float, config: object, *names: str) -> None:
    """Refuses numbers that are too small; None is no number, and passes.

    Raises:
        ValueError: Naming the field, its value and the smallest one accepted.
    """
    for name in names:
        value = getattr(config, name)
        if value is not None and not value >= least:
            raise ValueError(f"{name}={value} must be at least {least}.")


def above_zero(config: object, *names: str) -> None:
    """Refuses numbers that are not positive and finite; None passes.

    Raises:
        ValueError: Naming the field and its value.
    """
    for name in names:
        value = getattr(config, name)
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{name}={value} must be above 0, and finite.")


def shares(config: object, *names: str) -> None:
    """Refuses numbers outside [0, 1).

    Raises:
        ValueError: Naming the field and its value.
    """
    for name in names:
        if not 0 <= getattr(config, name) < 1:
            raise ValueError(f"{name}={getattr(config, name)} must be in [0, 1).")


def one_of(config: object, name: str, accepted: Sequence[str]) -> None:
    """Refuses words that are not among the accepted ones.

    Raises:
        ValueError: Naming the field, its value and what is accepted.
    """
    value = getattr(config, name)
    if value not in accepted:
        raise ValueError(
            f"{name}={value!r} must be one of {', '.join(accepted)}."
            f"{meant(value, accepted)}"
        )


def epochs_shown(config: object) -> None:
    """Refuses `show_epochs` that are not counted from 1, or empty.

    Raises:
        ValueError: Naming the field and its value.
    """
    if not config.show_epochs or min(config.show_epochs) < 1:
        raise ValueError(
            f"show_epochs={config.show_epochs} must be epochs, counted from 1."
        )


def named(config: object) -> None:
    """Refuses names of losses, penalties and strategies that there are none of.

    Raises:
        ValueError: Naming what is accepted.
    """
    if hasattr(config, "loss"):
        losses.get(config.loss)
    if hasattr(config, "penalty"):
        penalties.get(config.penalty)
    distribute.checked_name(config.strategy)
