"""What the samples are looked at through, and what is measured of them at the end."""

import functools
import sys
from collections.abc import Callable

from experiments import sample_measures
from experiments.cifar10_gan.images import Images
from experiments.cifar10_gan.settings import MIDDLE, NO_EXTRACTOR, SHAPE, Config
from ganzoo import data, metrics, runs, weights
from ganzoo.callbacks.measures import scalars
from ganzoo.files import kept_json, read_json, write_json

KEPT = 10_000  # real images whose features samples are compared with, one by one


class Judge:
    """An extractor, and the reference that it has seen."""

    def __init__(self, extractor: metrics.Extractor):
        """Sets the extractor."""
        self.extractor = extractor
        self._reference = None

    def reference(self, sets: Images) -> metrics.Reference:
        """Returns the real images as the extractor sees them; looked at once."""
        if self._reference is None:
            self._reference = metrics.Reference.build(
                self.extractor, sets.reference, features=KEPT
            )
        return self._reference

    def count(self, config: Config, sets: Images) -> int:
        """Returns how many samples are measured.

        As many as there are test images at most: only then are the two comparable.
        """
        return min(config.measure_samples, len(sets.test))

    def also(self, config: Config, sets: Images) -> list[Callable]:
        """Returns the measures that compare sample with sample."""
        smallest = min(self.count(config, sets), KEPT, len(sets.reference))
        kernel = functools.partial(
            metrics.kernel_distance, subset_size=min(1000, smallest // 2)
        )
        return [kernel, metrics.prdc]

    def final(self, folder: runs.Run, config: Config, game, sets: Images) -> dict:
        """Measures several draws of samples, and real images; once for a step.

        Returns:
            The `rows` of the draws, the row `real` of the test images, and the `card`.
        """
        path = folder.path / "final.json"
        asked = {"step": int(game.step), "sha256": self.extractor.sha256}
        found = kept_json(path)
        if found and all(found[key] == value for key, value in asked.items()):
            write_json(folder.path / "floor.json", found["real"])
            return found
        reference = self.reference(sets)
        count, also = self.count(config, sets), self.also(config, sets)
        measured = []
        for seed in range(1, config.final_draws + 1):  # 0 is measured by epoch
            average = config.ema_half_life is not None
            images = game.generate(count, seed=seed, average=average, batch_size=500)
            measured.append(
                metrics.measure(
                    self.extractor,
                    data.to_uint8(images, MIDDLE),
                    reference,
                    samples=f"generator, noise seed {seed}, after step {asked['step']}",
                    also=also,
                )
            )
        real, card = sample_measures.real_images(
            self.extractor, reference, sets.test, count, also
        )
        result = asked | {"rows": [scalars(one) for one in measured], "real": real}
        write_json(path, result | {"card": card}, sealed=True)
        write_json(folder.path / "floor.json", real)
        return read_json(path)


def load(config: Config) -> Judge | None:
    """Loads the extractor asked for; None measures nothing.

    The shipped classifier may be one that nobody has trained yet: then the training
    goes on without it, and says so. The final measures come when the same command is
    run again with the classifier there.

    Raises:
        ganzoo.weights.WeightsError: A file that is absent or another network's.
    """
    if config.extractor == NO_EXTRACTOR:
        return None
    if config.extractor != "cifar10":
        return Judge(metrics.load_inception(config.extractor, SHAPE))
    if not (weights.FOLDER / "cifar10_classifier.json").is_file():
        print(
            "Nothing is measured: the CIFAR-10 classifier is not there yet. Train it "
            "with python -m experiments.cifar10_classifier --install, and give the "
            "same command again.",
            file=sys.stderr,
        )
        return None
    return Judge(metrics.load_classifier("cifar10"))
