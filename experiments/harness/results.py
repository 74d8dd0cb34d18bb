"""What a finished run found, as one flat table of numbers, and what was published.

The names have a prefix that says where a number is from:

    first/, last/   the first and the last value of a column of history.csv
    final/          final metrics, the mean over their draws
    VARIANT/        of a benchmark: one of these, the mean over the variant's seeds

Experiments whose numbers are elsewhere have their own reader, with its own prefixes.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ganzoo.files import kept_json, read_json, read_rows, write_json

RECORD = "numbers.json"
_PLACES = ("output", "data_dir")  # fields that decide nothing about a result
# What a number says of the machine, and the fractions of single classes.
_LEFT_OUT = ("step", "epoch", "seconds", "images_per_second", "data_wait", "count")


@dataclasses.dataclass(frozen=True)
class Result:
    """What one variant found.

    Attributes:
        name: Of the variant, in a benchmark; else empty.
        config: Its configuration, that of the first seed.
        seeds: Number of runs that the numbers are means over.
        numbers: By name.
    """

    name: str
    config: dict
    seeds: int
    numbers: dict[str, float]


Reader = Callable[[Path], list[Result]]


def results(folder: Path, readers: Iterable[Reader | None] = ()) -> list[Result]:
    """Returns what a folder holds: of one run, or of each variant of a benchmark.

    Runs that are not finished are left out.

    Args:
        folder: A run folder, or that of a benchmark.
        readers: Those of experiments with their own; the first that finds something
            is right.
    """
    for reader in filter(None, readers):
        if found := reader(folder):
            return found
    if (folder / "config.json").exists():
        return of_run(folder)
    variants = {}
    for path in sorted(folder.glob("*/config.json")):
        match = re.fullmatch(r"(.+)_seed\d+", path.parent.name)
        if match and finished(path.parent):
            variants.setdefault(match[1], []).append(path.parent)
    return [_mean(name, paths) for name, paths in variants.items()]


def of_run(folder: Path) -> list[Result]:
    """Returns the result of one run, if it is finished."""
    return [_mean("", [folder])] if finished(folder) else []


def finished(run: Path) -> bool:
    """Whether a run went on to its last epoch."""
    rows = read_rows(run / "history.csv")
    return bool(rows) and rows[-1]["epoch"] >= read_json(run / "config.json")["epochs"]


def once(path: Path, asked: dict, find: Callable[[], dict]) -> dict:
    """Returns what a JSON file holds, if it is the answer to this; else finds it anew.

    Args:
        path: The file.
        asked: What the answer depends on, such as the step; kept in the file.
        find: Called if the file is absent, damaged, or of something else.
    """
    found = kept_json(path)
    if found and all(found.get(key) == value for key, value in asked.items()):
        return found
    write_json(path, asked | find(), sealed=True)
    return read_json(path)


def publish(folder: Path, target: Path, readers: Iterable[Reader | None] = ()) -> None:
    """Writes numbers.json into a published report's folder, if there are numbers."""
    found = [dataclasses.asdict(one) for one in results(folder, readers)]
    if found:
        write_json(target / RECORD, {"results": found})


def published(reports: Path) -> dict[str, list[Result]]:
    """Returns, for each published report's name, what it recorded."""
    return {
        path.parent.name: [Result(**one) for one in read_json(path)["results"]]
        for path in sorted(reports.glob(f"*/{RECORD}"))
    }


def settings(run: Path) -> dict:
    """Returns a run's configuration, but for where its files and its data lie.

    A run may have gone on for longer than it was asked for last: its epochs are those
    that it was trained for.
    """
    config = read_json(run / "config.json")
    rows = read_rows(run / "history.csv")
    trained = {"epochs": int(rows[-1]["epoch"])} if rows else {}
    return {k: v for k, v in (config | trained).items() if k not in _PLACES}


def _mean(name: str, runs: list[Path]) -> Result:
    tables = [_numbers(run) for run in runs]
    shared = [key for key in tables[0] if all(key in table for table in tables)]
    means = {key: float(np.mean([table[key] for table in tables])) for key in shared}
    return Result(name, settings(runs[0]), len(runs), means)


def _numbers(run: Path) -> dict[str, float]:
    """Returns the numbers of history.csv and of final.json."""
    first, last = {}, {}
    for row in read_rows(run / "history.csv"):
        last |= row
        first = row | first
    found = {
        f"{when}/{key}": float(value)
        for when, row in (("first", first), ("last", last))
        for key, value in row.items()
        if _kept(key)
    }
    if (run / "final.json").exists():
        final = read_json(run / "final.json")
        rows = final.get("rows") or [final["generated"]]
        keys = filter(_kept, rows[0])
        found |= {f"final/{k}": float(np.mean([r[k] for r in rows])) for k in keys}
    return found


def _kept(key: str) -> bool:
    return key not in _LEFT_OUT and not re.fullmatch(r"(raw_)?class_\d+", key)
