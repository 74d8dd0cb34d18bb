"""Memory of the unrolled GAN's train step, by number of unrolled steps.

    python -m tests.benchmarks.unrolled_memory

Measures the peak memory of a few steps of `GAN.fit`, with `ganzoo.UnrolledGAN` and with
nested tapes that keep all activations (tests/benchmarks/naive_unrolling.py), and writes
a table and a plot. Each number is measured in its own process, because a peak never
decreases. Linux only.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import re
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
import ganzoo
from ganzoo import plots
from ganzoo.runs import provenance
from ganzoo.runs.reports import Report, shown_command, table
from tests.benchmarks.naive_unrolling import NaiveUnrolledGAN

KINDS = {"ours": ganzoo.UnrolledGAN, "naive": NaiveUnrolledGAN}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    unrolled_steps: tuple[int, ...] = (0, 1, 2, 5, 10, 20)
    """K, the number of unrolled discriminator steps."""
    kinds: tuple[Literal["ours", "naive"], ...] = ("ours", "naive")
    """ganzoo.UnrolledGAN, and nested tapes."""
    batch_size: int = 2048
    """Images per step."""
    width: int = 1024
    """Units of a hidden layer; both networks have two."""
    jit_compile: bool = False
    """Compile the step with XLA."""
    train_steps: int = 2
    """Train steps before the peak is read."""
    output: str = "runs/unrolled_memory"
    """Folder of the report."""


def network(inputs: int, outputs: int, width: int, activation=None) -> keras.Model:
    """Builds a perceptron with two hidden layers."""
    layers = keras.layers
    hidden = [layer for _ in range(2) for layer in (layers.Dense(width), leaky())]
    output = layers.Dense(outputs, activation=activation)
    return keras.Sequential([keras.Input((inputs,)), *hidden, output])


def leaky() -> keras.Layer:
    """Returns the hidden layers' activation."""
    return keras.layers.LeakyReLU(negative_slope=0.2)


def peak() -> float:
    """Returns the peak memory of this process so far, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024


def measure(config: Config, kind: str, steps: int) -> dict[str, float]:
    """Returns the peak of this process before the first and after the last step."""
    keras.utils.set_random_seed(0)
    gan = KINDS[kind](
        network(64, 784, config.width, "tanh"),
        network(784, 1, config.width),
        unrolled_steps=steps,
    )
    gan.compile(
        keras.optimizers.Adam(1e-4),
        keras.optimizers.Adam(1e-4),
        jit_compile=config.jit_compile,
    )
    images = np.random.default_rng(0).uniform(-1, 1, (config.batch_size, 784))
    batches = tf.data.Dataset.from_tensors(images.astype("float32")).repeat()
    before = peak()
    gan.fit(batches, steps_per_epoch=config.train_steps, verbose=0)
    return {"before": before, "peak": peak()}


def measure_all(config: Config) -> dict[str, list[dict[str, float]]]:
    """Measures every number in a new process, one after the other."""
    with concurrent.futures.ProcessPoolExecutor(
        max_workers=1,
        max_tasks_per_child=1,
        mp_context=multiprocessing.get_context("spawn"),
    ) as pool:
        return {
            kind: [
                pool.submit(measure, config, kind, steps).result()
                for steps in config.unrolled_steps
            ]
            for kind in config.kinds
        }


def rows(config: Config, measured: dict) -> list[dict[str, str]]:
    """Returns the rows of the table, one per K."""
    found = []
    for place, steps in enumerate(config.unrolled_steps):
        row = {"K": f"{steps}"}
        for kind, figures in measured.items():
            row[f"{kind}, MiB"] = f"{figures[place]['peak']:.0f}"
            if 1 in config.unrolled_steps:
                one = figures[config.unrolled_steps.index(1)]["peak"]
                row[f"{kind}, of K = 1"] = f"{figures[place]['peak'] / one:.2f}"
        found.append(row)
    return found


def write(config: Config, measured: dict) -> None:
    """Writes the report with the plot and prints the table."""
    alone = np.mean([one["before"] for figures in measured.values() for one in figures])
    command = shown_command(provenance.command())
    what = (
        f"Discriminator 784-{config.width}-{config.width}-1, generator "
        f"64-{config.width}-{config.width}-784, batch {config.batch_size}, Adam, "
        f"{'XLA' if config.jit_compile else 'no XLA'}, TensorFlow {tf.__version__}. "
        f"Peak of the whole process, with one process per number; {alone:.0f} MiB were "
        f"in use before the first train step. Command: `{command}`."
    )
    report = Report(config.output, "Memory of the unrolled GAN")
    report.text(what)
    report.table(rows(config, measured))
    plots.curves(
        report.figure("memory", "Peak memory against K"),
        np.array(config.unrolled_steps),
        {kind: [one["peak"] for one in figures] for kind, figures in measured.items()},
        title="Memory of a train step of the unrolled GAN",
        xlabel="K, unrolled discriminator steps",
        ylabel="peak of the process, MiB",
        lines={"process alone": alone},
    )
    report.write()
    print(f"{table(rows(config, measured))}\n\n{what}")


def main(config: Config) -> None:
    """Measures and reports."""
    write(config, measure_all(config))


if __name__ == "__main__":
    main(tyro.cli(Config))
