"""The command that runs the campaigns; see the package."""

import dataclasses
import importlib
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import tyro

# Must precede TensorFlow: child processes share the cores and print no notices.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

from experiments.harness import pages
from ganzoo.files import write_json
from ganzoo.runs import provenance, reports
from tests.reliability import children, costs, flips, full_disk, kills, parts, workers

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@dataclasses.dataclass
class Command:
    """Kills and damages runs of small experiments, fills disks, and writes a report."""

    campaigns: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """kills, flips, parts, disk, workers, costs; all by default."""
    count: int | None = None
    """Number of cases in each campaign. The default depends on the campaign."""
    experiments: tuple[str, ...] = tuple(children.EXPERIMENTS)
    """Experiments for the campaign parts."""
    seed: int = 0
    """Seed of the random moments and bits."""
    folder: str | None = None
    """Folder for the runs; a temporary one by default."""
    output: str | None = None
    """Write the results to this JSON file instead of docs/reliability.md."""


@dataclasses.dataclass(frozen=True)
class Campaign:
    """One type of damage.

    Attributes:
        count: Default number of cases.
        carry_out: Function of a folder, a count and the command that returns results.
        well: Function that returns whether a result is as it should be.
        tell: Function that formats all results as Markdown.
    """

    count: int
    carry_out: Callable[[Path, int, Command], list]
    well: Callable[[object], bool]
    tell: Callable[[list], str]


def main(command: Command) -> int:
    """Runs the campaigns; returns the exit status, 1 if a result is wrong."""
    names = command.campaigns or tuple(CAMPAIGNS)
    if unknown := [name for name in names if name not in CAMPAIGNS]:
        known = ", ".join(CAMPAIGNS)
        sys.exit(f"Unknown campaign {unknown[0]!r}; the known ones are {known}.")
    for module, *_ in children.EXPERIMENTS.values():
        importlib.import_module(module)
    found, minutes = {}, {}
    try:
        with tempfile.TemporaryDirectory() as temporary:
            for name in names:
                count = command.count or CAMPAIGNS[name].count
                place = Path(command.folder or temporary) / name
                place.mkdir(parents=True)
                start = time.perf_counter()
                found[name] = CAMPAIGNS[name].carry_out(place, count, command)
                minutes[name] = (time.perf_counter() - start) / 60
    finally:
        _write(command.output, found, minutes)
    wrong = [
        each
        for name, results in found.items()
        for each in results
        if not CAMPAIGNS[name].well(each)
    ]
    for each in wrong:
        print(f"WRONG: {each}")
    return bool(wrong)


def _write(
    output: str | None, found: dict[str, list], minutes: dict[str, float]
) -> None:
    """Writes the results of the campaigns that ended, to a file or into the page.

    Only at the end: describing the machine starts TensorFlow, and a process in which
    TensorFlow runs cannot be forked.
    """
    if output is not None:
        write_json(
            output, {n: list(map(dataclasses.asdict, one)) for n, one in found.items()}
        )
        return
    for name, results in found.items():
        text = f"{CAMPAIGNS[name].tell(results)}\n\n{_made(minutes[name])}"
        pages.fill(PAGE, name, text)


def _made(minutes: float) -> str:
    described = provenance.describe()
    versions = described["versions"]
    return (
        f"Written by `{reports.shown_command(provenance.command())}` in "
        f"{minutes:.0f} min, {described['time'][:10]}, {described['processor']}, "
        f"Keras {versions['keras']}, TensorFlow {versions['tensorflow']}."
    )


def _kills(found: Sequence[kills.Killed]) -> str:
    rows = []
    for stage in kills.STAGES:
        of_stage = [one for one in found if one.stage == stage]
        steps = [str(one.step or "none") for one in of_stage]
        same = sum(not one.differences for one in of_stage)
        rows.append(
            {
                "killed during": stage,
                "runs": len(of_stage),
                "step of the newest checkpoint": ", ".join(steps),
                "same result": same,
            }
        )
    return reports.table(rows)


def _flips(found: Sequence[flips.Flipped]) -> str:
    files = {}
    for one in found:
        name = one.name.partition("/")[0]
        files.setdefault(name, []).append(one)
    rows = []
    for name, ones in sorted(files.items()):
        counts = Counter(one.outcome for one in ones)
        row = {"file": f"`{name}`", "bits": len(ones)}
        row |= {outcome: counts[outcome] or "" for outcome in flips.OUTCOMES}
        rows.append(row | {"example message": _short(ones)})
    return reports.table(rows)


def _parts(found: Sequence[parts.Deleted]) -> str:
    names = {}
    for one in found:
        kind = re.sub(r"^figures/.*", "figures/*.png", parts.kind(one.name))
        names.setdefault((kind, one.outcome), []).append(one)
    return reports.table(
        [
            {
                "deleted file": f"`{name}`",
                "cases": len(ones),
                "outcome": outcome,
                "example message": _short(ones),
            }
            for (name, outcome), ones in sorted(names.items())
        ]
    )


def _disk(found: Sequence[full_disk.Filled]) -> str:
    return reports.table(
        [
            {
                "available bytes": f"{one.room:,}",
                "exit status": one.status,
                "error lines": len(one.lines),
                "not written": _named(one),
                "with more space": _compared(one),
            }
            for one in found
        ]
    )


def _workers(found: Sequence[workers.Lost]) -> str:
    rows = [
        {
            "killed": f"worker {one.killed}",
            "steps of the newest checkpoints": " and ".join(map(str, one.steps)),
            "other worker ended after": f"{one.seconds:.1f} s",
            "both resumed": _compared(one),
        }
        for one in found
    ]
    line = _plain(found[0].line)
    return reports.table(rows) + f"\n\nMessage of the other worker: `{line}`"


def _costs(found: Sequence[costs.Cost]) -> str:
    return reports.table(
        [
            {
                "checkpoint size": f"{one.megabytes:.1f} MB",
                "Keras alone": _spread(one.keras_seconds),
                "with SHA-256, logs and folder": _spread(one.seconds),
                "loading": _spread(one.reading_seconds),
                "saving, wall time": _spread(one.wall_seconds),
                f"fraction of {one.interval / 60:g} minutes": f"{one.fraction:.2%}",
            }
            for one in found
        ]
    )


def _compared(one: full_disk.Filled | workers.Lost) -> str:
    return "same result" if not one.differences else "DIFFERENT RESULT"


def _spread(seconds: Sequence[float]) -> str:
    """Returns the median, the minimum and the maximum."""
    low, high = min(seconds), max(seconds)
    return f"{statistics.median(seconds):.3f} s ({low:.3f} to {high:.3f})"


def _short(ones: Sequence) -> str:
    line = next((one.line for one in ones if one.line), "")
    return f"`{_plain(line)}`" if line else ""


def _named(one: full_disk.Filled) -> str:
    line = next((line for line in one.lines if "could not be written" in line), "")
    path = line.partition(" could not be written")[0].rpartition(": ")[2]
    return f"`{path.partition('/run/')[2] or path}`" if path else ""


def _plain(line: str) -> str:
    """Returns a line without paths of this machine and without table delimiters."""
    place = r"/\S*/(whole|half|flipped_\d+|\w+_without|\d+)(?=[/ ;.]|$)"
    return re.sub(place, "RUN", line.replace("|", "/"))


CAMPAIGNS = {
    "kills": Campaign(
        24,
        lambda folder, count, command: kills.campaign(folder, count, command.seed),
        lambda one: not one.differences,
        _kills,
    ),
    "flips": Campaign(
        60,
        lambda folder, count, command: flips.campaign(folder, count, command.seed),
        lambda one: one.outcome != flips.OTHER,
        _flips,
    ),
    "parts": Campaign(
        0,
        lambda folder, _, command: parts.campaign(folder, command.experiments),
        lambda one: one.outcome != parts.SILENT,
        _parts,
    ),
    "disk": Campaign(
        10,
        lambda folder, count, _: full_disk.campaign(folder, count),
        lambda one: one.status == 1 and len(one.lines) == 1 and not one.differences,
        _disk,
    ),
    "workers": Campaign(
        8,
        lambda folder, count, command: workers.campaign(folder, count, command.seed),
        lambda one: one.line.startswith("error: ") and not one.differences,
        _workers,
    ),
    "costs": Campaign(
        5,
        lambda folder, count, _: costs.campaign(folder, count),
        lambda one: True,
        _costs,
    ),
}

if __name__ == "__main__":
    sys.exit(main(tyro.cli(Command, description=__doc__)))
