"""`--check`: a run's numbers against the source's and against those once published.

A line a number, PASS or FAIL, each with the bound and where it is from. A published
number is met by one that is not worse than it by more than a tolerance: the spread
between seeds and machines, which `MEASURES` states; a better one is no failure.
"""

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

from experiments import numbers
from experiments.expected import Expected
from experiments.numbers import Result
from ganzoo import runs

WORD = "--check"
HELP = f"""

With {WORD} the numbers of the finished run are compared with the source's, and with
those that were published of such a run: PASS or FAIL, a line each. The exit status is 1
if any fails.
"""
REPORTS = Path(__file__).parents[1] / "reports"


@dataclasses.dataclass(frozen=True)
class Measure:
    """How a number is read, and how far it may be off.

    Attributes:
        better: 1 if more is better, -1 if less is.
        share: Tolerance, as a share of the published number.
        off: Tolerance besides, in the number's own unit.
    """

    better: int
    share: float = 0.0
    off: float = 0.0

    def bound(self, published: float) -> float:
        """Returns the worst value that is accepted."""
        return published - self.better * (self.share * abs(published) + self.off)

    def __str__(self) -> str:
        parts = [f"{self.share:.0%}"] if self.share else []
        return " and ".join(parts + ([f"{self.off:g}"] if self.off else []))


# By the last part of a number's name, or by the first where it ends in a slash.
MEASURES = {
    "frechet_distance": Measure(-1, 0.2, 0.2),
    "kernel_distance": Measure(-1, 0.2, 0.002),
    "classifier_score": Measure(1, 0.1),
    "confident_share": Measure(1, 0.0, 0.05),
    "precision": Measure(1, 0.0, 0.05),
    "recall": Measure(1, 0.0, 0.05),
    "density": Measure(1, 0.0, 0.1),
    "coverage": Measure(1, 0.0, 0.05),
    "class_divergence": Measure(-1, 0.5, 0.02),
    "mode_divergence": Measure(-1, 0.2, 0.02),
    "modes": Measure(1, 0.25),
    "high_quality": Measure(1, 0.0, 0.05),
    "duplicate_share": Measure(-1, 1.0, 5e-4),
    "purity": Measure(1, 0.0, 0.02),
    "matched_accuracy": Measure(1, 0.0, 0.02),
    "ab_accuracy": Measure(1, 0.0, 0.02),
    "ba_accuracy": Measure(1, 0.0, 0.02),
    "ab_one_hue": Measure(1, 0.0, 0.05),
    "bab_hue_kept": Measure(1, 0.0, 0.1),
    "seen_accuracy": Measure(1, 0.0, 0.02),
    "unseen_accuracy": Measure(1, 0.0, 0.02),
    "any_accuracy": Measure(1, 0.0, 0.02),
    "moved_accuracy": Measure(1, 0.0, 0.02),
    "spread": Measure(1, 0.2),
    "accuracy/": Measure(1, 0.0, 0.02),
    "accuracy": Measure(1, 0.0, 0.02),
    "error/": Measure(-1, 0.15, 0.005),
}
# Settings that say where, how and for how long to look, not what to train; seeds and
# precisions are within the tolerances.
_FREE = {
    *("output", "data_dir", "seed", "strategy", "precision", "deterministic"),
    *("checkpoint_minutes", "steps_per_execution", "on_nan", "smoke"),
    *("show_epochs", "show_steps", "sample_count", "measure_every_images"),
    *("measure_epochs", "final_draws", "neighbours", "draws"),
    *("sets", "also_test", "judge_seeds", "seeds", "gan_show_steps"),
    *("gan_sample_count", "simgan_show_steps"),
}


@dataclasses.dataclass(frozen=True)
class Line:
    """A number that was compared.

    Attributes:
        passed: Whether it is within the bounds.
        name: Of the number.
        value: The run's.
        bounds: In words.
        where: What the bounds are from.
    """

    passed: bool
    name: str
    value: float
    bounds: str
    where: str

    def __str__(self) -> str:
        verdict = "PASS" if self.passed else "FAIL"
        return f"{verdict} {self.name} = {self.value:.4g}, {self.bounds}: {self.where}"


def check(result: runs.Run | Path, expected: Iterable[Expected]) -> bool:
    """Compares a finished run, or the folder of several, and prints a line a number.

    Args:
        result: What an experiment's `run` returned.
        expected: What the source says; see `experiments.expected`.

    Returns:
        Whether all numbers are within their bounds.

    Raises:
        ValueError: There is nothing to compare.
    """
    found = lines(Path(getattr(result, "path", result)), expected)
    for line in found:
        print(line)
    failed = sum(not line.passed for line in found)
    print(f"{len(found) - failed} of {len(found)} numbers are as expected.")
    return not failed


def lines(
    folder: Path, expected: Iterable[Expected], reports: Path = REPORTS
) -> list[Line]:
    """Compares what a folder holds; returns a line a number.

    Args:
        folder: A run folder, or that of a comparison.
        expected: What the source says.
        reports: Where the published reports lie.

    Raises:
        ValueError: There is nothing to compare.
    """
    found = numbers.results(folder)
    compared = [*from_source(found, expected), *from_published(found, reports)]
    if not compared:
        raise ValueError(
            f"{folder} holds no number that the source or a report in {reports.name}/ "
            "has, too: not with these settings (data set, number of epochs and so on)."
        )
    return compared


def from_source(found: list[Result], expected: Iterable[Expected]) -> list[Line]:
    """Compares results with what the source says of runs with such settings."""
    table = {}
    for one in found:
        prefix = f"{one.name}/" if one.name else ""
        table |= {f"{prefix}{key}": (value, one) for key, value in one.numbers.items()}
    compared = []
    for bound in expected:
        known = bound.key in table and (not bound.versus or bound.versus in table)
        if known and bound.when(table[bound.key][1].config):
            scale = table[bound.versus][0] if bound.versus else 1.0
            compared.append(_line(bound, table[bound.key][0], scale))
    return compared


def from_published(found: list[Result], reports: Path) -> list[Line]:
    """Compares results with those published of the same settings and as many epochs."""
    compared = {}
    for name, records in numbers.published(reports).items():
        for one in found:
            for record in records:
                if not same_settings(one.config, record.config):
                    continue
                for key in _compared(record.numbers, one.numbers):
                    # Of a comparison and of one of its runs there may be two reports.
                    same = (one.name, key, record.numbers[key])
                    compared.setdefault(same, _against(one, *same[1:], name))
    return list(compared.values())


def same_settings(config: dict, published: dict) -> bool:
    """Whether two runs differ in nothing but where and how they were looked at.

    A setting that was not there yet when the one was published is no difference.
    """
    asked = published.keys() - _FREE
    return asked <= config.keys() and all(config[k] == published[k] for k in asked)


def _line(bound: Expected, value: float, scale: float) -> Line:
    least = -math.inf if bound.least is None else bound.least * scale
    most = math.inf if bound.most is None else bound.most * scale
    words = []
    for word, factor in (("least", bound.least), ("most", bound.most)):
        if factor is not None:
            limit = factor * scale
            of = f" ({factor:g} times {bound.versus})" if bound.versus else ""
            words.append(f"at {word} {limit:.4g}{of}")
    passed = least <= value <= most
    where = f"the source: {bound.says}"
    return Line(passed, bound.key, value, " and ".join(words), where)


def _compared(published: dict[str, float], own: dict[str, float]) -> list[str]:
    """Returns the names of the numbers that can be compared, final ones if there are.

    No number is below 0: one that might fall so far cannot fail.
    """
    known = sorted(
        key
        for key in published.keys() & own.keys()
        if (measure := _measure(key)) is not None
        and (measure.better < 0 or measure.bound(published[key]) > 0)
    )
    return [
        key
        for key in known
        if not key.startswith("last/") or f"final/{key[len('last/') :]}" not in known
    ]


def _measure(key: str) -> Measure | None:
    start, _, rest = key.partition("/")
    if start == "first":
        return None
    return MEASURES.get(f"{start}/") or MEASURES.get(rest or start)


def _against(one: Result, key: str, published: float, report: str) -> Line:
    measure, value = _measure(key), one.numbers[key]
    bound = measure.bound(published)
    return Line(
        # The same to the last bit passes, whatever the rounding of the bound.
        value == published or measure.better * (value - bound) >= 0,
        f"{one.name}/{key}" if one.name else key,
        value,
        f"{'at least' if measure.better > 0 else 'at most'} {bound:.4g}",
        f"reports/{report} has {published:.4g}, tolerance {measure}",
    )
