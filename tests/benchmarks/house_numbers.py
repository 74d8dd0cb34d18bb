"""House numbers drawn per second, by number of threads.

    python -m tests.benchmarks.house_numbers [--images 20000] [--threads 1 2]

Draws sets of both styles with each number of threads, in turns, and reports medians:
images per second of wall time, and per second of CPU time, which does not depend on
other work of the machine. Fonts and pens are created again for each set, as in normal
use. The benchmark also checks that images do not depend on the number of threads. Run
it on an otherwise idle machine.
"""

import dataclasses
import statistics
import time

import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from ganzoo import data
from ganzoo.runs import provenance
from ganzoo.runs.reports import table


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    images: int = 20_000
    """Images per set."""
    threads: tuple[int, ...] = (1, 2)
    """Numbers of threads."""
    turns: int = 3
    """Sets per number of threads."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def drawn(config: Config, style: str, threads: int) -> tuple[float, float, str]:
    """Draws a set; returns images per second of wall and CPU time, and its hash."""
    wall, processor = time.perf_counter(), time.process_time()
    images = data.draw_house_numbers(
        config.images, seed=0, style=style, threads=threads
    )
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return config.images / wall, config.images / processor, images.fingerprint


def measure(config: Config, style: str) -> list[dict[str, object]]:
    """Returns the rows of the table, one per number of threads."""
    found = {threads: [] for threads in config.threads}
    for _ in range(config.turns):
        for threads, measured in found.items():
            measured.append(drawn(config, style, threads))
    hashes = {measured[2] for rows in found.values() for measured in rows}
    if len(hashes) > 1:
        raise RuntimeError("the images depend on the number of threads")
    return [
        {
            "style": style,
            "threads": threads,
            "images/s": f"{statistics.median(row[0] for row in rows):,.0f}",
            "images/s of CPU time": (
                f"{statistics.median(row[1] for row in rows):,.0f}"
            ),
        }
        for threads, rows in found.items()
    ]


def main(config: Config) -> None:
    """Prints the table."""
    rows = [row for style in ("source", "rich") for row in measure(config, style)]
    text = (
        f"{table(rows)}\n\nSets of {config.images:,} images, median of {config.turns}; "
        f"{provenance.processor()}, NumPy {np.__version__}."
    )
    if config.readme:
        fill_in("house numbers", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
