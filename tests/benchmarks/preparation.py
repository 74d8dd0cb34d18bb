"""Speed and memory of preparing pictures: `ganzoo.data.prepare`.

    python -m tests.benchmarks.preparation [--photos 2000] [--pictures 100000]

Photos are random parts of scikit-image's, as JPEG files of 256x256 pixels, and are made
64x64; the speed is that of the first start, without a cache, on all cores, and of the
second one, which reads and verifies the cache. Pictures are random parts of 64x64
pixels, as PNG files. They are prepared and 50 batches of them drawn in a process of its
own, whose peak memory is read: all of it, and the part that is not a file mapped into
memory, which the system takes back when it is short. Then the batches per second of
these images, mapped and in memory. Linux only.
"""

import concurrent.futures
import dataclasses
import itertools
import multiprocessing
import os
import re
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import tyro
from PIL import Image

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from ganzoo import data
from ganzoo.data import mapped
from ganzoo.runs import provenance
from ganzoo.runs.reports import table
from tests.benchmarks.memory import peak

BATCH, BATCHES = 64, 50


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    photos: int = 2000
    """Number of JPEG files of 256x256 pixels."""
    pictures: int = 100_000
    """Number of PNG files of 64x64 pixels."""
    turns: int = 3
    """First starts and second starts with the photos."""
    remark: str = ""
    """What to say of the conditions, such as other work on the machine."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def write(folder: Path, count: int, size: int, suffix: str) -> None:
    """Writes random parts of scikit-image's photos, 1,000 to a folder."""
    from skimage import data as samples

    rng = np.random.default_rng(0)
    photos = [samples.astronaut(), samples.coffee(), samples.chelsea()]
    for number in range(count):
        photo = photos[number % len(photos)]
        top, left = (rng.integers(0, side - size + 1) for side in photo.shape[:2])
        part = Image.fromarray(photo[top : top + size, left : left + size])
        path = folder / f"{number // 1000:03}" / f"{number:06}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        part.save(path, quality=90, compress_level=1)


def started(folder: Path, cache: Path) -> tuple[float, float]:
    """Prepares photos; returns seconds, and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    data.prepare(folder, 64, cache=cache, progress=False)
    return time.perf_counter() - wall, time.process_time() - processor


def speed(config: Config, folder: Path) -> list[dict[str, str]]:
    """Returns the rows of the table of speeds, medians over the turns."""
    write(folder / "photos", config.photos, 256, ".jpg")
    starts: dict[str, list[tuple[float, float]]] = {"first": [], "second": []}
    for turn in range(config.turns):
        for times in starts.values():
            times.append(started(folder / "photos", folder / f"cache{turn}"))
    rows = []
    for name, times in starts.items():
        wall, processor = (statistics.median(part) for part in zip(*times, strict=True))
        rows.append(
            {
                "start": name,
                "s": f"{wall:.2f}",
                "pictures/s": f"{config.photos / wall:,.0f}",
                "pictures per processor second": f"{config.photos / processor:,.0f}",
            }
        )
    return rows


def own_memory(found: list[float], done: threading.Event) -> None:
    """Notes the memory of this process that is not of files, in GiB, until `done`."""
    while not done.wait(0.02):
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        found.append(int(re.search(r"RssAnon:\s*(\d+) kB", status)[1]) / 2**20)


def memory(folder: Path) -> dict[str, str]:
    """Prepares all pictures and draws batches; returns the row of the table."""
    before, own, done = peak(), [0.0], threading.Event()
    watch = threading.Thread(target=own_memory, args=(own, done))
    watch.start()
    start = time.perf_counter()
    images = data.prepare(folder / "pictures", 64, cache=folder / "cache")
    seconds = time.perf_counter() - start
    for _ in data.training_batches(images, BATCH, seed=0).take(BATCHES):
        pass
    done.set()
    watch.join()
    return {
        "pictures": f"{len(images):,}",
        "of them, GiB": f"{images.images.nbytes / 2**30:.2f}",
        "preparing, s": f"{seconds:.0f}",
        "peak, GiB": f"{peak():.2f}",
        "peak without mapped files, GiB": f"{max(own):.2f}",
        "before, GiB": f"{before:.2f}",
    }


def drawing(folder: Path) -> list[dict[str, str]]:
    """Returns the rows of the table of batches per second."""
    images = data.prepare(folder / "pictures", 64, cache=folder / "cache")
    inside = dataclasses.replace(images, images=np.array(images.images))
    held_out, _ = data.hold_out(images, 100)
    sets = {"in memory": inside, "mapped": images, "mapped, 1% held out": held_out}
    speeds: dict[str, list[float]] = {name: [] for name in sets}
    for _ in range(3):
        for name, each in sets.items():
            batches = iter(data.training_batches(each, BATCH, seed=0))
            next(batches)
            start = time.perf_counter()
            for _ in itertools.islice(batches, 500):
                pass
            speeds[name].append(500 * BATCH / (time.perf_counter() - start))
    return [
        {"images": name, "images/s": f"{statistics.median(found):,.0f}"}
        for name, found in speeds.items()
    ]


def main(config: Config) -> None:
    """Prints the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = [table(speed(config, folder))]
        write(folder / "pictures", config.pictures, 64, ".png")
        with concurrent.futures.ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn")
        ) as pool:
            tables.append(table([pool.submit(memory, folder).result()]))
        if config.pictures * 64 * 64 * 3 > mapped.IN_MEMORY:
            tables.append(table(drawing(folder)))
    text = "\n\n".join(tables)
    text += (
        f"\n\n{config.photos:,} JPEG files of 256x256 pixels made 64x64, median of "
        f"{config.turns}; PNG files of 64x64 pixels, {BATCHES} batches of {BATCH}; "
        f"{os.cpu_count()} threads; {provenance.processor()}. {config.remark}"
    ).rstrip()
    if config.readme:
        fill_in("preparation", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
