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
    """An extractor, and what it makes of the real images."""

    def __init__(self, extractor: metrics.Extractor, images: Images):
        """Sets the extractor; nothing is computed yet."""
        self.extractor = extractor
        self.images = images
        #: Samples to measure: no more than there are test images, for only then are
        #: the two comparable.
        self.count = min(images.config.measure_samples, len(images.test))

    @functools.cached_property
    def reference(self) -> metrics.Reference:
        """The statistics of the real images, computed once."""
        return metrics.Reference.build(
            self.extractor, self.images.reference, features=KEPT
        )

    @property
    def also(self) -> list[Callable]:
        """The metrics that compare sample with sample."""
        smallest = min(self.count, KEPT, len(self.images.reference))
        kernel = functools.partial(
            metrics.kernel_distance, subset_size=min(1000, smallest // 2)
        )
        return [kernel, metrics.prdc]

    def final(self, report: RunReport) -> dict:
        """Measures several draws of samples, and real images; once per step.

        Returns:
            The `rows` of the draws, the row `real` of the test images, and the `card`.
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
            # Seed 0 is measured by epoch.
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
    """Loads the extractor asked for; None measures nothing.

    The shipped classifier may be one that nobody has trained yet: then the training
    goes on without it, and says so. The final metrics come when the same command is
    run again with the classifier there.

    Raises:
        ganzoo.weights.WeightsError: A file that is absent or another network's.
    """
    if config.extractor == NO_EXTRACTOR:
        return None
    if config.extractor != "cifar10":
        return metrics.load_inception(config.extractor, SHAPE)
    if not (features.FOLDER / "cifar10_classifier.json").is_file():
        print(
            "Nothing is measured: the CIFAR-10 classifier is not there yet. Train it "
            "with python -m experiments.cifar10_classifier --install, and give the "
            "same command again.",
            file=sys.stderr,
        )
        return None
    return metrics.load_classifier("cifar10")
