"""The coverage of modes by epoch: mode collapse, seen happening."""

from collections.abc import Callable, Sequence

import keras

from ganzoo import data
from ganzoo.files import write_json
from ganzoo.runs import Run


class ModeCoverage(keras.callbacks.Callback):
    """Adds to the epoch's logs how the samples cover the data's modes.

    What is measured is handed in, for example

        [functools.partial(metrics.point_modes, mixture=data.ring())]

    for points, and for digits, one in the gray channel or three stacked,

        [
            functools.partial(metrics.class_modes, extractor=extractor),
            functools.partial(metrics.near_duplicates, threshold=threshold),
        ]

    The logs get each measure's `scalars()`; the newest measures, with their cards, go
    to modes.json in the run folder, under `raw` or `averaged`. Of a weight average, the
    same numbers of the weights themselves are added as `raw_modes` and so on.
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
            measures: Each called as `measure(values, samples=...)`, where the values
                are points as the generator draws them, or images as uint8, and the text
                says what they are; returns what has `scalars()` and `to_dict()`.
            count: Samples: 2,500 points or 26,000 stacked digits, as published.
            every_images: Training examples between two measurements, which fall on the
                ends of epochs; the first and the last epoch are always measured.
            images_per_epoch: Training examples of an epoch.
            epochs: Epochs of the whole run.
            seed: Of the samples' noise, the same each time.
            average: Measure the generator's weight average, and the raw weights beside.

        Raises:
            ValueError: No samples, or nothing to measure.
        """
        super().__init__()
        if count < 1:
            raise ValueError(f"count={count} samples; at least 1 can be measured.")
        if not measures:
            raise ValueError("measures is empty; hand in what is to be measured.")
        self.run = run
        self.measures = measures
        self.count = count
        self.every = max(1, round(every_images / images_per_epoch))
        self.epochs = epochs
        self.seed = seed
        self.average = average

    def on_epoch_end(self, epoch, logs=None):
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
