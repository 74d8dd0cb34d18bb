"""What goes wrong in a training, told from what it recorded epoch by epoch.

All of it is a function of history.csv's rows and of two facts about the run, so that a
resumed run, and a report written later, say the same. What is wrong when stands in
`health_rules`.
"""

import dataclasses

import tensorflow as tf

from ganzoo import losses
from ganzoo.callbacks.health_rules import Facts, Rows, rules


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Something that went wrong over some epochs in a row.

    Attributes:
        name: What, in short.
        first: The epoch after which it was noticed.
        last: The last epoch of which it is true; None if it still is.
        sentence: What was seen, when it was noticed.
        remedy: What may help.
    """

    name: str
    first: int
    last: int | None
    sentence: str
    remedy: str


def indifferent_loss(loss: losses.Loss, discriminators: int = 1) -> float | None:
    """Returns the loss of discriminators that say the same of every image.

    It is 2 log 2 for the cross entropies, log 2 for the relativistic loss, 2 for the
    hinge, 1/4 for the squared distances to 0 and 1: the least that is to be had without
    looking.

    Args:
        loss: The pair of losses.
        discriminators: How many of them it is summed over.

    Returns:
        The loss; None where it is no scale, because it is 0, and a better
        discriminator's has no bound: the Wasserstein critic's.
    """
    said = tf.linspace(-5.0, 5.0, 101)
    least = float(tf.reduce_min(loss.discriminator(said, said)))
    return discriminators * least if least > 1e-6 else None


def ringing(rows: Rows, facts: Facts) -> dict[str, str]:
    """Returns what is wrong after the last row: for each alarm's name a sentence.

    Args:
        rows: Those of history.csv, up to an epoch.
        facts: About the run.
    """
    seen = {name: rule.seen(rows, facts) for name, rule in rules().items()}
    return {name: sentence for name, sentence in seen.items() if sentence}


def alarms(rows: Rows, facts: Facts) -> list[Alarm]:
    """Returns all that was wrong over a training, in the order in which it began.

    Args:
        rows: Those of history.csv.
        facts: About the run.
    """
    found, on = [], {}
    for number, row in enumerate(rows, start=1):
        now, before = ringing(rows[:number], facts), on
        epoch = int(row["epoch"])
        # An alarm that goes on is told of by the sentence with which it began.
        on = {name: before.get(name, (epoch, said)) for name, said in now.items()}
        ended = int(rows[number - 2]["epoch"]) if number > 1 else None
        found += [_alarm(n, *before[n], ended) for n in before if n not in on]
    found += [_alarm(name, *start, None) for name, start in on.items()]
    return sorted(found, key=lambda alarm: alarm.first)


def looked_at(rows: Rows, facts: Facts) -> list[str]:
    """Returns the names of the alarms that could have gone off on these rows."""
    return [
        name
        for name, rule in rules().items()
        if any(rule.applies([row], facts) for row in rows)
    ]


def _alarm(name: str, first: int, sentence: str, last: int | None) -> Alarm:
    return Alarm(name, first, last, sentence, rules()[name].remedy)
