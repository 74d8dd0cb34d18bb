"""Speed of the MNIST train step: ours, PyTorch's, and the machine's peak.

    python -m tests.benchmarks.train_step

Prints images/s of `GAN.fit` at two batch sizes in float32 and bfloat16; of the same
networks and updates in PyTorch (extra `benchmark`), eager and compiled; of the compiled
train step alone; and the peak of a large matrix product in both formats. Contestants
take turns, so that changes in the machine's speed affect all of them, and each number
is the median of several turns. Run it on an otherwise idle machine.
"""

import dataclasses
import importlib.util
import statistics
import time
from collections.abc import Callable
from importlib import metadata

import keras
import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
import ganzoo
from experiments.harness.model import precision
from experiments.harness.pages import fill_in
from ganzoo import data, networks
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    batch_sizes: tuple[int, ...] = (128, 256)
    """Images per step."""
    seconds: float = 6.0
    """Approximate length of a turn, in seconds."""
    turns: int = 5
    """Turns per contestant."""
    torch: bool = True
    """Also measure PyTorch, if it is installed."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def flops_per_image() -> float:
    """Returns multiplications and additions per image of a simultaneous train step.

    It counts those of direct convolutions; products of frequencies take fewer (see
    `ganzoo.layers.fft_convolution`), so the step may be faster than the machine's peak
    seems to allow.

    Let F be the cost of a layer's forward pass. The generator costs 3 F: forward, and
    gradients with respect to its input and its weights. The discriminator costs 3 F on
    real images (without the first layer's gradient with respect to its input). On
    generated images it costs 3 F for its own loss, and 1 F for the generator's loss,
    which needs only the gradient with respect to the inputs.
    """
    dense = 2 * 100 * 7 * 7 * 256
    transposed = 2 * 25 * (49 * 256 * 128 + 49 * 128 * 64 + 196 * 64 * 1)
    first, second = 2 * 25 * 196 * 64, 2 * 25 * 49 * 64 * 128
    generator = 3 * (dense + transposed) - dense  # noise needs no gradient
    discriminator = 2 * (2 * first + 3 * second) + (first + second)
    return generator + discriminator


def build(policy: str) -> ganzoo.GAN:
    """Builds the model of `experiments.mnist_gan`."""
    keras.utils.set_random_seed(0)
    with precision(policy):
        gan = ganzoo.GAN(
            networks.mnist_generator(),
            networks.mnist_discriminator(),
            update="simultaneous",
        )
    gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
    return gan


def fit_turn(policy: str, images: data.ImageSet, batch_size: int) -> Callable:
    """Returns a function that runs n steps of `GAN.fit` on the real pipeline."""
    gan = build(policy)
    batches = data.training_batches(images, batch_size, seed=0)
    return lambda steps: gan.fit(batches, steps_per_epoch=steps, verbose=0)


def bare_turn(policy: str, images: data.ImageSet, batch_size: int) -> Callable:
    """Returns a function that runs n compiled train steps on one batch in memory."""
    gan = build(policy)
    batch = tf.constant(data.to_float(images.images[:batch_size]))
    step = tf.function(gan.train_step)

    def turn(steps: int) -> None:
        for _ in range(steps):
            logs = step(batch)
        float(logs["generator_loss"])

    return turn


def peak(dtype: tf.DType) -> Callable:
    """Returns a function that multiplies 2048x2048 matrices n times."""
    values = np.random.default_rng(0).standard_normal((2048, 2048), np.float32)
    matrix = tf.cast(values, dtype)
    product = tf.function(lambda a: tf.matmul(a, a))

    def turn(steps: int) -> None:
        for _ in range(steps):
            result = product(matrix)
        result[0, 0].numpy()

    return turn


class Contestant:
    """A function that runs n steps, timed in turns."""

    def __init__(self, turn: Callable[[int], None], seconds: float):
        self.turn = turn
        turn(2)  # compiles
        self.steps = max(2, round(seconds / self._timed(2) * 2))
        self.rates = []

    def _timed(self, steps: int) -> float:
        start = time.perf_counter()
        self.turn(steps)
        return time.perf_counter() - start

    def take_turn(self) -> None:
        """Runs one turn and records its steps per second."""
        self.rates.append(self.steps / self._timed(self.steps))

    @property
    def rate(self) -> float:
        """Median of the turns, in steps per second."""
        return statistics.median(self.rates)


def contestants(config: Config, kind: str, batch_size: int, images) -> dict:
    """Returns all contestants for a number format and batch size, by name."""
    turns = {
        "GAN.fit": fit_turn(POLICIES[kind], images, batch_size),
        "bare step": bare_turn(POLICIES[kind], images, batch_size),
        "peak": peak(tf.as_dtype(kind)),
    }
    if config.torch:
        from tests.benchmarks import torch_step

        turns |= torch_step.turns(kind, batch_size, images.images)
    return {name: Contestant(turn, config.seconds) for name, turn in turns.items()}


def measure(config: Config, kind: str, batch_size: int, images) -> dict[str, str]:
    """Measures one row of the table."""
    field = contestants(config, kind, batch_size, images)
    for _ in range(config.turns):
        for contestant in field.values():
            contestant.take_turn()
    peak_flops = field.pop("peak").rate * 2 * 2048**3
    rates = {name: c.rate * batch_size for name, c in field.items()}
    row = {"type": kind, "batch": batch_size}
    row |= {f"{name}, images/s": f"{rate:.0f}" for name, rate in rates.items()}
    row["fit / bare"] = f"{rates['GAN.fit'] / rates['bare step']:.1%}"
    best = max((r for name, r in rates.items() if "PyTorch" in name), default=None)
    if best:
        row["fit / best PyTorch"] = f"{rates['GAN.fit'] / best:.2f}"
    row["peak, GFLOP/s"] = f"{peak_flops / 1e9:.0f}"
    row["of peak, as if direct"] = (
        f"{rates['GAN.fit'] * flops_per_image() / peak_flops:.0%}"
    )
    return row


def versions(config: Config) -> str:
    """Returns versions, processor and cost per image, as text."""
    packages = ["tensorflow", "keras"] + ["torch"] * config.torch
    listed = ", ".join(f"{name} {metadata.version(name)}" for name in packages[1:])
    return (
        f"TensorFlow {tf.__version__}, {listed}; {provenance.processor()}; "
        f"{flops_per_image() / 1e6:.0f} MFLOP per image with direct convolutions."
    )


def main(config: Config) -> None:
    """Prints the table."""
    if config.torch and importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed (extra 'benchmark'): it is left out.")
        config = dataclasses.replace(config, torch=False)
    noise = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28, 1), np.uint8)
    images = data.image_set(noise, name="noise")
    rows = [
        measure(config, kind, batch_size, images)
        for kind in POLICIES
        for batch_size in config.batch_sizes
    ]
    text = f"{table(rows)}\n\n{versions(config)}"
    if config.readme:
        fill_in("speed", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
