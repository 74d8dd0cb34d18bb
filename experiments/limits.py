"""What the values of settings may be: each function refuses those that may not."""

import math
from collections.abc import Sequence


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
        raise ValueError(f"{name}={value!r} must be one of {', '.join(accepted)}.")


def epochs_shown(config: object) -> None:
    """Refuses `show_epochs` that are not counted from 1, or empty.

    Raises:
        ValueError: Naming the field and its value.
    """
    if not config.show_epochs or min(config.show_epochs) < 1:
        raise ValueError(
            f"show_epochs={config.show_epochs} must be epochs, counted from 1."
        )
