"""Where the seconds of a run go, from its start to its report.

    python -m tests.benchmarks.run_time --data-dir tfds --readme

Runs commands of the experiments in processes of their own, and reads the times off
their run folders. `start` ends with the picture of real images; `training` is the sum
of history.csv's seconds; `rest` is metrics, pictures, logs, checkpoints and the
report. `each epoch` is the rest between two pictures as a fraction of that time:
that of a long run. Run it on an otherwise idle machine.
"""

import csv
import dataclasses
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tyro

from experiments.harness.pages import fill_in
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

DIGITS = "mnist_gan quick"
LONG = (
    "mnist_gan --dataset mnist --epochs 4 --precision auto",
    "gan_variants infogan --dataset mnist --epochs 3 --precision auto",
    "cifar10_gan --dataset cifar10_jpeg --epochs 6 --precision auto",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    commands: tuple[str, ...] = (DIGITS, *LONG)
    """Experiments with their arguments, without --output and --data-dir."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def run(command: str, data_dir: str | None) -> dict[str, str]:
    """Runs an experiment; returns its row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", *shlex.split(f"experiments.{command}")]
        words += ["--output", folder]
        if data_dir and "--dataset" in command:
            words += ["--data-dir", data_dir]
        began = time.time()
        subprocess.run(words, check=True)
        ended = time.time()
        return row(command, Path(folder), began, ended)


def row(command: str, folder: Path, began: float, ended: float) -> dict[str, str]:
    """Returns the row of a finished run that began and ended at these times."""
    with (folder / "history.csv").open(newline="") as file:
        seconds = [float(epoch["seconds"]) for epoch in csv.DictReader(file)]
    drawn = [p.stat().st_mtime for p in sorted(folder.glob("samples/epoch_*.png"))]
    whole = ended - began
    start = (folder / "samples" / "reals.png").stat().st_mtime - began
    rest = whole - start - sum(seconds)
    gaps = np.diff(drawn)
    each = (gaps - seconds[1:]).sum() / gaps.sum()
    return {
        "command": f"`{command}`",
        "seconds": f"{whole:.0f}",
        "start": f"{start:.0f}",
        "first picture": f"{drawn[0] - began:.0f}",
        "training": f"{sum(seconds):.0f}",
        "rest": f"{rest:.0f}",
        "rest / all": f"{rest / whole:.1%}",
        "each epoch": f"{each:.1%}",
    }


def main(config: Config) -> None:
    """Runs the commands, and prints the table."""
    rows = [run(command, config.data_dir) for command in config.commands]
    text = f"{table(rows)}\n\n{provenance.processor()}."
    print(text)
    if config.readme:
        fill_in("run time", text)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
