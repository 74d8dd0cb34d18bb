"""The benchmark of the command compare."""

from pathlib import Path

import numpy as np

from experiments import harness
from experiments.cifar10_gan.config import COMPARED, Compare
from experiments.cifar10_gan.report import TIME_AXIS
from experiments.cifar10_gan.train import EXPERIMENT
from experiments.harness import compare
from experiments.harness.report.metrics import METRICS
from experiments.harness.report.sections import images_and_hours
from ganzoo import plots
from ganzoo.files import read_json, read_rows
from ganzoo.runs.reports import Report


def images_by_time(report: Report, folders: dict[str, list[Path]]) -> None:
    """Adds the source's figure 19, for the first run of each variant."""
    lines = {}
    for name, (first, *_) in folders.items():
        config = read_json(first / "config.json")
        images = config["batch_size"] * config["discriminator_steps"]
        lines[name] = images_and_hours(read_rows(first / "history.csv"), images)
    longest = max(hours[-1] for _, hours in lines.values())
    times = np.linspace(0.0, longest, 200)
    report.heading("Figure 19: images processed against time")
    plots.curves(
        report.figure("examples_by_time", "Images processed, seed 0"),
        times,
        {
            name: np.interp(times, [0, *hours], [0, *images], right=np.nan)
            for name, (images, hours) in lines.items()
        },
        title="Images processed",
        xlabel=TIME_AXIS,
        ylabel="images",
    )


COLUMNS = ("frechet_distance", "kernel_distance", "classifier_score", "precision")
COLUMNS += ("recall", "density", "coverage")
BENCHMARK = harness.Benchmark(
    "CIFAR-10",
    EXPERIMENT,
    COMPARED,
    {METRICS[key][0]: (key, METRICS[key][1]) for key in COLUMNS},
    sections=(images_by_time,),
)


COMPARE = compare.command(Compare, BENCHMARK)
