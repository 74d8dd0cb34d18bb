"""What a function finds of the model, by epoch."""

from collections.abc import Callable

import keras


class EpochMetrics(keras.callbacks.Callback):
    """Adds to the epoch's logs the numbers that a function returns of the model.

    For measures that know themselves what to ask a generator for, such as objects in
    boxes. After the first epoch, the last one, and every so many between.
    """

    def __init__(
        self,
        examine: Callable[[keras.Model], dict[str, float]],
        *,
        every: int = 1,
        epochs: int,
    ):
        """Sets what is asked, and when.

        Args:
            examine: From the model to numbers by name.
            every: Epochs between two examinations.
            epochs: Epochs of the whole run.

        Raises:
            ValueError: `every` is below 1.
        """
        super().__init__()
        if every < 1:
            raise ValueError(f"every={every} epochs must be at least 1.")
        self.examine = examine
        self.every = every
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        """Examines."""
        # The epochs of the run: those of this fit() end with a resumed epoch.
        if epoch % self.every and epoch + 1 != self.epochs:
            return
        logs |= self.examine(self.model)
