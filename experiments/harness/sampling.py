"""Creates the callbacks that sample and measure after epochs, as configured."""

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.harness.config import Config
from experiments.harness.data import Data
from ganzoo import callbacks, data, metrics, runs


def grids(
    folder: runs.Run,
    config: Config,
    images: data.ImageSet | np.ndarray,
    **arguments: Any,
) -> callbacks.SampleGrids:
    """Returns the callback that saves grids of samples, and once of real images."""
    return callbacks.SampleGrids(
        folder, images, count=config.sample_count, average=config.average, **arguments
    )


def digit_metrics(
    folder: runs.Run, config: Config, loaded: Data
) -> callbacks.SampleMetrics:
    """Returns the callback that measures samples with the shipped MNIST classifier."""
    extractor = metrics.load_classifier("mnist")
    reference = metrics.Reference.build(extractor, loaded.train)
    when = measurement_schedule(config, loaded)
    return callbacks.SampleMetrics(folder, extractor, reference, **when)


def modes(
    folder: runs.Run, config: Config, loaded: Data, count: Callable
) -> callbacks.ModeCoverage:
    """Returns the callback that counts modes or near-duplicates."""
    return callbacks.ModeCoverage(
        folder, [count], **measurement_schedule(config, loaded)
    )


def measurement_schedule(config: Config, loaded: Data) -> dict:
    """Returns when to measure and on how many samples, as arguments of callbacks."""
    per_epoch = loaded.steps_per_epoch * config.images_per_step
    # At most the number of test images, so that samples and real images compare.
    most = config.measure_samples if loaded.test is None else len(loaded.test)
    return {
        "count": min(config.measure_samples, most),
        "average": config.average,
        # Experiments without this field measure every epoch.
        "every_images": getattr(config, "measure_every_images", per_epoch),
        "images_per_epoch": per_epoch,
        "epochs": config.epochs,
    }
