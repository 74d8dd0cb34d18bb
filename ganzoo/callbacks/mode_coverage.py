"""Mode coverage by epoch, which shows mode collapse."""

from collections.abc import Callable, Sequence

import keras

from ganzoo import data
from ganzoo.files import write_json
from ganzoo.runs import Run


class ModeCoverage(keras.callbacks.Callback):
    """Adds metrics of how the samples cover the data's modes to the epoch's logs.

    The metrics are arguments, for example

        [functools.partial(metrics.point_modes, mixture=data.ring())]

    for points, and for gray or stacked digits

        [
            functools.partial(metrics.class_modes, extractor=extractor),
            functools.partial(metrics.near_duplicates, threshold=threshold),
        ]

    The logs get each metric's `scalars()`; the latest results, with their cards, are
    written to modes.json in the run folder, under `raw` or `averaged`. With a weight
    average, the values of the raw weights are added as `raw_modes` and so on.
    """

    def __init__(
        self,
        run: Run,
        measures: Sequence[Callable],
        *,
        count: int,
        every_images: int,
        images_per_epoch: int,
        epochs: int,
        seed: int = 0,
        average: bool = False,
    ):
        """Sets what to measure.

        Args:
            run: The run folder.
            measures: Functions called as `measure(values, samples=...)` with generated
                points or uint8 images, and a description of them; their results have
                `scalars()` and `to_dict()`.
            count: Number of samples: 2,500 points or 26,000 stacked digits, as
                published.
            every_images: Number of training examples between two measurements, rounded
                to whole epochs; the first and the last epoch are always measured.
            images_per_epoch: Number of training examples per epoch.
            epochs: Number of epochs of the whole run.
            seed: Seed of the samples' noise, the same each time.
            average: Measure the generator's weight average, and also the raw weights.

        Raises:
            ValueError: No samples, or nothing to measure.
        """
        super().__init__()
        if count < 1:
            raise ValueError(f"count={count} samples must be at least 1.")
        if not measures:
            raise ValueError("measures is empty; give at least one metric function.")
        self.run = run
        self.measures = measures
        self.count = count
        self.every = max(1, round(every_images / images_per_epoch))
        self.epochs = epochs
        self.seed = seed
        self.average = average

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Measures."""
        # The epochs of the run: those of this fit() end with a resumed epoch.
        if epoch % self.every and epoch + 1 != self.epochs:
            return
        weights = "averaged" if self.average else "raw"
        results = {weights: self._measured(self.average)}
        logs |= _scalars(results[weights])
        if self.average:
            results["raw"] = self._measured(False)
            raw = _scalars(results["raw"])
            logs |= {f"raw_{name}": value for name, value in raw.items()}
        cards = {key: [r.to_dict() for r in found] for key, found in results.items()}
        write_json(self.run.path / "modes.json", cards, sealed=True)

    def _measured(self, average: bool) -> list:
        values = self.model.generate(
            self.count, seed=self.seed, average=average, batch_size=500
        )
        if values.ndim == 4:
            values = data.to_uint8(values)
        weights = "averaged" if average else "raw"
        samples = (
            f"generator, {weights} weights, noise seed {self.seed}, after step "
            f"{int(self.model.step)}"
        )
        return [measure(values, samples=samples) for measure in self.measures]


def _scalars(results: list) -> dict[str, float]:
    return {
        name: value for result in results for name, value in result.scalars().items()
    }
