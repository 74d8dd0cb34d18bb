"""`--check`: a run's numbers against the source's and against the published ones.

One line per number, PASS or FAIL, each with the bound and where it is from. A published
number is met by one that is not worse than it by more than a tolerance: the spread
between seeds and machines, which `TOLERANCES` states; a better one is no failure.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.harness import results
from experiments.harness.reference import FREE, TOLERANCES, ReferenceValue, Tolerance
from experiments.harness.results import Result

if TYPE_CHECKING:
    from ganzoo.runs import Run

WORD = "--check"
HELP = f"""

With {WORD} the numbers of the finished run are compared with the source's, and with
those that were published of such a run: PASS or FAIL, one line each. The exit status is
1 if any fails.
"""
REPORTS = Path(__file__).parents[2] / "reports"


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


def check(result: "Run | Path", command) -> bool:
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
