"""Speed of the recipe for own images, by image size.

    python -m tests.benchmarks.image_recipe

Prints images/s of `GAN.fit`, per second and per second of processor time, for images of
32, 64, 96 and 128 pixels per side, with and without augmentation and with R1 in every
eighth update, and the number of weights of both networks. Each number is measured in
its own process. The threads are TensorFlow's defaults; for one core set
TF_NUM_INTRAOP_THREADS=1.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import time

import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from experiments.own_images import config as recipe
from experiments.own_images import train
from ganzoo import data
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

# Title of a column -> the fields in which the recipe differs.
VARIANTS = {
    "not augmented": {"augment": "none"},
    "augmented": {},
    "augmented, R1 in every 8th update": {"penalty": "r1(1)", "penalty_interval": 8},
}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    sizes: tuple[int, ...] = (32, 64, 96, 128)
    """Pixels per side."""
    width: int = recipe.Config.width
    """Channels of the networks' finest layers."""
    steps: int = 64
    """Steps to measure, a multiple of 8."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def measure(config: Config, size: int, fields: dict) -> tuple[float, ...]:
    """Returns images per second, per processor second, and both numbers of weights."""
    asked = recipe.Config(size=str(size), width=config.width, **fields)
    pixels = np.random.default_rng(0).integers(0, 256, (128, *asked.shape), np.uint8)
    noise = train.Pictures(asked, data.image_set(pixels, name="noise"))
    gan = train.build(asked, **noise.model_arguments)
    batches = data.training_batches(noise.train, asked.batch_size, seed=0)
    gan.fit(batches, steps_per_epoch=asked.penalty_interval, verbose=0)  # traces
    start, used = time.perf_counter(), time.process_time()
    gan.fit(batches, steps_per_epoch=config.steps, verbose=0)
    spent = time.perf_counter() - start, time.process_time() - used
    images = config.steps * asked.batch_size
    counts = [network.count_params() for network in (gan.generator, gan.discriminator)]
    return (*(images / seconds for seconds in spent), *counts)


def apart(config: Config, size: int, fields: dict) -> tuple[float, ...]:
    """Measures in a new process, where nothing is cached."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(measure, config, size, fields).result()


def rows(config: Config) -> list[dict[str, str]]:
    """Measures the table, with one row per size."""
    found = []
    for size in config.sizes:
        row: dict[str, str] = {"pixels": f"{size}x{size}"}
        for name, fields in VARIANTS.items():
            by_clock, by_processor, *counts = apart(config, size, fields)
            weights = (f"{count / 1e6:.2f}" for count in counts)
            names = ("generator, million weights", "discriminator, million weights")
            row |= dict(zip(names, weights, strict=True))
            row[name] = f"{by_clock:.0f} ({by_processor:.0f})"
        found.append(row)
    return found


def main(config: Config) -> None:
    """Prints the table."""
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS", "all")
    text = "\n\n".join(
        [
            "Images/s of `GAN.fit` (in brackets per second of processor time):",
            table(rows(config)),
            f"Width {config.width}, batches of {recipe.Config.batch_size}, float32, "
            f"threads: {threads}; TensorFlow {tf.__version__}; "
            f"{provenance.processor()}.",
        ]
    )
    if config.readme:
        fill_in("image recipe", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
