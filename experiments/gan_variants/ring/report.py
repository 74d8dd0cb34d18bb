"""The report of ring: generated points and modes by step."""

import numpy as np

from experiments.harness.report import RunReport, Sections, sections
from ganzoo import metrics, plots
from ganzoo.files import read_json

CLOUDS = 6  # in the figure, as in Metz et al. 2017, figure 2


def points(report: RunReport) -> None:
    """Adds generated points by step."""
    mixture = report.data.train
    steps = {int(row["epoch"]): f"step {row['step']:,.0f}" for row in report.epochs}
    samples = report.folder / "samples"
    clouds = {
        steps[epoch]: np.load(samples / f"epoch_{epoch:04d}.npy")
        for epoch in report.epochs_spread(CLOUDS - 1)
        if (samples / f"epoch_{epoch:04d}.npy").exists()
    }
    clouds["data"], _ = mixture.sample(max([1000, *map(len, clouds.values())]))
    report.heading("Points from fixed noise")
    path = report.figure("clouds", "Generated points by step; last: the data")
    plots.clouds(path, clouds, centers=mixture.centers, columns=CLOUDS)


def modes(report: RunReport) -> None:
    """Adds the number of modes covered, at the end and by step."""
    mixture, weights = report.data.train, report.config.weights
    card = read_json(report.folder / "modes.json")[weights][0]["card"]
    floor = metrics.point_modes(mixture.sample(card["count"])[0], mixture)
    last = report.epochs[-1]
    columns = {
        "modes": (f"modes, of {len(mixture)}", "{:.0f}"),
        "high_quality": ("high quality", "{:.1%}"),
    }
    report.heading("Modes covered")
    report.table(
        [
            {"": f"generated, step {last['step']:,.0f}"}
            | sections.formatted(last, columns),
            {"": "the data"} | sections.formatted(floor.scalars(), columns),
        ]
    )
    report.text(
        f"{card['count']:,} points by the generator's {weights} weights. A point is of "
        f"high quality within {card['standard_deviations']:g} standard deviations of a "
        "mode. A mode is covered if it is the nearest mode of at least one such point "
        "(Srivastava et al. 2017)."
    )
    for key, title, ylabel in (
        ("modes", "Modes covered", f"modes, of {len(mixture)}"),
        ("high_quality", "High quality", "fraction of the points"),
    ):
        raw = {"raw weights": f"raw_{key}"} if f"raw_{key}" in last else {}
        report.curves(
            key,
            f"{title} by step",
            {f"{weights} weights": key} | raw,
            rows=report.epochs,
            x="step",
            title=title,
            ylabel=ylabel,
            lines={"data": getattr(floor, key)},
        )


REPORT = Sections(
    lambda config, data: f"Modes of a {data.train.name}",
    (points, modes, sections.losses()),
)
