"""What an epoch costs, early and late in a long run, and what memory it leaves behind.

    python -m tests.benchmarks.epochs --readme

Trains the ring of Gaussians for many epochs of few steps, with everything that a run
does at an epoch's end: metrics, pictures, logs, TensorBoard, a checkpoint.
"""

import dataclasses
import os
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import gan_variants, harness
from experiments.harness.pages import fill_in
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

AROUND = 5  # epochs on either side that a row is the median of


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    epochs: int = 2_000
    """Epochs of the run."""
    epoch_steps: int = 5
    """Train steps per epoch."""
    rows: tuple[int, ...] = (10, 100, 500, 1_000, 1_500, 2_000)
    """Epochs that have a row in the table; those after the last one are left out."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


class Costs(keras.callbacks.Callback):
    """Notes each epoch's processor time, and the process's memory after it."""

    def __init__(self):
        super().__init__()
        self.milliseconds: list[float] = []
        self.mebibytes: list[float] = []
        self._before = time.process_time()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Notes what the epoch before cost, with all that its end took."""
        now = time.process_time()
        self.milliseconds.append(1e3 * (now - self._before))
        self.mebibytes.append(resident())
        self._before = now


def resident() -> float:
    """Returns the process's memory in RAM, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measured(config: Config) -> Costs:
    """Trains, and returns each epoch's costs."""
    costs = Costs()
    ring = gan_variants.PAPER.commands["ring"].load()

    def callbacks(*arguments) -> list:
        return [costs, *ring.callbacks(*arguments)]

    with tempfile.TemporaryDirectory() as folder:
        experiment: harness.Experiment = dataclasses.replace(ring, callbacks=callbacks)
        experiment.run(
            ring.config(
                output=folder, epochs=config.epochs + 1, epoch_steps=config.epoch_steps
            )
        )
    return costs


def main(config: Config) -> None:
    """Measures, and prints the table."""
    costs = measured(config)
    rows = []
    for epoch in (row for row in config.rows if row <= config.epochs):
        near = slice(max(1, epoch - AROUND), epoch + AROUND + 1)
        rows.append(
            {
                "epoch": f"{epoch:,}",
                "processor ms": f"{np.median(costs.milliseconds[near]):.0f}",
                "memory, MiB": f"{np.median(costs.mebibytes[near]):.1f}",
            }
        )
    text = (
        f"{table(rows)}\n\nThe ring, epochs of {config.epoch_steps} steps; medians "
        f"over {2 * AROUND + 1} epochs; {provenance.processor()}."
    )
    print(text)
    if config.readme:
        fill_in("epochs", text)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
