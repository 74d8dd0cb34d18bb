"""Keeps the best generator of a run."""

import contextlib

import keras

from ganzoo.files import atomic
from ganzoo.runs import Run

BEST = "best.keras"


class KeepBest(keras.callbacks.Callback):
    """Saves the generator whenever its Fréchet distance is the lowest of the run.

    The file in the run folder, best.keras, has the weights that samples come from. Put
    it after `SampleMetrics`, which measures, and before `Log`.
    """

    def __init__(self, run: Run):
        """Sets the run folder."""
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Compares with all earlier measurements, also those before a resumption."""
        distance = logs.get("frechet_distance")
        if distance is None:
            return
        rows = self.run.rows("history.csv")
        before = [r["frechet_distance"] for r in rows if "frechet_distance" in r]
        path = self.run.path / BEST
        if path.exists() and distance >= min(before, default=float("inf")):
            return
        average = self.model.weight_average is not None
        weights = self.model.averaged_weights() if average else contextlib.nullcontext()
        with weights, atomic(path) as temporary:
            self.model.sampling_generator.save(temporary)
