"""draw: draws house numbers with a procedure, and writes them as a data set."""

import time
from pathlib import Path

import numpy as np

from experiments import harness
from experiments.harness import run as running
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.config import Draw
from ganzoo import data, plots, runs
from ganzoo.files import atomic
from ganzoo.runs.reports import Report

SMOKE = {"count": 200}


def run(config: Draw) -> runs.Run:
    """Draws the images, and writes them with a report.

    Raises:
        ValueError: The configuration, the fonts or the folder cannot be used.
    """
    config = running.shrink(config, SMOKE)
    config.check_values()
    started = time.perf_counter()
    images = data.draw_house_numbers(
        config.count, seed=config.seed, style=config.style, fonts=config.fonts
    )
    rate = len(images) / (time.perf_counter() - started)
    folder = running.open_folder(config, images.fingerprint, ("output", "data_dir"))
    with folder.lock():
        folder.record_start(0)
        file = f"house_numbers_{config.style}.npz"
        write(folder.path / file, images)
        _report(folder, images, file, rate)
    return folder


def write(path: Path, images: data.ImageSet) -> None:
    """Writes a set as an .npz file that `--dataset` accepts."""
    with atomic(path) as temporary:
        np.savez(
            temporary,
            images=images.images,
            labels=images.labels,
            class_names=np.array(images.class_names),
        )


def _report(folder: runs.Run, images: data.ImageSet, file: str, rate: float) -> None:
    report = Report(folder.path, f"Drawn digits: {images.name}")
    path = report.figure("images", "The first images of each digit")
    plots.save_image(path, pictures.by_class(images), scale=2)
    counts = np.bincount(images.labels, minlength=len(images.class_names))
    report.table(
        [
            {
                "images": f"{len(images):,}",
                "of each digit": f"{counts.min():,} to {counts.max():,}",
                "file": file,
                "images/s": f"{rate:,.0f}",
            }
        ]
    )
    report.provenance(folder)
    print(f"report: {report.write()}")


DRAW = harness.Command(config=Draw, function=run, smoke=SMOKE)
