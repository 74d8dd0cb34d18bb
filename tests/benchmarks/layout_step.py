"""Time and memory of the train step of several digits in boxes, at the source's size.

    python -m tests.benchmarks.layout_step
    python -m tests.benchmarks.layout_step --precision mixed_bfloat16 --readme

Trains `experiments.multi_digit_mnist` for a few steps of `fit()` on images that are
noise, at 128x128, full width and batches of 32 by default, and reads the peak of the
process's memory. The discriminator's dense layer after the flattened image has 268
million weights, of which there are four: the weights, their gradient and Adam's two
moments take 4.3 GB. Linux only.
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
    """Of the networks, relative to the source's table."""
    batch_size: int = 32
    """Images a step."""
    precision: str = "float32"
    """float32 or mixed_bfloat16."""
    steps: int = 2
    """Train steps after the first, which traces."""
    readme: bool = False
    """Put the table into RESULTS.md, too."""


class Times(keras.callbacks.Callback):
    """Notes wall and processor time at the end of each step."""

    def __init__(self):
        super().__init__()
        self.marks = [self.now()]

    @staticmethod
    def now() -> np.ndarray:
        """Returns wall and processor time in seconds."""
        return np.array([time.perf_counter(), time.process_time()])

    def on_train_batch_end(self, batch, logs=None):
        """Notes the time."""
        self.marks.append(self.now())


def measure(config: Config) -> dict[str, str]:
    """Trains a few steps; returns the row of the table."""
    fields = ("size", "digit_size", "width", "batch_size", "precision")
    settings = multi_digit_mnist.Config(
        **{name: getattr(config, name) for name in fields}
    )
    settings.check()
    game = multi_digit_mnist.EXPERIMENT.build_model(
        settings, distribute.strategy("cpu")
    )
    numbers = np.random.default_rng(0)
    shape = (config.batch_size, config.size, config.size, 1)
    images = numbers.uniform(-1, 1, shape).astype(np.float32)
    labels = numbers.integers(0, 10, (config.batch_size, settings.objects))
    boxes = np.tile(scenes.grid_boxes(settings), (config.batch_size, 1, 1))
    batch = (images, (labels.astype(np.int32), boxes))
    batches = tf.data.Dataset.from_tensors(batch).repeat(1 + config.steps)
    times = Times()
    game.fit(batches, verbose=0, callbacks=[times])
    first, *later = np.diff(times.marks, axis=0)
    wall, processor = np.median(later, axis=0)
    return {
        "image": f"{config.size}x{config.size}",
        "width": f"{config.width:g}",
        "batch": str(config.batch_size),
        "type": config.precision,
        "weights": f"{game.generator.count_params():,} + "
        f"{game.discriminator.count_params():,}",
        "first step, s": f"{first[0]:.0f}",
        "a step, s": f"{wall:.1f}",
        "of a processor, s": f"{processor:.1f}",
        "peak memory, GiB": f"{peak():.1f}",
    }


def run(config: Config) -> str:
    """Measures, prints the table and, if asked, fills it in."""
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
