"""Settings of a run that takes seconds, on noise."""

import numpy as np
import pytest

from experiments.multi_digit_mnist.config import Config
from experiments.multi_digit_mnist.variants import SHARED, VARIANTS
from ganzoo import metrics

SMALL = {
    "epochs": 2,
    "batch_size": 4,
    "images": 12,
    "train_images": 40,
    "size": 16,
    "digit_size": 6,
    "object_size": 4,
    "width": 1 / 32,
    "scene_width": None,
    "latent_dim": 4,
    "max_objects": 4,
    "sample_count": 2,
    "measure_images": 10,
    "final_images": 12,
    # For good, and for the whole process, if it were on.
    "deterministic": False,
}
RANDOM = {"placement": "anywhere", "smallest": 4, "largest": 7}


@pytest.fixture(scope="module", autouse=True)
def small_batches():
    """Looks at a tenth of the images at a time: there are not more."""
    extract = metrics.Extractor.extract

    def extract_few(self, images, batch_size=50):
        return extract(self, images, min(batch_size, 50))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics.Extractor, "extract", extract_few)
        yield


@pytest.fixture(scope="session")
def noise_digits(tmp_path_factory) -> str:
    """Black and white noise of ten classes: 60 training and 60 test images, 28x28."""
    blocks = np.random.default_rng(0).integers(0, 2, (2, 60, 4, 4), dtype=np.uint8)
    images = 255 * np.kron(blocks, np.ones((7, 7), np.uint8))
    labels = np.arange(60) % 10
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    arrays = {"images": images[0], "labels": labels}
    np.savez(path, **arrays, test_images=images[1], test_labels=labels)
    return str(path)


@pytest.fixture(scope="session")
def tiny(noise_digits, tmp_path_factory):
    """Returns settings of a run of a few steps on noise."""
    output = str(tmp_path_factory.mktemp("run") / "run")

    def make(variant="ours", **changes):
        chosen = (
            SHARED
            | VARIANTS[variant]
            | SMALL
            | {"output": output, "dataset": noise_digits}
        )
        if chosen.get("placement") == "anywhere":
            chosen |= RANDOM
        return Config(**chosen | changes)

    return make


@pytest.fixture(scope="session")
def small() -> dict:
    """What makes a run small."""
    return SMALL
