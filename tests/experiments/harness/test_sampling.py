"""When samples are measured, and how many."""

import numpy as np
import pytest

from experiments import harness
from experiments.harness import sampling


@pytest.mark.parametrize(
    ("config", "test", "every", "count"),
    [
        (harness.SamplingConfig("x", "y", batch_size=8), 300, 200_000, 300),
        (harness.SamplingConfig("x", "y", measure_samples=40), 300, 200_000, 40),
        (harness.ImageConfig("x", "y", batch_size=8), None, 24, 20),
    ],
)
def test_as_many_samples_as_test_images_and_every_epoch_by_default(
    config, test, every, count
):
    class Loaded(harness.Data):
        steps_per_epoch = 3

    if not hasattr(config, "measure_samples"):
        object.__setattr__(config, "measure_samples", count)
    images = None if test is None else np.zeros(test)
    when = sampling.measurement_schedule(config, Loaded(config, None, images))
    assert (when["count"], when["every_images"]) == (count, every)
    assert when["images_per_epoch"] == 3 * config.batch_size
    assert when["epochs"] == 50
    assert when["average"] is False
