"""Metrics of the samples by epoch."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from ganzoo import data, metrics
from ganzoo.files import write_json
from ganzoo.runs import Run

# More classes, such as the thousand of ImageNet, are not worth a curve each.
_MOST_CLASSES = 100


class SampleMetrics(keras.callbacks.Callback):
    """Adds to the epoch's logs how the generator's samples measure up.

    Adds `frechet_distance` and `contrast`; if the extractor knows classes,
    `classifier_score`, `confident_fraction`, `class_divergence` and the share of each
    class as `class_0`, `class_1`, ...; and the scalars of what is measured besides. The
    card of these numbers goes to measures.json in the run folder. Of a weight average
    it also adds `raw_frechet_distance`, that of the weights themselves.
    """

    def __init__(
        self,
        run: Run,
        extractor: metrics.Extractor,
        reference: metrics.Reference,
        *,
        count: int = 10_000,
        every_images: int = 50_000,
        images_per_epoch: int,
        epochs: int,
        seed: int = 0,
        average: bool = False,
        also: Sequence[Callable] = (),
        pixel_offset: float = data.PIXEL_OFFSET,
        labels: np.ndarray | None = None,
    ):
        """Sets what to measure.

        Args:
            run: The run folder.
            extractor: Feature extractor and classifier.
            reference: Features of the real training images, by the same extractor.
            count: Number of samples, at least 2.
            every_images: Number of training images between two measurements, rounded
                to whole epochs; the first and the last epoch are always measured.
            images_per_epoch: Number of training images per epoch.
            epochs: Number of epochs of the whole run.
            seed: Seed of the samples' noise.
            average: Measure the generator's weight average.
            also: Further metrics, as in `metrics.measure`, for example
                `[metrics.kernel_distance, metrics.prdc]`; the reference must have kept
                features.
            pixel_offset: Gray value that the networks see as 0; see `data.to_float`.
            labels: Class of each sample, `[count]`, of a conditional GAN; by default
                all classes are equally frequent.

        Raises:
            ValueError: Fewer than two samples, which have no covariance.
        """
        super().__init__()
        if count < 2:
            raise ValueError(f"count={count} samples must be at least 2.")
        self.run = run
        self.extractor = extractor
        self.reference = reference
        self.count = count
        self.every = max(1, round(every_images / images_per_epoch))
        self.epochs = epochs
        self.seed = seed
        self.average = average
        self.also = also
        self.pixel_offset = pixel_offset
        self.drawn = {} if labels is None else {"labels": labels}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Measures."""
        # The epochs of the run: those of this fit() end with a resumed epoch.
        last = epoch + 1 == self.epochs or self.model.stop_training
        if epoch % self.every and not last:
            return
        measured = self._measured(self.average, self.also)
        write_json(self.run.path / "measures.json", measured.to_dict(), sealed=True)
        logs |= scalars(measured)
        if self.average:
            logs["raw_frechet_distance"] = self._measured(False).frechet_distance

    def _measured(
        self, average: bool, also: Sequence[Callable] = ()
    ) -> metrics.MetricReport:
        images = self.model.generate(
            self.count, **self.drawn, seed=self.seed, average=average, batch_size=500
        )
        weights = "averaged" if average else "raw"
        return metrics.measure(
            self.extractor,
            data.to_uint8(images, self.pixel_offset),
            self.reference,
            samples=f"generator, {weights} weights, noise seed {self.seed}, after step "
            f"{int(self.model.step)}",
            also=also,
        )


def scalars(measured: metrics.MetricReport) -> dict[str, float]:
    """Returns the values of `measured` by logged name; class fractions only if few."""
    values = {
        "frechet_distance": measured.frechet_distance,
        "contrast": measured.contrast,
    }
    if len(measured.class_fractions) > 1:
        values |= {
            "classifier_score": measured.classifier_score,
            "confident_share": measured.confident_fraction,
            "class_divergence": measured.class_divergence,
        }
    if 1 < len(measured.class_fractions) <= _MOST_CLASSES:
        shares = enumerate(measured.class_fractions)
        values |= {f"class_{number}": share for number, share in shares}
    for further in measured.also:
        values |= further.scalars()
    return values
