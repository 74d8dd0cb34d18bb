"""Validators for configuration fields; each raises a ValueError that names the field.

None is accepted wherever a field may be None.
"""

import math
from collections.abc import Sequence

from ganzoo import penalties


def at_least(least: float, config: object, *names: str) -> None:
    """Refuses numbers below `least`."""
    for name in names:
        value = getattr(config, name)
        if value is not None and not value >= least:
            raise ValueError(f"{name}={value} must be at least {least}.")


def above_zero(config: object, *names: str) -> None:
    """Refuses numbers that are not positive and finite."""
    for name in names:
        value = getattr(config, name)
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{name}={value} must be above 0, and finite.")


def fractions(config: object, *names: str) -> None:
    """Refuses numbers outside [0, 1)."""
    for name in names:
        if not 0 <= getattr(config, name) < 1:
            raise ValueError(f"{name}={getattr(config, name)} must be in [0, 1).")


def one_of(config: object, name: str, accepted: Sequence[str]) -> None:
    """Refuses words that are not among the accepted ones."""
    value = getattr(config, name)
    if value not in accepted:
        raise ValueError(f"{name}={value!r} must be one of {', '.join(accepted)}.")


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
    penalty = penalties.get(config.penalty)
    if config.normalise and not isinstance(penalty, penalties.WeightClipping | None):
        raise ValueError(
            f"penalty={config.penalty!r} looks at single images, and batch "
            "normalization in the discriminator mixes them; add --no-normalise."
        )
