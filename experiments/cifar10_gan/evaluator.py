"""Feature extractor and final metrics."""

import functools
import sys
from collections.abc import Callable

from experiments.cifar10_gan.config import NO_EXTRACTOR, SHAPE, ZERO_LEVEL, Config
from experiments.cifar10_gan.data import Images
from experiments.harness.report import RunReport
from experiments.harness.report.metrics import real_images
from experiments.harness.results import cached
from ganzoo import data, metrics
from ganzoo.callbacks.sample_metrics import scalars
from ganzoo.files import write_json
from ganzoo.metrics import features

KEPT = 10_000  # real images whose features samples are compared with, one by one


class Evaluator:
    """Computes metrics with a feature extractor.

    Attributes:
        extractor: The feature extractor.
        images: The data set.
        count: Number of samples to measure, at most the number of test images, so that
            samples and real images compare.
    """

    def __init__(self, extractor: metrics.Extractor, images: Images):
        self.extractor = extractor
        self.images = images
        self.count = min(images.config.measure_samples, len(images.test))

    @functools.cached_property
    def reference(self) -> metrics.Reference:
        """Statistics of the real images, computed once."""
        return metrics.Reference.build(
            self.extractor, self.images.reference, features=KEPT
        )

    @property
    def also(self) -> list[Callable]:
        """Further metrics, which compare individual samples."""
        smallest = min(self.count, KEPT, len(self.images.reference))
        kernel = functools.partial(
            metrics.kernel_distance, subset_size=min(1000, smallest // 2)
        )
        return [kernel, metrics.prdc]

    def final(self, report: RunReport) -> dict:
        """Measures several sets of samples, and real images; caches the result.

        Returns:
            `rows`, a row per set of samples; `real`, the row of the test images; and
            `card`.
        """
        model, config = report.model, report.config
        step = int(model.step)

        def measured(seed: int) -> dict[str, float]:
            images = model.generate(
                self.count, seed=seed, average=config.average, batch_size=500
            )
            found = metrics.measure(
                self.extractor,
                data.to_uint8(images, ZERO_LEVEL),
                self.reference,
                samples=f"generator, noise seed {seed}, after step {step}",
                also=self.also,
            )
            return scalars(found)

        def find() -> dict:
            # Seed 0 is used for the metrics by epoch.
            rows = [measured(seed) for seed in range(1, config.final_draws + 1)]
            real, card = real_images(
                self.extractor, self.reference, self.images.test, self.count, self.also
            )
            return {"rows": rows, "real": real, "card": card}

        asked = {"step": step, "sha256": self.extractor.sha256}
        final = cached(report.folder / "final.json", asked, find)
        write_json(report.folder / "floor.json", final["real"])
        return final


def load_extractor(config: Config) -> metrics.Extractor | None:
    """Loads the configured feature extractor; None means that nothing is measured.

    If the CIFAR-10 classifier has not been trained yet, the training prints that and
    runs without it. Running the same command again, with the classifier, then computes
    the final metrics.

    Raises:
        ganzoo.float16_weights.WeightsError: A file is missing, or belongs to another
            network.
    """
    if config.extractor == NO_EXTRACTOR:
        return None
    if config.extractor != "cifar10":
        return metrics.load_extractor(config.extractor, SHAPE)
    if not (features.FOLDER / "cifar10_classifier.json").is_file():
        print(
            "No metrics are computed, because the CIFAR-10 classifier is missing. "
            "Train it with python -m experiments.cifar10_classifier --install, then "
            "run the same command again.",
            file=sys.stderr,
        )
        return None
    return metrics.load_classifier("cifar10")
