"""`--check`: a run's numbers against the source's and against the published ones.

One line per number, PASS or FAIL, each with the bound and where it is from. A published
number is met by one that is not worse than it by more than a tolerance: the spread
between seeds and machines, which `TOLERANCES` states; a better one is no failure.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from experiments.harness import results
from experiments.harness.results import Result
from ganzoo import runs

WORD = "--check"
HELP = f"""

With {WORD} the numbers of the finished run are compared with the source's, and with
those that were published of such a run: PASS or FAIL, one line each. The exit status is
1 if any fails.
"""
REPORTS = Path(__file__).parents[2] / "reports"


@dataclasses.dataclass(frozen=True)
class ReferenceValue:
    """What the source says of a number: a bound on it, or on a ratio of two numbers.

    A source that gives a number is held to it, to a stated tolerance; one that says in
    words what its pictures show gets the bound that the words can bear. Which way the
    losses drift is told in the reports, and not checked: it says nothing of the images.

    Attributes:
        key: The number's name; see `results`.
        says: What the source says, and the tolerance.
        least: The least value accepted, or None.
        most: The greatest value accepted, or None.
        versus: Name of another number, in whose multiples the bounds are.
        when: Configuration -> whether the source speaks of such runs.
    """

    key: str
    says: str
    least: float | None = None
    most: float | None = None
    versus: str | None = None
    when: Callable[[dict], bool] = lambda config: True


def runs_with(least_epochs: int = 0, **fields) -> Callable[[dict], bool]:
    """Returns whether a run has these fields and was at least that long."""

    def holds(config: dict) -> bool:
        long = config.get("epochs", 0) >= least_epochs
        return long and all(config.get(key) == value for key, value in fields.items())

    return holds


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Which way a number is better, and how far it may be off.

    Attributes:
        better: 1 if more is better, -1 if less is.
        fraction: Tolerance, as a fraction of the published number.
        off: Tolerance added to that, in the number's own unit.
    """

    better: int
    fraction: float = 0.0
    off: float = 0.0

    def bound(self, published: float) -> float:
        """Returns the worst value that is accepted."""
        return published - self.better * (self.fraction * abs(published) + self.off)

    def __str__(self) -> str:
        parts = [f"{self.fraction:.0%}"] if self.fraction else []
        return " and ".join(parts + ([f"{self.off:g}"] if self.off else []))


# By the last part of a number's name, or by the first if it ends in a slash; these are
# the library's metrics, an experiment adds its own.
TOLERANCES = {
    "frechet_distance": Tolerance(-1, 0.2, 0.2),
    "kernel_distance": Tolerance(-1, 0.2, 0.002),
    "classifier_score": Tolerance(1, 0.1),
    "confident_share": Tolerance(1, 0.0, 0.05),
    "precision": Tolerance(1, 0.0, 0.05),
    "recall": Tolerance(1, 0.0, 0.05),
    "density": Tolerance(1, 0.0, 0.1),
    "coverage": Tolerance(1, 0.0, 0.05),
    "class_divergence": Tolerance(-1, 0.5, 0.02),
    "mode_divergence": Tolerance(-1, 0.2, 0.02),
    "modes": Tolerance(1, 0.25),
    "high_quality": Tolerance(1, 0.0, 0.05),
    "duplicate_share": Tolerance(-1, 1.0, 5e-4),
}
# Fields that say where, how and for how long to look, not what to train; seeds and
# precisions are within the tolerances.
FREE = frozenset(
    ("output", "data_dir", "seed", "strategy", "precision", "deterministic")
    + ("checkpoint_minutes", "steps_per_execution", "on_nan", "smoke")
    + ("show_epochs", "show_steps", "sample_count", "measure_every_images")
)


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


def check(result: runs.Run | Path, command) -> bool:
    """Compares a finished run, or a benchmark's folder, and prints a line per number.

    Args:
        result: What an experiment's `run` returned.
        command: The experiment, or the `Command`.

    Returns:
        Whether all numbers are within their bounds.

    Raises:
        ValueError: There is nothing to compare.
    """
    found = lines(Path(getattr(result, "path", result)), command)
    for line in found:
        print(line)
    failed = sum(not line.passed for line in found)
    print(f"{len(found) - failed} of {len(found)} numbers are as expected.")
    return not failed


def lines(folder: Path, command, reports: Path | None = None) -> list[Line]:
    """Compares what a folder holds; returns a line per number.

    Args:
        folder: A run folder, or that of a benchmark.
        command: As in `check`.
        reports: Folder of the published reports; by default the project's.

    Raises:
        ValueError: There is nothing to compare.
    """
    reports = reports or REPORTS
    found = results.results(folder, [command.results])
    compared = from_source(found, command.reference_values)
    compared += from_published(found, reports, command)
    if not compared:
        raise ValueError(
            f"{folder} holds no number that the source or a report in {reports.name}/ "
            "has, too: not with these settings (data set, number of epochs and so on)."
        )
    return compared


def from_source(
    found: list[Result], reference_values: Iterable[ReferenceValue]
) -> list[Line]:
    """Compares results with what the source says of runs with such a configuration."""
    table = {}
    for one in found:
        prefix = f"{one.name}/" if one.name else ""
        table |= {f"{prefix}{key}": (value, one) for key, value in one.numbers.items()}
    compared = []
    for bound in reference_values:
        known = bound.key in table and (not bound.versus or bound.versus in table)
        if known and bound.when(table[bound.key][1].config):
            scale = table[bound.versus][0] if bound.versus else 1.0
            compared.append(_line(bound, table[bound.key][0], scale))
    return compared


def from_published(found: list[Result], reports: Path, command) -> list[Line]:
    """Compares results with published ones of the same fields and number of epochs."""
    compared = {}
    tolerances = TOLERANCES | dict(command.tolerances)
    free = FREE.union(command.free)
    for name, records in results.published(reports).items():
        for one in found:
            for record in records:
                if not same_settings(one.config, record.config, free):
                    continue
                for key in _compared(record.numbers, one.numbers, tolerances):
                    # Of a benchmark and of one of its runs there may be two reports.
                    same = (one.name, key, record.numbers[key])
                    line = _against(one, *same[1:], name, _tolerance(key, tolerances))
                    compared.setdefault(same, line)
    return list(compared.values())


def same_settings(config: dict, published: dict, free: Iterable[str] = FREE) -> bool:
    """Whether two runs differ only in where and how they were looked at.

    A field that was not there yet when the one was published is no difference.
    """
    asked = published.keys() - free
    return asked <= config.keys() and all(config[k] == published[k] for k in asked)


def _line(bound: ReferenceValue, value: float, scale: float) -> Line:
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


def _compared(
    published: dict[str, float], own: dict[str, float], tolerances: Mapping
) -> list[str]:
    """Returns the names of the numbers that can be compared, final ones if there are.

    No number is below 0: one that might fall that far cannot fail.
    """
    known = sorted(
        key
        for key in published.keys() & own.keys()
        if (tolerance := _tolerance(key, tolerances)) is not None
        and (tolerance.better < 0 or tolerance.bound(published[key]) > 0)
    )
    return [
        key
        for key in known
        if not key.startswith("last/") or f"final/{key[len('last/') :]}" not in known
    ]


def _tolerance(key: str, tolerances: Mapping) -> Tolerance | None:
    start, _, rest = key.partition("/")
    if start == "first":
        return None
    return tolerances.get(f"{start}/") or tolerances.get(rest or start)


def _against(
    one: Result, key: str, published: float, report: str, tolerance: Tolerance
) -> Line:
    value, bound = one.numbers[key], tolerance.bound(published)
    return Line(
        # The same to the last bit passes, whatever the rounding of the bound.
        value == published or tolerance.better * (value - bound) >= 0,
        f"{one.name}/{key}" if one.name else key,
        value,
        f"{'at least' if tolerance.better > 0 else 'at most'} {bound:.4g}",
        f"reports/{report} has {published:.4g}, tolerance {tolerance}",
    )
