"""Structural similarity of all pairs: ours compared with a loop over scikit-image.

    python -m tests.benchmarks.structural_similarity

Times the search for the nearest training image by structural similarity, at the size of
the CIFAR-10 report: 128 images against 59,392. Ours is timed on `--references` training
images, by default all. The loop, which would take an hour, is timed on `--pairs` pairs
and scaled. Both take turns and medians are compared, so that changes in the machine's
speed affect both. The peak memory is that of the whole process, including TensorFlow
and the training images. The pixels are random, because values do not affect the speed;
the timed pairs are checked for equal results. Run it on an otherwise idle machine.
Linux only.
"""

import dataclasses
import statistics
import time
from importlib import metadata

import numpy as np
import skimage.metrics
import tensorflow as tf
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments.harness.pages import fill_in
from ganzoo import metrics
from ganzoo.runs import provenance
from ganzoo.runs.reports import table
from tests.benchmarks.memory import peak


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    images: int = 128
    """Number of images whose nearest neighbors are searched."""
    training_images: int = 59_392
    """Number of training images that both times are scaled to."""
    references: int = 59_392
    """Number of training images that ours is timed on."""
    pairs: int = 1000
    """Pairs per turn that scikit-image is timed on."""
    turns: int = 3
    """Turns of each implementation."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


def timed(work) -> tuple[float, np.ndarray]:
    """Calls a function; returns the seconds that it took, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def loop(images: np.ndarray, references: np.ndarray, pairs: int) -> np.ndarray:
    """Returns similarities, computed by scikit-image one pair at a time."""
    return np.array(
        [
            skimage.metrics.structural_similarity(
                images[n % len(images)],
                references[n // len(images) % len(references)],
                channel_axis=-1,
            )
            for n in range(pairs)
        ]
    )


def measure(config: Config) -> dict[str, float]:
    """Times both implementations, in turns."""
    random = np.random.default_rng(0)
    size = (config.images + config.references, 32, 32, 3)
    pixels = random.integers(0, 256, size, dtype=np.uint8)
    images, references = pixels[: config.images], pixels[config.images :]
    ours, loops, error = [], [], 0.0
    for _ in range(config.turns):
        seconds, matrix = timed(
            lambda: metrics.structural_similarity(images, references)
        )
        ours.append(seconds)
        seconds, values = timed(lambda: loop(images, references, config.pairs))
        loops.append(seconds)
        same = matrix.T.ravel()
        error = max(error, np.abs(values - np.resize(same, len(values))).max())
    all_pairs = config.images * config.training_images
    return {
        "ours": statistics.median(ours) * config.training_images / config.references,
        "loop": statistics.median(loops) * all_pairs / config.pairs,
        "error": float(error),
        "memory": peak(),
    }


def main(config: Config) -> None:
    """Prints the table."""
    found = measure(config)
    row = {
        "ours, s": f"{found['ours']:.1f}",
        "scikit-image loop, s": f"{found['loop']:.0f}",
        "times faster": f"{found['loop'] / found['ours']:.0f}",
        "peak memory, GiB": f"{found['memory']:.2f}",
        "largest difference": f"{found['error']:.0e}",
    }
    sliced = f"{config.references:,} of the {config.training_images:,} training images"
    text = (
        f"{table([row])}\n\n{config.images} images against {config.training_images:,} "
        f"of 32x32x3 pixels; ours timed on {sliced}, the loop on {config.pairs:,} of "
        f"{config.images * config.training_images:,} pairs, and both scaled. "
        f"{provenance.processor()}, TensorFlow {tf.__version__}, "
        f"scikit-image {metadata.version('scikit-image')}."
    )
    if config.readme:
        fill_in("structural similarity", text)
    print(text)


if __name__ == "__main__":
    main(tyro.cli(Config))
