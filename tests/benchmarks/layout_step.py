"""Time and memory of multi_digit_mnist's train step, at the source's size.

    python -m tests.benchmarks.layout_step
    python -m tests.benchmarks.layout_step --precision mixed_bfloat16 --readme

Trains `experiments.multi_digit_mnist` for a few steps of `fit()` on noise images, by
default at 128x128, full width and batches of 32, and reads the peak memory of the
process. The discriminator's dense layer after the flattened image has 268 million
weights; these, their gradient and Adam's two moments take 4.3 GB. Linux only.
"""

import dataclasses
import time

import keras
import numpy as np
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import multi_digit_mnist
from experiments.harness.pages import fill_in
from experiments.multi_digit_mnist import scenes
from ganzoo import distribute
from ganzoo.runs import provenance
from ganzoo.runs.reports import shown_command, table
from tests.benchmarks.memory import peak


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    size: int = 128
    """Height and width of the images."""
    digit_size: int = 32
    """Height and width of the digits."""
    width: float = 1.0
    """Width of the networks, relative to the source's table."""
    batch_size: int = 32
    """Images per step."""
    precision: str = "float32"
    """float32 or mixed_bfloat16."""
    steps: int = 2
    """Train steps after the first one, which traces."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


class Times(keras.callbacks.Callback):
    """Records wall and CPU time at the end of each step."""

    def __init__(self):
        super().__init__()
        self.marks = [self.now()]

    @staticmethod
    def now() -> np.ndarray:
        """Returns wall and CPU time in seconds."""
        return np.array([time.perf_counter(), time.process_time()])

    def on_train_batch_end(self, batch, logs=None):
        """Records the time."""
        self.marks.append(self.now())


def measure(config: Config) -> dict[str, str]:
    """Trains for a few steps; returns the row of the table."""
    fields = ("size", "digit_size", "width", "batch_size", "precision")
    settings = multi_digit_mnist.Config(
        **{name: getattr(config, name) for name in fields}
    )
    settings.check()
    gan = multi_digit_mnist.EXPERIMENT.build_model(settings, distribute.strategy("cpu"))
    numbers = np.random.default_rng(0)
    shape = (config.batch_size, config.size, config.size, 1)
    images = numbers.uniform(-1, 1, shape).astype(np.float32)
    labels = numbers.integers(0, 10, (config.batch_size, settings.objects))
    boxes = np.tile(scenes.grid_boxes(settings), (config.batch_size, 1, 1))
    batch = (images, (labels.astype(np.int32), boxes))
    batches = tf.data.Dataset.from_tensors(batch).repeat(1 + config.steps)
    times = Times()
    gan.fit(batches, verbose=0, callbacks=[times])
    first, *later = np.diff(times.marks, axis=0)
    wall, processor = np.median(later, axis=0)
    return {
        "image": f"{config.size}x{config.size}",
        "width": f"{config.width:g}",
        "batch": str(config.batch_size),
        "type": config.precision,
        "weights": f"{gan.generator.count_params():,} + "
        f"{gan.discriminator.count_params():,}",
        "first step, s": f"{first[0]:.0f}",
        "per step, s": f"{wall:.1f}",
        "CPU time per step, s": f"{processor:.1f}",
        "peak memory, GiB": f"{peak():.1f}",
    }


def run(config: Config) -> str:
    """Measures, prints the table and, if asked, writes it to RESULTS.md."""
    rows = table([measure(config)])
    described = provenance.describe()
    text = f"{rows}\n\nTensorFlow {tf.__version__}, keras {keras.__version__}, "
    text += f"{described['cpu_cores']} cores; weights of the generator and of the "
    text += f"discriminator. Command: `{shown_command(provenance.command())}`."
    if config.readme:
        fill_in("layout_step", text)
    print(text)
    return text


if __name__ == "__main__":
    run(tyro.cli(Config, description=__doc__))
