"""Writes the report of a benchmark: a table with mean and spread over the seeds."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.harness.report.metrics import FLOOR
from experiments.harness.report.run_report import health, read_image
from experiments.harness.report.sections import mean_and_spread
from ganzoo import plots
from ganzoo.files import read_json, read_rows
from ganzoo.runs import provenance
from ganzoo.runs.reports import Report, shown_command

if TYPE_CHECKING:
    from experiments.harness.compare import Benchmark


def write(
    folder: Path, seeds: int, benchmark: "Benchmark", folders: dict[str, list[Path]]
) -> Path:
    """Writes report.md and its figures; returns the folder."""
    report = Report(folder, f"Variants compared: {benchmark.title}")
    histories = {
        name: [read_rows(path / "history.csv") for path in paths]
        for name, paths in folders.items()
    }
    first_run = next(iter(folders.values()))[0]
    report.heading("After the last epoch")
    report.table(
        [
            table_row(name, [rows[-1] for rows in runs], benchmark)
            for name, runs in histories.items()
        ]
        + _floor(first_run, benchmark)
    )
    averaged = read_json(first_run / "config.json")["ema_half_life"] is not None
    weights = "averaged" if averaged else "raw"
    also = ", followed by those of the raw weights" if averaged else ""
    over = "One seed"
    if seeds > 1:
        over = f"Mean and standard deviation over {seeds} seeds"
    report.text(
        f"{over}, of samples by the generator's {weights} weights{also}. "
        f"Published: {benchmark.published_in or 'nothing comparable.'} "
        f"Trained on {_machines(folders)}. "
        f"Command: `{shown_command(provenance.command())}`."
    )
    _samples(report, folders)
    training_curves(report, benchmark, histories)
    for section in benchmark.sections:
        section(report, folders)
    _every_run(report, benchmark, histories)
    health(report, *(path for paths in folders.values() for path in paths))
    print(f"report: {report.write()}")
    return folder


def _machines(folders: dict[str, list[Path]]) -> str:
    """Returns the processors on which the runs began."""
    manifests = [
        read_json(run / "manifest.json") for runs in folders.values() for run in runs
    ]
    return " and ".join(dict.fromkeys(m["starts"][0]["processor"] for m in manifests))


def table_row(name: str, last: list[dict], benchmark: "Benchmark") -> dict[str, str]:
    """Returns the row of a variant: results after the last epoch, published values."""
    row = {"variant": name, "seeds": str(len(last))}
    row |= {key: f"{last[0][key[:-1]]:,.0f}" for key in ("epochs", "steps")}
    for title, (key, form) in benchmark.columns.items():
        values = [rows[key] for rows in last if key in rows]
        row[title] = mean_and_spread(values, form) if values else ""
        if all(f"raw_{key}" in rows for rows in last):
            raw = [rows[f"raw_{key}"] for rows in last]
            row[f"{title}: raw weights"] = mean_and_spread(raw, form)
        if benchmark.published:
            published = benchmark.published.get(name, {})
            row[f"{title}: published"] = published.get(title, "")
    return row


def _floor(run: Path, benchmark: "Benchmark") -> list[dict[str, str]]:
    """Returns the row of real images, if the run measured them."""
    if not (run / "floor.json").exists():
        return []
    real = read_json(run / "floor.json")
    row = {"variant": FLOOR, "seeds": "", "epochs": "", "steps": ""}
    return [row | _filled(real, benchmark)]


def _filled(row: dict, benchmark: "Benchmark") -> dict[str, str]:
    """Returns the benchmark's columns as text, blank where the row has no number."""
    columns = benchmark.columns.items()
    return {t: form.format(row[k]) if k in row else "" for t, (k, form) in columns}


def training_curves(
    report: Report, benchmark: "Benchmark", histories: dict[str, list[list[dict]]]
) -> None:
    """Adds a figure per column: its course during training, by variant."""
    report.heading("During the training")
    # With different batch sizes, steps do not compare; epochs do.
    sizes = {runs[0][0]["step"] for runs in histories.values()}
    axis = "step" if len(sizes) == 1 else "epoch"
    for title, (key, _) in benchmark.columns.items():
        series, places = {}, []
        for name, runs in histories.items():
            measured = [[row for row in rows if key in row] for rows in runs]
            shared = min(map(len, measured))
            table = [rows[:shared] for rows in measured]
            places.append([row[axis] for row in table[0]])
            series[name] = np.mean([[row[key] for row in rows] for rows in table], 0)
        x = max(places, key=len)
        if not all(own and own == x[: len(own)] for own in places):
            continue  # measured at different times, so there is no common axis
        series = {  # NaN, which is not drawn, after the last measurement
            name: np.pad(y, (0, len(x) - len(y)), constant_values=np.nan)
            for name, y in series.items()
        }
        path = report.figure(key, f"{title} by {axis}, mean over the seeds")
        plots.curves(path, x, series, title=title, xlabel=axis, ylabel=title)


def _samples(report: Report, folders: dict[str, list[Path]]) -> None:
    grids = {}
    for name, paths in folders.items():
        drawn = sorted((paths[0] / "samples").glob("epoch_*.png"))
        if drawn:
            image = read_image(drawn[-1])
            grids[name] = np.dstack([image] * 3) if image.ndim == 2 else image[..., :3]
    if grids:
        report.heading("Samples, seed 0")
        path = report.figure("samples", "Samples after the last epoch, seed 0")
        plots.panels(path, grids, columns=3)


def _every_run(report: Report, benchmark: "Benchmark", histories: dict) -> None:
    report.heading("Every run")
    report.table(
        [
            {"variant": name, "seed": str(seed)} | _filled(rows[-1], benchmark)
            for name, runs in histories.items()
            for seed, rows in enumerate(runs)
        ]
    )
