"""draw: house numbers drawn by a procedure, as a file that can be trained on."""

import dataclasses
import time
from pathlib import Path
from typing import Annotated

import numpy as np

from experiments import harness
from experiments.harness import run as running
from experiments.harness import validation
from experiments.harness.validation import Count, Number, OneOf
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.config import FOLDER, PER_CLASS
from ganzoo import data, plots, runs
from ganzoo.data.house_numbers import STYLES
from ganzoo.files import atomic
from ganzoo.reports import Report

SMOKE = {"count": 200}


@dataclasses.dataclass(frozen=True)
class Draw:
    """A labeled set of drawn house numbers, as an .npz file."""

    output: str = f"{FOLDER}/draw"
    """Folder of the file and its report."""
    style: Annotated[str, OneOf(STYLES)] = "rich"
    """What varies: source, as in the source, or rich, as in Syn Numbers, too."""
    count: Count = 10 * PER_CLASS
    """Number of images; image i shows the digit i % 10."""
    seed: Number = 0
    """Seed of the images."""
    fonts: str = "matplotlib"
    """matplotlib, for its own; system, for all installed; or a folder of fonts."""
    smoke: bool = False
    """Draw few images, to see that it works."""

    def check(self) -> None:
        """Validates the configuration; see `Config.check`."""
        runs.local(self.output)
        validation.check_fields(self)


def run(config: Draw) -> runs.Run:
    """Draws the images, writes them and a grid of them.

    Returns:
        The folder.

    Raises:
        ValueError: A configuration, fonts or a folder that cannot be used.
    """
    config = running.shrink(config, SMOKE)
    config.check()
    started = time.perf_counter()
    images = data.draw_house_numbers(
        config.count, seed=config.seed, style=config.style, fonts=config.fonts
    )
    rate = len(images) / (time.perf_counter() - started)
    folder = running.open_folder(config, images.fingerprint, ("output", "data_dir"))
    with folder.alone():
        folder.started(0)
        file = f"house_numbers_{config.style}.npz"
        write(folder.path / file, images)
        _report(folder, images, file, rate)
    return folder


def write(path: Path, images: data.ImageSet) -> None:
    """Writes a set as an .npz that `--dataset` takes."""
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


DRAW = harness.Command(config=Draw, carry_out=run, smoke=SMOKE)
