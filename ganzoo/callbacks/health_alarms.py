"""Alarms about a training, from what it recorded epoch by epoch.

They are a function of the rows of history.csv and of two facts about the run, so that a
resumed run and a later report give the same result. The rules are in `health_rules`.
"""

import dataclasses

from keras import ops

from ganzoo import losses
from ganzoo.callbacks.health_rules import Facts, Rows, rules


@dataclasses.dataclass(frozen=True)
class Alarm:
    """A problem over some consecutive epochs."""

    name: str  # short name of the problem
    first: int  # epoch after which it was noticed
    last: int | None  # last epoch with the problem; None if it persists
    sentence: str  # description at the time when it was noticed
    remedy: str  # what may help


def indifferent_loss(loss: losses.Loss, discriminators: int = 1) -> float | None:
    """Returns the lowest loss of constant discriminators, summed over them.

    It is 2 log 2 for the cross entropies, log 2 for the relativistic loss, 2 for the
    hinge loss, 1/4 for the squared distances to 0 and 1. None if it is 0 and cannot
    serve as a scale, as for a Wasserstein critic, whose loss is unbounded.
    """
    said = ops.linspace(-5.0, 5.0, 101)
    least = float(ops.min(loss.discriminator(said, said)))
    return discriminators * least if least > 1e-6 else None


def ringing(rows: Rows, facts: Facts) -> dict[str, str]:
    """Returns the active alarms after the last row: a sentence for each name."""
    seen = {name: rule.seen(rows, facts) for name, rule in rules().items()}
    return {name: sentence for name, sentence in seen.items() if sentence}


def alarms(rows: Rows, facts: Facts) -> list[Alarm]:
    """Returns all alarms of a training, in order of their start."""
    found: list[Alarm] = []
    on: dict[str, tuple[int, str]] = {}
    for number, row in enumerate(rows, start=1):
        now, before = ringing(rows[:number], facts), on
        epoch = int(row["epoch"])
        # A persisting alarm keeps its first sentence.
        on = {name: before.get(name, (epoch, said)) for name, said in now.items()}
        ended = int(rows[number - 2]["epoch"]) if number > 1 else None
        found += [_alarm(n, *before[n], ended) for n in before if n not in on]
    found += [_alarm(name, *start, None) for name, start in on.items()]
    return sorted(found, key=lambda alarm: alarm.first)


def looked_at(rows: Rows, facts: Facts) -> list[str]:
    """Returns the names of the alarms that could have been raised for these rows."""
    return [
        name
        for name, rule in rules().items()
        if any(rule.applies([row], facts) for row in rows)
    ]


def _alarm(name: str, first: int, sentence: str, last: int | None) -> Alarm:
    return Alarm(name, first, last, sentence, rules()[name].remedy)
