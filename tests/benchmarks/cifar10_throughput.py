"""Speed of the CIFAR-10 variants: train steps, metrics and replicas.

    python -m tests.benchmarks.cifar10_throughput

Prints three tables: images/s of `GAN.fit` by architecture, update and number format;
seconds for each part of the metrics; and images/s of the DC-GAN on 1, 2 and 4 logical
CPUs that share a global batch, which shows the overhead of distribution, because the
cores stay the same. Contestants take turns, and each number is the median of several
turns. Run it on an otherwise idle machine.
"""

import concurrent.futures
import dataclasses
import functools
import multiprocessing
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import cifar10_gan
from experiments.cifar10_gan.config import SHAPE, ZERO_LEVEL, variant
from experiments.harness.pages import fill_in
from ganzoo import data, distribute, metrics
from ganzoo.runs import provenance
from ganzoo.runs.reports import table
from tests.benchmarks.train_step import POLICIES, Contestant

UPDATES = ("alternating", "simultaneous")


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    systems: tuple[str, ...] = ("mlp", "dcgan", "sn-dcgan", "wgan-gp", "wgan-gp-resnet")
    """Variants of experiments.cifar10_gan."""
    batch_size: int = 128
    """Images per global batch."""
    replicas: tuple[int, ...] = (1, 2, 4)
    """Logical CPUs that share the batch."""
    samples: int = 10_000
    """Number of samples to measure."""
    seconds: float = 4.0
    """Approximate length of a turn, in seconds."""
    turns: int = 3
    """Turns per contestant."""
    readme: bool = False
    """Also write the tables to RESULTS.md."""


def noise(count: int) -> data.ImageSet:
    """Returns noise images; pixel values do not affect the speed."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, *SHAPE), np.uint8)
    return data.image_set(pixels, np.arange(count) % 10, name="noise")


def settings(config: Config, name: str, **changes) -> cifar10_gan.Config:
    """Returns a variant's settings with the benchmark's batch size."""
    return dataclasses.replace(variant(name), batch_size=config.batch_size, **changes)


def fit_turn(one: cifar10_gan.Config, strategy: tf.distribute.Strategy) -> Callable:
    """Returns a function that runs n steps of `GAN.fit` on the real pipeline."""
    keras.utils.set_random_seed(0)
    gan = cifar10_gan.EXPERIMENT.build_model(one, strategy)
    batches = data.training_batches(
        noise(10_000),
        one.batch_size,
        seed=0,
        discriminator_steps=one.discriminator_steps,
        pixel_offset=ZERO_LEVEL,
    )
    return lambda steps: gan.fit(batches, steps_per_epoch=steps, verbose=0)


def take_turns(field: dict[str, Callable], config: Config) -> dict[str, float]:
    """Times every contestant; returns steps per second by name."""
    contestants = {
        name: Contestant(turn, config.seconds) for name, turn in field.items()
    }
    for _ in range(config.turns):
        for contestant in contestants.values():
            contestant.take_turn()
    return {name: contestant.rate for name, contestant in contestants.items()}


def by_architecture(config: Config) -> list[dict[str, str]]:
    """Measures the first table, with one row per variant."""
    rows = []
    for name in config.systems:
        variants = {
            f"{kind}, {update}": settings(config, name, precision=policy, update=update)
            for kind, policy in POLICIES.items()
            for update in UPDATES
        }
        field = {
            label: fit_turn(one, tf.distribute.get_strategy())
            for label, one in variants.items()
        }
        images = next(iter(variants.values())).images_per_step
        rates = take_turns(field, config)
        rows.append(
            {"variant": name, "real images per step": f"{images:,}"}
            | {label: f"{rate * images:,.0f}" for label, rate in rates.items()}
        )
        keras.backend.clear_session()
    return rows


def of_measuring(config: Config) -> list[dict[str, str]]:
    """Measures the second table: seconds for each part of the metrics."""
    extractor = metrics.load_classifier("cifar10")
    gan = cifar10_gan.EXPERIMENT.build_model(
        settings(config, "dcgan"), tf.distribute.get_strategy()
    )
    reference = metrics.Reference.build(
        extractor, noise(config.samples), features=config.samples
    )
    made = {}

    def generate() -> None:
        made["images"] = data.to_uint8(gan.generate(config.samples), ZERO_LEVEL)

    def extract() -> None:
        made["seen"] = extractor.extract(made["images"])

    def compare(measure: Callable) -> Callable[[], None]:
        return lambda: measure(made["seen"].features, reference.features)

    kernel = functools.partial(
        metrics.kernel_distance, subset_size=min(1000, config.samples // 2)
    )
    parts = {
        "generating samples": generate,
        "features of the classifier": extract,
        "Fréchet distance": lambda: metrics.frechet_distance(
            metrics.statistics(made["seen"].features), reference.gaussian
        ),
        "kernel distance": compare(kernel),
        "precision, recall, density, coverage": compare(metrics.prdc),
    }
    rows = []
    for name, part in parts.items():
        part()  # traces
        seconds = statistics.median(_timed(part) for _ in range(config.turns))
        rows.append({"part": name, "s": f"{seconds:.1f}"})
    return rows


def of_replicas(config: Config) -> list[dict[str, str]]:
    """Measures the third table; needs a new process."""
    distribute.virtual_cpus(max(config.replicas))
    one = settings(config, "dcgan")
    field = {
        f"{count}": fit_turn(
            one,
            distribute.strategy(
                "mirrored", devices=tuple(f"CPU:{n}" for n in range(count))
            ),
        )
        for count in config.replicas
    }
    rates = take_turns(field, config)
    first = next(iter(rates.values()))
    return [
        {
            "replicas": name,
            "images/s": f"{rate * one.batch_size:,.0f}",
            "of one": f"{rate / first:.0%}",
        }
        for name, rate in rates.items()
    ]


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def apart(measure: Callable, config: Config) -> list[dict[str, str]]:
    """Measures a table in its own process."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(measure, config).result()


def main(config: Config) -> None:
    """Prints the tables."""
    text = "\n\n".join(
        [
            f"Images/s by variant, {config.batch_size} images per batch:",
            table(apart(by_architecture, config)),
            f"Seconds for measuring {config.samples:,} samples:",
            table(apart(of_measuring, config)),
            f"The DC-GAN on logical CPUs that share {config.batch_size} images:",
            table(apart(of_replicas, config)),
            f"TensorFlow {tf.__version__}; {provenance.processor()}.",
        ]
    )
    if config.readme:
        fill_in("throughput", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
