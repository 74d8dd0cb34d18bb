"""The results of a finished run as a flat table of numbers, and published results.

The prefix of a name says where the number comes from:

    first/, last/   first and last value of a column of history.csv
    final/          final metrics, averaged over several sets of samples
    VARIANT/        in a benchmark: one of the above, averaged over the seeds

Experiments with other files of results have their own readers and prefixes.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ganzoo.files import kept_json, read_json, read_rows, write_json

RECORD = "numbers.json"
_PLACES = ("output", "data_dir")  # fields that do not affect a result
# Columns about progress and speed. Fractions of single classes are left out, too.
_LEFT_OUT = ("step", "epoch", "seconds", "images_per_second", "data_wait", "count")


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a run, or of one variant of a benchmark.

    Attributes:
        name: Name of the variant, or "" outside a benchmark.
        config: Configuration of the first seed's run.
        seeds: Number of runs that the numbers are averaged over.
        numbers: Name -> number.
    """

    name: str
    config: dict
    seeds: int
    numbers: dict[str, float]


Reader = Callable[[Path], list[Result]]


def results(folder: Path, readers: Iterable[Reader | None] = ()) -> list[Result]:
    """Returns the result of a run, or of each variant of a benchmark.

    Unfinished runs are left out.

    Args:
        folder: A run folder, or the folder of a benchmark.
        readers: Readers of experiments with their own files. The first one that finds
            results is used.
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
    """Returns the result of one run; an empty list if it is not finished."""
    return [_mean("", [folder])] if finished(folder) else []


def finished(run: Path) -> bool:
    """Returns whether a run has reached its last epoch, or its time limit."""
    rows, config = read_rows(run / "history.csv"), read_json(run / "config.json")
    last = bool(rows) and rows[-1]["epoch"] >= config["epochs"]
    return last or time_is_up(run, config.get("hours"))


def time_is_up(run: Path, hours: float | None) -> bool:
    """Returns whether a run has been trained for its hours; None is no limit."""
    if hours is None:
        return False
    rows = read_rows(run / "history.csv")
    return sum(row.get("seconds", 0.0) for row in rows) >= hours * 3600


def cached(path: Path, key: dict, compute: Callable[[], dict]) -> dict:
    """Returns a cached result from a JSON file, or computes and stores it.

    Args:
        path: The file.
        key: Values that the result depends on, such as the step; stored with it.
        compute: Called if the file is missing, damaged, or has other values of the key.
    """
    found = kept_json(path)
    if found and all(found.get(name) == value for name, value in key.items()):
        return found
    write_json(path, key | compute(), sealed=True)
    return read_json(path)


def publish(folder: Path, target: Path, readers: Iterable[Reader | None] = ()) -> None:
    """Writes numbers.json into a published report's folder, if there are results."""
    found = [dataclasses.asdict(one) for one in results(folder, readers)]
    if found:
        write_json(target / RECORD, {"results": found})


def published(reports: Path) -> dict[str, list[Result]]:
    """Returns the results of the published reports: name of the report -> results."""
    return {
        path.parent.name: [Result(**one) for one in read_json(path)["results"]]
        for path in sorted(reports.glob(f"*/{RECORD}"))
    }


def settings(run: Path) -> dict:
    """Returns a run's configuration without the paths of its files and data.

    `epochs` is the number of epochs trained, which may be more than the last command
    asked for.
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
    """Returns the numbers in history.csv and final.json."""
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
