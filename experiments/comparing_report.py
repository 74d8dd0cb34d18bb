"""The report of a comparison: one table, mean and spread over the seeds."""

from pathlib import Path

import numpy as np
from skimage import color, io

from experiments import sample_measures, sections
from ganzoo import environment, plots
from ganzoo.files import read_json, read_rows
from ganzoo.reports import Report, shown_command


def write(
    folder: Path, title: str, seeds: int, bed, folders: dict[str, list[Path]]
) -> Path:
    """Writes report.md and its figures.

    Args:
        folder: Where to.
        title: What the bed is called.
        seeds: Runs of each system.
        bed: The `comparing.Bed`, with its measures and what was published.
        folders: For each system its run folders, by seed.

    Returns:
        The folder of the report.
    """
    report = Report(folder, f"Several systems on one bed: {title}")
    histories = {
        name: [read_rows(path / "history.csv") for path in paths]
        for name, paths in folders.items()
    }
    folder_of_one = next(iter(folders.values()))[0]
    report.heading("After the last epoch")
    report.table(
        [
            _row(name, [rows[-1] for rows in runs], bed)
            for name, runs in histories.items()
        ]
        + _floor(folder_of_one, bed)
    )
    half_life = read_json(folder_of_one / "config.json")["ema_half_life"]
    weights = sections.weights_drawn(half_life)
    beside = "" if half_life is None else ", with those of the raw weights beside"
    over = "One seed"
    if seeds > 1:
        over = f"Mean and standard deviation over {seeds} seeds"
    report.text(
        f"{over}; of the generator's {weights} weights{beside}. "
        f"Published: {bed.published_in or 'nothing comparable.'} "
        f"Command: `{shown_command(environment.command())}`."
    )
    _pictures(report, folders)
    _curves(report, bed, histories)
    if bed.extra is not None:
        bed.extra(report, folders)
    _each(report, bed, histories)
    sections.health(report, *(path for paths in folders.values() for path in paths))
    print(f"report: {report.write()}")
    return folder


def _row(name: str, last: list[dict], bed) -> dict[str, str]:
    row = {"system": name, "seeds": str(len(last))}
    row |= {key: f"{last[0][key[:-1]]:,.0f}" for key in ("epochs", "steps")}
    for title, (key, form) in bed.measures.items():
        values = [rows[key] for rows in last if key in rows]
        row[title] = sections.mean_and_spread(values, form) if values else ""
        if all(f"raw_{key}" in rows for rows in last):
            raw = [rows[f"raw_{key}"] for rows in last]
            row[f"{title}: raw weights"] = sections.mean_and_spread(raw, form)
        if bed.published:
            row[f"{title}: published"] = bed.published.get(name, {}).get(title, "")
    return row


def _floor(run: Path, bed) -> list[dict[str, str]]:
    """Returns the row of real images, where the run has measured some."""
    if not (run / "floor.json").exists():
        return []
    real = read_json(run / "floor.json")
    row = {"system": sample_measures.FLOOR, "seeds": "", "epochs": "", "steps": ""}
    for title, (key, form) in bed.measures.items():
        row[title] = form.format(real[key]) if key in real else ""
    return [row]


def _curves(report: Report, bed, histories: dict) -> None:
    report.heading("During the training")
    # Batches of different sizes make steps that do not compare.
    sizes = {runs[0][0]["step"] for runs in histories.values()}
    axis = "step" if len(sizes) == 1 else "epoch"
    for title, (key, _) in bed.measures.items():
        series, places = {}, []
        for name, runs in histories.items():
            measured = [[row for row in rows if key in row] for rows in runs]
            shared = min(map(len, measured))
            table = [rows[:shared] for rows in measured]
            places.append([row[axis] for row in table[0]])
            series[name] = np.mean([[row[key] for row in rows] for rows in table], 0)
        x = max(places, key=len)
        if not all(own and own == x[: len(own)] for own in places):
            continue  # measured at other times, they have no common axis
        series = {name: _padded(y, len(x)) for name, y in series.items()}
        path = report.figure(key, f"{title} by {axis}, mean over the seeds")
        plots.curves(path, x, series, title=title, xlabel=axis, ylabel=title)


def _padded(y: np.ndarray, length: int) -> np.ndarray:
    """Returns a curve that ends before the others do, with nothing after its end."""
    return np.pad(y, (0, length - len(y)), constant_values=np.nan)


def _pictures(report: Report, folders: dict[str, list[Path]]) -> None:
    grids = {}
    for name, paths in folders.items():
        drawn = sorted((paths[0] / "samples").glob("epoch_*.png"))
        if drawn:
            image = io.imread(drawn[-1])
            grids[name] = color.gray2rgb(image) if image.ndim == 2 else image[..., :3]
    if grids:
        report.heading("Samples, seed 0")
        path = report.figure("samples", "Samples after the last epoch, seed 0")
        plots.panels(path, grids, columns=3)


def _each(report: Report, bed, histories: dict) -> None:
    report.heading("Every run")
    report.table(
        [
            {"system": name, "seed": str(seed)}
            | {
                title: form.format(rows[-1][key]) if key in rows[-1] else ""
                for title, (key, form) in bed.measures.items()
            }
            for name, runs in histories.items()
            for seed, rows in enumerate(runs)
        ]
    )
