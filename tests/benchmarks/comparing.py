"""Speed and memory of comparing images: `ganzoo.evaluate.compare`.

    python -m tests.benchmarks.comparing [--small 10000] [--large 50000]

Images of 32x32 pixels, by the shipped classifier, against as many others: the first
time, and again from the cache. Images of 64x64 pixels, by their pixels: the peak memory
of a process of its own. Linux only.
"""

import dataclasses
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from ganzoo import evaluate
from ganzoo.runs.reports import table
from tests.benchmarks.memory import peak


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    small: int = 10_000
    """Number of images of 32x32 pixels, of each set."""
    large: int = 50_000
    """Number of images of 64x64 pixels, of each set."""


def write(folder: Path, side: int, count: int) -> None:
    """Writes two sets of random parts of scikit-image's photos, uncompressed."""
    from skimage import data as samples

    photos = [samples.astronaut(), samples.coffee(), samples.chelsea()]
    for seed, name in enumerate(("real", "mine")):
        rng = np.random.default_rng(seed)
        images = np.empty((count, side, side, 3), np.uint8)
        for number in range(count):
            photo = photos[number % len(photos)]
            top, left = (rng.integers(0, edge - side + 1) for edge in photo.shape[:2])
            images[number] = photo[top : top + side, left : left + side]
        np.savez(folder / f"{name}.npz", images=images)


def compared(folder: Path, extractor: str, count: int) -> dict[str, str]:
    """Compares the two sets; returns the row of the table."""
    before, start = peak(), time.perf_counter()
    evaluate.compare(
        [str(folder / "mine.npz")],
        str(folder / "real.npz"),
        count=count,
        names=[extractor],
        progress=False,
        cache=folder / "cache",
    )
    return {
        "images": f"{count:,}",
        "extractor": extractor,
        "s": f"{time.perf_counter() - start:.1f}",
        "peak, GiB": f"{peak():.2f}",
        "before, GiB": f"{before:.2f}",
    }


def rows(config: Config) -> list[dict[str, str]]:
    """Measures, each time in a process of its own."""
    found = []
    context = multiprocessing.get_context("spawn")
    for side, count, extractor in (
        (32, config.small, "cifar10"),
        (64, config.large, "pixels"),
    ):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, side, count)
            for turn in ("first", "again"):
                with context.Pool(1) as pool:
                    row = pool.apply(compared, (folder, extractor, count))
                found.append({"size": f"{side}x{side}", "turn": turn} | row)
    return found


if __name__ == "__main__":
    print(table(rows(tyro.cli(Config))))
