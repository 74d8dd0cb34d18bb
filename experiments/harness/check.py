"""`--check`: compares a run's numbers with the source's and with published ones.

It prints one line per number, PASS or FAIL, with the bound and its origin. A number
passes against a published one if it is not worse by more than a tolerance, the spread
between seeds and machines that `TOLERANCES` states. A better number always passes.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.harness import results
from experiments.harness.reference import (
    IGNORED_FIELDS,
    TOLERANCES,
    ReferenceValue,
    Tolerance,
)
from experiments.harness.results import Result

if TYPE_CHECKING:
    from experiments.harness.experiment import Command
    from ganzoo.runs import Run

FLAG = "--check"
HELP = f"""

With {FLAG} the numbers of the finished run are compared with the source's and with
published ones of the same settings, one PASS or FAIL line per number. The exit status
is 1 if any of them fails.
"""
REPORTS = Path(__file__).parents[2] / "reports"


@dataclasses.dataclass(frozen=True)
class Line:
    """The result of comparing one number; bounds and their origin are in words."""

    passed: bool
    name: str
    value: float
    bounds: str
    origin: str

    def __str__(self) -> str:
        verdict = "PASS" if self.passed else "FAIL"
        return f"{verdict} {self.name} = {self.value:.4g}, {self.bounds}: {self.origin}"


def check(result: "Run | Path", command: "Command") -> bool:
    """Checks a finished run, or a benchmark's folder, and prints one line per number.

    Raises:
        ValueError: The run has no number that can be compared.
    """
    found = lines(Path(getattr(result, "path", result)), command)
    for line in found:
        print(line)
    failed = sum(not line.passed for line in found)
    print(f"{len(found) - failed} of {len(found)} numbers are as expected.")
    return not failed


def lines(folder: Path, command: "Command", reports: Path | None = None) -> list[Line]:
    """Compares the results in a folder; returns one line per number.

    Args:
        folder: A run folder, or the folder of a benchmark.
        command: The `Command` that produced it.
        reports: Folder of the published reports. Defaults to the project's.

    Raises:
        ValueError: The folder has no number that can be compared.
    """
    reports = reports or REPORTS
    found = results.results(folder, [command.results])
    compared = from_source(found, command.reference_values)
    compared += from_published(found, reports, command)
    if not compared:
        raise ValueError(
            f"{folder} has no number to compare: neither the source nor a report in "
            f"{reports.name}/ has numbers for these settings. Use the source's data "
            "set and number of epochs, or those of a published report."
        )
    return compared


def from_source(
    found: list[Result], reference_values: Iterable[ReferenceValue]
) -> list[Line]:
    """Compares results with the source's reference values for their configuration."""
    table = {}
    for one in found:
        prefix = f"{one.name}/" if one.name else ""
        table |= {f"{prefix}{key}": (value, one) for key, value in one.numbers.items()}
    compared = []
    for bound in reference_values:
        base = bound.relative_to
        known = bound.key in table and (not base or base in table)
        if known and bound.when(table[bound.key][1].config):
            scale = table[base][0] if base else 1.0
            compared.append(_line(bound, table[bound.key][0], scale))
    return compared


def from_published(
    found: list[Result], reports: Path, command: "Command"
) -> list[Line]:
    """Compares results with published ones of the same configuration."""
    compared = {}
    tolerances = TOLERANCES | dict(command.tolerances)
    ignored = IGNORED_FIELDS.union(command.ignored_fields)
    for name, records in results.published(reports).items():
        for one in found:
            for record in records:
                if not same_settings(one.config, record.config, ignored):
                    continue
                for key in _compared(record.numbers, one.numbers, tolerances):
                    # A benchmark and one of its runs may both have a report.
                    same = (one.name, key, record.numbers[key])
                    line = _against(one, *same[1:], name, _tolerance(key, tolerances))
                    compared.setdefault(same, line)
    return list(compared.values())


def same_settings(
    config: dict, published: dict, ignored: Iterable[str] = IGNORED_FIELDS
) -> bool:
    """Returns whether two configurations agree in all fields that are not ignored.

    A field that did not exist when the report was published does not count.
    """
    fields = published.keys() - ignored
    return fields <= config.keys() and all(config[k] == published[k] for k in fields)


def _line(bound: ReferenceValue, value: float, scale: float) -> Line:
    least = -math.inf if bound.minimum is None else bound.minimum * scale
    most = math.inf if bound.maximum is None else bound.maximum * scale
    words = []
    for word, factor in (("least", bound.minimum), ("most", bound.maximum)):
        if factor is not None:
            limit = factor * scale
            of = f" ({factor:g} times {bound.relative_to})" if bound.relative_to else ""
            words.append(f"at {word} {limit:.4g}{of}")
    passed = least <= value <= most
    origin = f"the source: {bound.claim}"
    return Line(passed, bound.key, value, " and ".join(words), origin)


def _compared(
    published: dict[str, float], own: dict[str, float], tolerances: Mapping
) -> list[str]:
    """Returns the names of comparable numbers, preferring final/ to last/.

    All numbers are at least 0, so a bound at or below 0 could not fail; such numbers
    are left out.
    """
    known = sorted(
        key
        for key in published.keys() & own.keys()
        if (tolerance := _tolerance(key, tolerances)) is not None
        and (tolerance.direction < 0 or tolerance.bound(published[key]) > 0)
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
        # A bit-identical value passes, however the bound was rounded.
        value == published or tolerance.direction * (value - bound) >= 0,
        f"{one.name}/{key}" if one.name else key,
        value,
        f"{'at least' if tolerance.direction > 0 else 'at most'} {bound:.4g}",
        f"reports/{report} has {published:.4g}, tolerance {tolerance}",
    )
