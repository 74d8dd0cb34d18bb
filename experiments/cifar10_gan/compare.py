"""compare: several systems with several seeds, in one table.

    python -m experiments.cifar10_gan compare --systems mlp dcgan wgan wgan-gp

The systems are mlp, dcgan, wgan, wgan-gp, wgan-gp-resnet and sn-dcgan.
"""

import dataclasses
from pathlib import Path

import numpy as np

from experiments import cifar10_gan, comparing, sections
from experiments.cifar10_gan.settings import FOLDER, SYSTEMS, Config
from ganzoo import plots
from ganzoo.files import read_json, read_rows
from ganzoo.reports import Report

BED = comparing.Bed(
    Config,
    cifar10_gan.run,
    SYSTEMS,
    {
        "Fréchet distance": ("frechet_distance", "{:.2f}"),
        "kernel distance": ("kernel_distance", "{:.4f}"),
        "classifier score": ("classifier_score", "{:.2f}"),
        "precision": ("precision", "{:.3f}"),
        "recall": ("recall", "{:.3f}"),
        "density": ("density", "{:.3f}"),
        "coverage": ("coverage", "{:.3f}"),
    },
    extra=lambda report, folders: examples_by_time(report, folders),
)


@dataclasses.dataclass(frozen=True)
class Compare(comparing.Comparison):
    """Runs every system with every seed, each in a folder of its own."""

    seeds: int = 1
    """Runs of each system, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    dataset: str = "cifar10"
    """As in the experiment."""


def run(config: Compare) -> Path:
    """Carries out all runs and writes one report; see `comparing.carry_out`."""
    config.check(SYSTEMS)
    return comparing.carry_out(config, BED, "CIFAR-10", Path(config.output))


def examples_by_time(report: Report, folders: dict[str, list[Path]]) -> None:
    """Adds the source's figure 19, of the first run of each system.

    Args:
        report: The report.
        folders: For each system its run folders, by seed.
    """
    lines = {}
    for name, (first, *_) in folders.items():
        settings = read_json(first / "config.json")
        images = settings["batch_size"] * settings["discriminator_steps"]
        rows = read_rows(first / "history.csv")
        lines[name] = sections.examples_and_hours(rows, images)
    longest = max(hours[-1] for _, hours in lines.values())
    times = np.linspace(0.0, longest, 200)
    report.heading("Figure 19: examples processed against time")
    path = report.figure("examples_by_time", "Examples processed, seed 0")
    plots.curves(
        path,
        times,
        {
            name: np.interp(times, [0, *hours], [0, *examples], right=np.nan)
            for name, (examples, hours) in lines.items()
        },
        title="Examples processed",
        xlabel="hours of training, samples and measures not counted",
        ylabel="examples",
    )
