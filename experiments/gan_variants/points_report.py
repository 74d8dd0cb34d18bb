"""The report of ring: the cloud and its modes, by step."""

import numpy as np

from experiments import sections
from ganzoo import data, metrics, plots
from ganzoo.files import read_json
from ganzoo.reports import Report
from ganzoo.runs import Run

CLOUDS = 6  # in the figure, as in Metz et al. 2017, figure 2


def write(folder: Run, config, bed: data.GaussianMixture) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        bed: The mixture.
    """
    report = Report(folder.path, f"Modes of a {bed.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    _clouds(report, folder, epochs, bed, config.measure_samples)
    _modes(report, folder, epochs, bed, weights)
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _clouds(report: Report, folder: Run, epochs: list[dict], bed, count: int) -> None:
    drawn = folder.path / "samples"
    steps = {int(row["epoch"]): f"step {row['step']:,.0f}" for row in epochs}
    clouds = {
        steps[epoch]: np.load(drawn / f"epoch_{epoch:04d}.npy")
        for epoch in sections.spread(max(steps), CLOUDS - 1)
        if (drawn / f"epoch_{epoch:04d}.npy").exists()
    }
    clouds["data"], _ = bed.sample(max([1000, *map(len, clouds.values())]))
    report.heading("Points from noise that stays the same")
    path = report.figure("clouds", "Generated points by step; last: the data")
    plots.clouds(path, clouds, centres=bed.centres, columns=CLOUDS)


def _modes(report: Report, folder: Run, epochs: list[dict], bed, weights: str) -> None:
    card = read_json(folder.path / "modes.json")[weights][0]["card"]
    real, _ = bed.sample(card["count"])
    floor = metrics.point_modes(real, bed)
    report.heading("Modes covered")
    last = epochs[-1]
    report.table(
        [
            {
                "": f"generated, step {last['step']:,.0f}",
                f"modes, of {len(bed)}": f"{last['modes']:.0f}",
                "high quality": f"{last['high_quality']:.1%}",
            },
            {
                "": "the data",
                f"modes, of {len(bed)}": f"{floor.modes}",
                "high quality": f"{floor.high_quality:.1%}",
            },
        ]
    )
    report.text(
        f"{card['count']:,} points by the generator's {weights} weights. High quality: "
        f"within {card['standard_deviations']:g} standard deviations of a mode; a mode "
        "is covered where at least one such point is nearest to it (Srivastava et al. "
        "2017)."
    )
    for key, title, ylabel, real_value in (
        ("modes", "Modes covered", f"modes, of {len(bed)}", floor.modes),
        ("high_quality", "High quality", "share of the points", floor.high_quality),
    ):
        path = report.figure(key, f"{title} by step")
        names = {key: f"{weights} weights"} | (
            {f"raw_{key}": "raw weights"} if f"raw_{key}" in last else {}
        )
        measured = [row for row in epochs if key in row]
        plots.curves(
            path,
            [row["step"] for row in measured],
            {label: [row[name] for row in measured] for name, label in names.items()},
            title=title,
            xlabel="step",
            ylabel=ylabel,
            lines={"data": real_value},
        )
