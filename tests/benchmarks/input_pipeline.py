"""Images per second of the input pipeline, and the time that training waits for it.

    python -m tests.benchmarks.input_pipeline [--batch-size 256] [--training 600]

The images are random, because pixel values do not affect the speed. The first number is
the speed of iterating over batches. For the second, a substitute for the train step
runs between batches: matrix products that take as long as a step at `--training`
images/s.
The benchmark reports how long each step waits for its batch, and how much longer the
substitute takes while the pipeline prepares the next batch. Both kinds of step take
turns and medians are compared, since the machine may have other work.
"""

import argparse
import time

import numpy as np
import tensorflow as tf

from ganzoo import data

COUNT = 60_000
TARGET = 50


def images_per_second(batches: tf.data.Dataset, rows: int, seconds: float) -> float:
    """Iterates over batches for some seconds, after a few that are not counted."""
    iterator = iter(batches)
    for _ in range(20):
        next(iterator)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        next(iterator)
        steps += 1
    return steps * rows / (time.perf_counter() - start)


def stand_in(seconds: float):
    """Returns a function that keeps every core busy for about that many seconds."""
    matrix = tf.random.stateless_normal([768, 768], [0, 0]) / 28

    @tf.function
    def products(count):
        return tf.reduce_sum(
            tf.while_loop(
                lambda step, value: step < count,
                lambda step, value: (step + 1, tf.tanh(tf.matmul(value, matrix))),
                [0, matrix],
            )[1]
        )

    def timed(count):
        start = time.perf_counter()
        products(tf.constant(count)).numpy()
        return time.perf_counter() - start

    timed(2)
    count = max(1, round(20 * seconds / timed(20)))
    return lambda: timed(count)


def waits(batches: tf.data.Dataset, step, steps: int) -> tuple[float, float, float]:
    """Returns median seconds: waiting, a step with busy pipeline, a step alone."""
    iterator = iter(batches)
    next(iterator)
    waited, beside, alone = [], [], []
    for _ in range(steps):
        start = time.perf_counter()
        next(iterator)
        waited.append(time.perf_counter() - start)
        beside.append(step())  # while the pipeline refills the prefetched batches
        alone.append(step())  # while the pipeline is idle
    return tuple(float(np.median(times)) for times in (waited, beside, alone))


def main() -> None:
    """Prints the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--training", type=float, default=600, help="images/s")
    parser.add_argument("--seconds", type=float, default=5, help="a measurement")
    flags = parser.parse_args()
    step_seconds = flags.batch_size / flags.training

    for shape in ((28, 28, 1), (32, 32, 3)):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (COUNT, *shape), dtype=np.uint8)
        start = time.perf_counter()
        image_set = data.image_set(images, name="random")
        batches = data.training_batches(image_set, flags.batch_size, seed=0)
        next(iter(batches))
        ready = time.perf_counter() - start
        speed = images_per_second(batches, flags.batch_size, flags.seconds)
        print(
            f"{'x'.join(map(str, shape))}, batch {flags.batch_size}: "
            f"{speed:,.0f} images/s, {speed / flags.training:,.0f} times what training "
            f"uses (target {TARGET}); first batch after {ready:.2f} s",
            flush=True,
        )
        step = stand_in(step_seconds)
        steps = max(5, round(flags.seconds / step_seconds))
        waited, beside, alone = waits(batches, step, steps)
        print(
            f"  beside a step of {1e3 * alone:.0f} ms: waits {1e3 * waited:.2f} ms for "
            f"data ({waited / (waited + beside):.2%} of the time); the step itself "
            f"takes {beside / alone - 1:+.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
