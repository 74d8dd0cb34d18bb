"""The report of compare: one table, mean and spread over the seeds."""

from pathlib import Path

import numpy as np
from skimage import color, io

from experiments import digit_measures, sections
from ganzoo import plots
from ganzoo.files import read_json, read_rows
from ganzoo.reports import Report, shown_command


def write(config, bed, folders: dict[str, list[Path]], published_in: str) -> Path:
    """Writes report.md and its figures.

    Args:
        config: The settings of the comparison.
        bed: The bed, with its measures and what was published.
        folders: For each system its run folders, by seed.
        published_in: Where the published figures come from.

    Returns:
        The folder of the report.
    """
    folder = Path(config.output) / config.bed
    report = Report(folder, f"Several systems on one bed: {config.bed}")
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
    start = read_json(folder_of_one / "manifest.json")["starts"][0]
    half_life = read_json(folder_of_one / "config.json")["ema_half_life"]
    weights = sections.weights_drawn(half_life)
    beside = "" if half_life is None else ", with those of the raw weights beside"
    seeds = "One seed"
    if config.seeds > 1:
        seeds = f"Mean and standard deviation over {config.seeds} seeds"
    report.text(
        f"{seeds}; of the generator's {weights} weights{beside}. "
        f"Published: {published_in or 'nothing comparable.'} "
        f"Command: `{shown_command(start['command'])}`."
    )
    _pictures(report, folders)
    _curves(report, bed, histories)
    _each(report, bed, histories)
    print(f"report: {report.write()}")
    return folder


def _row(name: str, last: list[dict], bed) -> dict[str, str]:
    row = {"system": name, "seeds": str(len(last)), "steps": f"{last[0]['step']:,.0f}"}
    for title, (key, form) in bed.measures.items():
        row[title] = _mean_and_spread([rows[key] for rows in last], form)
        if all(f"raw_{key}" in rows for rows in last):
            raw = [rows[f"raw_{key}"] for rows in last]
            row[f"{title}: raw weights"] = _mean_and_spread(raw, form)
        if bed.published:
            row[f"{title}: published"] = bed.published.get(name, {}).get(title, "")
    return row


def _floor(run: Path, bed) -> list[dict[str, str]]:
    """Returns the row of real images, where the run has measured some."""
    if not (run / "floor.json").exists():
        return []
    real = read_json(run / "floor.json")
    row = {"system": digit_measures.FLOOR, "seeds": "", "steps": ""}
    for title, (key, form) in bed.measures.items():
        row[title] = form.format(real[key]) if key in real else ""
    return [row]


def _mean_and_spread(values: list[float], form: str) -> str:
    text = form.format(np.mean(values))
    if len(values) > 1:
        text += f" ± {form.format(np.std(values, ddof=1))}"
    return text


def _curves(report: Report, bed, histories: dict) -> None:
    report.heading("During the training")
    for title, (key, _) in bed.measures.items():
        series, x = {}, None
        for name, runs in histories.items():
            shared = min(len([r for r in rows if key in r]) for rows in runs)
            table = [[r for r in rows if key in r][:shared] for rows in runs]
            x = [row["step"] for row in table[0]] if x is None else x
            series[name] = np.mean([[row[key] for row in rows] for rows in table], 0)
        if len({len(y) for y in series.values()}) > 1:
            continue  # runs of unequal length have no common axis
        path = report.figure(key, f"{title} by step, mean over the seeds")
        plots.curves(path, x, series, title=title, xlabel="step", ylabel=title)


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
                title: form.format(rows[-1][key])
                for title, (key, form) in bed.measures.items()
            }
            for name, runs in histories.items()
            for seed, rows in enumerate(runs)
        ]
    )
