"""The rules of the alarms: what is wrong after an epoch, and what may help.

Their thresholds are silent on the healthy runs in reports/, and loud on those that
collapsed.

- The discriminator has won where its loss, over an epoch, is below 0.5 % of what it
  would be without looking (`health_alarms.indifferent_loss`). With the cross entropies
  that is 0.007 nats: every image judged rightly, as 99.65 % sure. The surest one of a
  healthy run, MLP-GAN's on CIFAR-10, was at 1.1 %.
- It has lost where its loss is above 1.5 times that: it is wrong, and sure of it.
  Healthy runs start at up to 1.4, and stay around 1. A Wasserstein critic has no such
  scale: trained to the end it is as it should be, so it can neither win nor lose.
- The generator's gradient has vanished where its norm is below a thousandth of the
  median so far, for it changes tenfold from epoch to epoch, not a thousandfold; or
  below 1e-4: in a million weights that is 1e-7 a weight, Adam's epsilon, from where
  Adam's steps shrink, too. Healthy runs end at 0.05 to 20.
- Modes are lost where the samples cover fewer than the square root of their number (of
  a divergence in nats, where it is above half the logarithm), and that became less than
  a fifth better over five measurements in a row: a generator that has only begun to
  learn draws what is read as one or two classes for up to four. Or where half of the
  modes covered before stayed away for three measurements.
- Samples repeat where 5 % of all pairs are near-duplicates, as if there were 20
  different images (Arora et al. 2018; of real digits, 0.01 % are), in two measurements
  in a row: the first images of a run may all be the same blot.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

Rows = Sequence[dict[str, float]]

WON, LOST = 0.005, 1.5
FADED, VANISHED = 1e-3, 1e-4
PATIENCE, BETTER = 5, 0.8
GONE, GONE_FOR = 0.5, 3
REPEATED, REPEATED_FOR = 0.05, 2


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the rows do not say of themselves.

    Attributes:
        indifferent_loss: The discriminator's loss if it says the same of all images;
            None where that is no scale, as with a Wasserstein critic's.
        modes: How many modes the data have, where modes are counted.
    """

    indifferent_loss: float | None = None
    modes: int | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """How one thing that goes wrong is noticed.

    Attributes:
        applies: Whether the last row says something about it.
        seen: What is wrong after the last row, in a sentence, or None.
        remedy: What may help.
    """

    applies: Callable[[Rows, Facts], bool]
    seen: Callable[[Rows, Facts], str | None]
    remedy: str


def rules() -> dict[str, Rule]:
    """Returns all rules, by the names of their alarms."""
    return {
        "discriminator has won": Rule(
            _has_scale,
            _won,
            "Give it a smaller learning rate, dropout or a penalty such as r1; or take "
            "a loss whose generator learns from a sure critic, wasserstein with "
            "gradient_penalty, say.",
        ),
        "discriminator has lost": Rule(
            _has_scale,
            _lost,
            "Give it a higher learning rate, more steps or more channels; or the "
            "generator a smaller learning rate.",
        ),
        "generator's gradient has vanished": Rule(
            lambda rows, facts: "generator_gradient" in rows[-1],
            _faded,
            "Take a loss that does not saturate, such as non_saturating or "
            "relativistic, or weaken the discriminator: a smaller learning rate, "
            "dropout, a penalty.",
        ),
        "modes lost": Rule(
            lambda rows, facts: _missing(rows[-1], facts) is not None,
            _lost_modes,
            "Lower the generator's learning rate, add minibatch discrimination or "
            "unroll the discriminator; or take the relativistic loss with r1 and r2.",
        ),
        "samples repeat": Rule(
            lambda rows, facts: "duplicate_share" in rows[-1],
            _repeated,
            "Add minibatch discrimination, or lower the generator's learning rate "
            "against the discriminator's.",
        ),
    }


# ------------------------------------------------------------------ the discriminator


def _has_scale(rows: Rows, facts: Facts) -> bool:
    return facts.indifferent_loss is not None and "discriminator_loss" in rows[-1]


def _won(rows: Rows, facts: Facts) -> str | None:
    if not _has_scale(rows, facts):
        return None
    loss, scale = rows[-1]["discriminator_loss"], facts.indifferent_loss
    if not loss < WON * scale:
        return None
    return (
        f"The discriminator has won outright: over epoch {_epoch(rows)} its loss was "
        f"{loss:.2g}, {loss / scale:.2%} of what it would be without looking."
    )


def _lost(rows: Rows, facts: Facts) -> str | None:
    if not _has_scale(rows, facts):
        return None
    loss, scale = rows[-1]["discriminator_loss"], facts.indifferent_loss
    if not loss > LOST * scale:
        return None
    return (
        f"The discriminator has lost outright: over epoch {_epoch(rows)} its loss was "
        f"{loss:.3g}, {loss / scale:.1f} times what it would be without looking."
    )


# ---------------------------------------------------------------------- the generator


def _faded(rows: Rows, facts: Facts) -> str | None:
    norms = [row["generator_gradient"] for row in rows if "generator_gradient" in row]
    if "generator_gradient" not in rows[-1]:
        return None
    *earlier, last = norms
    usual = float(np.median(earlier)) if earlier else 0.0
    if last >= max(VANISHED, FADED * usual):
        return None
    before = f"; up to then it was {usual:.1e}" if earlier else ""
    return (
        f"The generator's gradient has vanished: its norm was {last:.1e} at the end of "
        f"epoch {_epoch(rows)}{before}."
    )


def _missing(row: dict, facts: Facts) -> tuple[float, int] | None:
    """Returns how far samples are from covering all modes, in nats, and their number.

    It is the divergence of the samples' modes from the data's; where modes are only
    counted, the logarithm of the share that is missing, none being half a one.
    """
    if facts.modes and "mode_divergence" in row:
        return row["mode_divergence"], facts.modes
    if facts.modes and "modes" in row:
        return math.log(facts.modes / max(row["modes"], 0.5)), facts.modes
    classes = sum(key.removeprefix("class_").isdigit() for key in row)
    if classes > 1 and "class_divergence" in row:
        return row["class_divergence"], classes
    return None


def _lost_modes(rows: Rows, facts: Facts) -> str | None:
    found = [_missing(row, facts) for row in rows]
    found = [one for one in found if one is not None]
    if not found:
        return None
    values, (last, total) = [value for value, _ in found], found[-1]
    covers = f"after epoch {_epoch(rows)} the samples cover {_about(last, total)}"
    if _stalled(values, math.log(total) / 2):
        return (
            f"Modes are lost: {covers}, and that has become little better over "
            f"{PATIENCE} measurements."
        )
    best = min(values)
    gone = [value - best > -math.log(GONE) for value in values[-GONE_FOR:]]
    if all(gone) and len(values) > GONE_FOR:
        return f"Modes are lost: {covers}, and had covered {_about(best, total)}."
    return None


def _stalled(values: list[float], bad: float) -> bool:
    """Whether values have stayed bad up to now, and did not fall for a while of it.

    Bad is half the logarithm of all modes: fewer than the square root of their number.
    """
    length = next((n for n, v in enumerate(reversed(values)) if v <= bad), len(values))
    stretch = values[len(values) - length :]
    windows = zip(stretch, stretch[PATIENCE - 1 :], strict=False)
    return any(last > BETTER * first for first, last in windows)


def _about(missing: float, total: int) -> str:
    return f"about {total * math.exp(-missing):.0f} of {total:,} modes"


def _repeated(rows: Rows, facts: Facts) -> str | None:
    shares = [row["duplicate_share"] for row in rows if "duplicate_share" in row]
    recent = shares[-REPEATED_FOR:]
    if len(recent) < REPEATED_FOR or min(recent) < REPEATED:
        return None
    return (
        f"Samples repeat: after epoch {_epoch(rows)}, {recent[-1]:.1%} of all pairs "
        f"are near-duplicates, as if there were {1 / recent[-1]:.0f} different images."
    )


def _epoch(rows: Rows) -> int:
    return int(rows[-1]["epoch"])
