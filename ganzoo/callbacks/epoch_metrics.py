"""Logs user-defined metrics every few epochs."""

from collections.abc import Callable

import keras


class EpochMetrics(keras.callbacks.Callback):
    """Adds the results of a function of the model to the epoch's logs.

    For metrics that call the generator themselves, such as metrics of objects in boxes.
    They are computed after the first epoch, the last one, and every few in between.
    """

    def __init__(
        self,
        measure: Callable[[keras.Model], dict[str, float]],
        *,
        every: int = 1,
        epochs: int,
    ):
        """Sets the function, the epochs between two calls, and the last epoch."""
        super().__init__()
        if every < 1:
            raise ValueError(f"every={every} epochs must be at least 1.")
        self.measure = measure
        self.every = every
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Measures, at the epochs that are due."""
        # Of the run, not of this fit(), whose epochs end with a resumed one.
        if epoch % self.every and epoch + 1 != self.epochs:
            return
        logs |= self.measure(self.model)
