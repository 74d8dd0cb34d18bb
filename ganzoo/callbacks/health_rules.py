"""Rules of the alarms: problems after an epoch, and remedies.

The thresholds raise no alarm on the healthy runs in reports/, and do on those that
collapsed.

- The discriminator has won if its loss over an epoch is below 0.5 % of a constant
  discriminator's (`health_alarms.indifferent_loss`). With the cross entropies that is
  0.007 nats: every image classified correctly, with a probability of 99.65 %. The
  lowest value in a healthy run, MLP-GAN's on CIFAR-10, was 1.1 %.
- It has lost if its loss is above 1.5 times a constant discriminator's: it is wrong and
  confident. Healthy runs start at up to 1.4, and stay around 1. A Wasserstein critic
  has no such scale: it should be trained to optimality, so it can neither win nor lose.
- The generator's gradient has vanished if its norm is below a thousandth of the median
  so far (it normally changes tenfold between epochs, not a thousandfold), or below
  1e-4: with a million weights that is 1e-7 per weight, Adam's epsilon, below which
  Adam's steps shrink, too. Healthy runs end at 0.05 to 20.
- Modes are lost if the samples cover fewer than the square root of their number (or the
  divergence in nats exceeds half the logarithm), and that improved by less than a fifth
  over five consecutive measurements: a generator that has only started to learn covers
  one or two classes for up to four measurements. Or if half of the modes covered before
  are missing for three measurements. Or if the classifier score, at least 1 and at most
  the number of classes, is below 1.2 for five measurements: the samples may be spread
  over the classes, but the classifier cannot tell them apart. MLP-GAN's noise on
  CIFAR-10 had 1.00 to 1.11, with a divergence that kept changing. Healthy runs have
  such a score in their first measurement only.
- Samples repeat if 5 % of all pairs are near-duplicates, as if there were 20 different
  images (Arora et al. 2018; for real digits it is 0.01 %), in two consecutive
  measurements: the first images of a run may all be the same blob.
- Samples are blank if their contrast is below 30 % of the training images' in three
  consecutive measurements.
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
ALIKE = 1.2
REPEATED, REPEATED_FOR = 0.05, 2
BLANK, BLANK_FOR = 0.3, 3


@dataclasses.dataclass(frozen=True)
class Facts:
    """Facts about a run that its rows do not contain."""

    # Loss of a constant discriminator; None if it cannot serve as a scale, as for a
    # Wasserstein critic
    indifferent_loss: float | None = None
    modes: int | None = None  # number of modes of the data, if modes are counted


@dataclasses.dataclass(frozen=True)
class Rule:
    """Detection of one problem."""

    # Function that tells whether the last row has the necessary values
    applies: Callable[[Rows, Facts], bool]
    # Function that describes the problem after the last row; None without one
    seen: Callable[[Rows, Facts], str | None]
    remedy: str  # what may help


def rules() -> dict[str, Rule]:
    """Returns all rules, by the names of their alarms."""
    return {
        "discriminator has won": Rule(
            _has_scale,
            _won,
            "Give it a smaller learning rate, dropout or a penalty such as r1; or use "
            "a loss whose generator learns from an optimal critic, such as wasserstein "
            "with gradient_penalty.",
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
            "Use a loss that does not saturate, such as non_saturating or "
            "relativistic, or weaken the discriminator: a smaller learning rate, "
            "dropout, a penalty.",
        ),
        "modes lost": Rule(
            lambda rows, facts: _missing(rows[-1], facts) is not None,
            _lost_modes,
            "Lower the generator's learning rate, add minibatch discrimination or "
            "unroll the discriminator; or use the relativistic loss with r1 and r2.",
        ),
        "samples repeat": Rule(
            lambda rows, facts: "duplicate_share" in rows[-1],
            _repeated,
            "Add minibatch discrimination, or lower the generator's learning rate "
            "relative to the discriminator's.",
        ),
        "samples are blank": Rule(
            lambda rows, facts: "contrast" in rows[-1],
            _blank,
            "Lower both learning rates, or begin again with another seed; in mixed "
            "precision, try float32.",
        ),
    }


# ------------------------------------------------------------------ the discriminator


def _has_scale(rows: Rows, facts: Facts) -> bool:
    return facts.indifferent_loss is not None and "discriminator_loss" in rows[-1]


def _won(rows: Rows, facts: Facts) -> str | None:
    loss, scale = rows[-1].get("discriminator_loss"), facts.indifferent_loss
    if loss is None or scale is None or not loss < WON * scale:
        return None
    return (
        f"The discriminator has won outright: over epoch {_epoch(rows)} its loss was "
        f"{loss:.2g}, {loss / scale:.2%} of a constant discriminator's. The generator "
        "receives no useful gradient."
    )


def _lost(rows: Rows, facts: Facts) -> str | None:
    loss, scale = rows[-1].get("discriminator_loss"), facts.indifferent_loss
    if loss is None or scale is None or not loss > LOST * scale:
        return None
    return (
        f"The discriminator has lost outright: over epoch {_epoch(rows)} its loss was "
        f"{loss:.3g}, {loss / scale:.1f} times a constant discriminator's."
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

    It is the divergence of the samples' modes from the data's. If modes are only
    counted, it is the logarithm of all modes by those covered, where none counts as
    half a mode.
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
    measured = (_missing(row, facts) for row in rows)
    found = [one for one in measured if one is not None]
    if not found:
        return None
    values, (last, total) = [value for value, _ in found], found[-1]
    covers = f"after epoch {_epoch(rows)} the samples cover {_about(last, total)}"
    if _stalled(values, math.log(total) / 2):
        return (
            f"Modes are lost: {covers}, and that has hardly improved over "
            f"{PATIENCE} measurements."
        )
    best = min(values)
    gone = [value - best > -math.log(GONE) for value in values[-GONE_FOR:]]
    if all(gone) and len(values) > GONE_FOR:
        return f"Modes are lost: {covers}, and had covered {_about(best, total)}."
    return _told_apart(rows)


def _told_apart(rows: Rows) -> str | None:
    scores = [row["classifier_score"] for row in rows if "classifier_score" in row]
    recent = scores[-PATIENCE:]
    if len(recent) < PATIENCE or max(recent) >= ALIKE:
        return None
    return (
        f"Modes are lost: after epoch {_epoch(rows)} the classifier cannot tell the "
        f"samples apart. Its score is {recent[-1]:.2f}, where 1 is the least, and has "
        f"been below {ALIKE:g} for {PATIENCE} measurements."
    )


def _stalled(values: list[float], bad: float) -> bool:
    """Returns whether recent values are all bad and did not improve for a while.

    Values are bad above half the logarithm of all modes: fewer modes than the square
    root of their number.
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


def _blank(rows: Rows, facts: Facts) -> str | None:
    contrasts = [row["contrast"] for row in rows if "contrast" in row][-BLANK_FOR:]
    if len(contrasts) < BLANK_FOR or max(contrasts) >= BLANK:
        return None
    return (
        f"Samples are blank: after epoch {_epoch(rows)} their contrast is "
        f"{contrasts[-1]:.0%} of the training images'."
    )


def _epoch(rows: Rows) -> int:
    return int(rows[-1]["epoch"])
