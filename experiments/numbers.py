"""What a finished run found, as one flat table of numbers, and what was published.

The names have a prefix that says where a number is from:

    first/, last/   the first and the last value of a column of history.csv
    final/          what was measured at the end, a mean over the draws
    error/          test errors of linear classifiers: representation, labels
    accuracy/       of judges, by the training set; of judges alone just `accuracy`
    SYSTEM/         of a comparison: one of these, a mean over the system's seeds
"""

import dataclasses
import re
from pathlib import Path

import numpy as np

from ganzoo.files import read_json, read_rows, write_json

RECORD = "numbers.json"
_PLACES = ("output", "data_dir")  # settings that decide nothing about a result
# What a number says of the machine, and the shares of single classes.
_LEFT_OUT = ("step", "epoch", "seconds", "images_per_second", "data_wait", "count")


@dataclasses.dataclass(frozen=True)
class Result:
    """What one system found.

    Attributes:
        name: Of the system, in a comparison; else empty.
        config: Its settings, those of the first seed.
        seeds: How many runs the numbers are means over.
        numbers: By name.
    """

    name: str
    config: dict
    seeds: int
    numbers: dict[str, float]


def results(folder: Path) -> list[Result]:
    """Returns what a folder holds: of one run, or of each system of a comparison.

    Runs that are not finished are left out.
    """
    if (folder / "results.json").exists():
        config = _settings(folder / "judges")
        return [Result("", config, 1, _accuracies(folder))]
    if (folder / "config.json").exists():
        found = [("", folder)]
    else:
        found = [
            (match[1], path.parent)
            for path in sorted(folder.glob("*/config.json"))
            if (match := re.fullmatch(r"(.+)_seed\d+", path.parent.name))
        ]
    systems = {}
    for name, run in found:
        if finished(run):
            systems.setdefault(name, []).append(run)
    return [_result(name, paths) for name, paths in systems.items()]


def finished(run: Path) -> bool:
    """Whether a run went on to its last epoch, or has no epochs."""
    rows = read_rows(run / "history.csv")
    if not rows:
        return any(run.glob("train/seed_*.json"))
    return rows[-1]["epoch"] >= read_json(run / "config.json")["epochs"]


def publish(folder: Path, target: Path) -> None:
    """Writes numbers.json into a published report's folder, if there are numbers."""
    found = [dataclasses.asdict(one) for one in results(folder)]
    if found:
        write_json(target / RECORD, {"results": found})


def published(reports: Path) -> dict[str, list[Result]]:
    """Returns, for each published report's name, what it recorded."""
    return {
        path.parent.name: [Result(**one) for one in read_json(path)["results"]]
        for path in sorted(reports.glob(f"*/{RECORD}"))
    }


def _result(name: str, runs: list[Path]) -> Result:
    tables = [_numbers(run) for run in runs]
    shared = [key for key in tables[0] if all(key in table for table in tables)]
    means = {key: float(np.mean([table[key] for table in tables])) for key in shared}
    return Result(name, _settings(runs[0]), len(runs), means)


def _settings(run: Path) -> dict:
    """Returns a run's settings, but for where its files and its data lie.

    A run may have gone on for longer than it was asked for last: its epochs are those
    that it was trained for.
    """
    config = read_json(run / "config.json")
    rows = read_rows(run / "history.csv")
    trained = {"epochs": int(rows[-1]["epoch"])} if rows else {}
    return {k: v for k, v in (config | trained).items() if k not in _PLACES}


def _numbers(run: Path) -> dict[str, float]:
    found = _history(run)
    if (run / "final.json").exists():
        found |= _final(read_json(run / "final.json"))
    if (run / "features.json").exists():
        for representation, errors in read_json(run / "features.json").items():
            for labels, values in errors.items():
                found[f"error/{representation}/{labels}"] = float(np.mean(values))
    judges = [read_json(path) for path in sorted(run.glob("train/seed_*.json"))]
    if judges:
        first = [next(iter(one["tests"].values()))["confusion"] for one in judges]
        found["accuracy"] = float(np.mean([np.trace(c) / np.sum(c) for c in first]))
    return found


def _history(run: Path) -> dict[str, float]:
    rows = read_rows(run / "history.csv")
    first, last = {}, {}
    for row in rows:
        last |= row
        first = row | first
    return {
        f"{when}/{key}": float(value)
        for when, row in (("first", first), ("last", last))
        for key, value in row.items()
        if _kept(key)
    }


def _final(found: dict) -> dict[str, float]:
    rows = found.get("rows") or [found["generated"]]
    return {
        f"final/{key}": float(np.mean([row[key] for row in rows]))
        for key in rows[0]
        if _kept(key)
    }


def _kept(key: str) -> bool:
    return key not in _LEFT_OUT and not re.fullmatch(r"(raw_)?class_\d+", key)


def _accuracies(folder: Path) -> dict[str, float]:
    """Returns what the judges of a comparison of training images found."""
    found = {}
    for name, row in read_json(folder / "results.json").items():
        found[f"accuracy/{name}"] = row["tested"][0]["accuracy"]
        for one in row["tested"][1:]:
            test = one["card"]["test"]["name"]
            found[f"accuracy/{name}/{test}"] = one["accuracy"]
    return found
