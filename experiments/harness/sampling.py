"""The callbacks that sample and measure after the epochs, by the configuration."""

from collections.abc import Callable

import numpy as np

from experiments.harness.config import Config
from experiments.harness.data import Data
from ganzoo import callbacks, data, metrics, runs


def grids(
    folder: runs.Run, config: Config, images: data.ImageSet | np.ndarray, **further
) -> callbacks.SampleGrids:
    """Returns the callback that saves image grids, one of these real images, too."""
    return callbacks.SampleGrids(
        folder, images, count=config.sample_count, average=config.average, **further
    )


def digit_metrics(
    folder: runs.Run, config: Config, loaded: Data
) -> callbacks.SampleMetrics:
    """Returns the callback that measures samples by the shipped MNIST classifier."""
    extractor = metrics.load_classifier("mnist")
    reference = metrics.Reference.build(extractor, loaded.train)
    when = measurement_schedule(config, loaded)
    return callbacks.SampleMetrics(folder, extractor, reference, **when)


def modes(
    folder: runs.Run, config: Config, loaded: Data, count: Callable
) -> callbacks.ModeCoverage:
    """Returns the callback that counts modes, or duplicates, by that function."""
    return callbacks.ModeCoverage(
        folder, [count], **measurement_schedule(config, loaded)
    )


def measurement_schedule(config: Config, loaded: Data) -> dict:
    """Returns when to measure, and how many samples: arguments of the callbacks."""
    per_epoch = loaded.steps_per_epoch * config.images_per_step
    # As many as there are test images: only then are the two comparable.
    most = config.measure_samples if loaded.test is None else len(loaded.test)
    return {
        "count": min(config.measure_samples, most),
        "average": config.average,
        # Experiments without this field measure every epoch.
        "every_images": getattr(config, "measure_every_images", per_epoch),
        "images_per_epoch": per_epoch,
        "epochs": config.epochs,
    }
