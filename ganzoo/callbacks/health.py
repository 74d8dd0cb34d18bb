"""Alarms on a training that goes wrong."""

import math

import keras

from ganzoo.runs import Run, broken_weights


class Diverged(ArithmeticError):
    """A loss or a weight is no longer a number."""


class NanGuard(keras.callbacks.Callback):
    """Stops at the first loss that is not finite, and keeps the last good checkpoint.

    At the end of an epoch it looks at the weights, too: those of its last step have not
    shown in a loss yet. It stands before the callbacks that draw samples.
    """

    def __init__(self, run: Run):
        """Sets the run folder whose checkpoints the message names."""
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch, logs=None):
        """Looks at every value that the step reports."""
        self._refuse([name for name, value in logs.items() if not math.isfinite(value)])

    def on_epoch_end(self, epoch, logs=None):
        """Looks at every weight."""
        self._refuse(broken_weights(self.model)[:3])

    def _refuse(self, broken: list[str]) -> None:
        if not broken:
            return
        checkpoints = self.run.checkpoints()
        kept = "no checkpoint had been written yet"
        if checkpoints:
            kept = f"the last good checkpoint is {checkpoints[-1]}"
        raise Diverged(
            f"{', '.join(broken)} became NaN or infinite at step "
            f"{int(self.model.step)}; {kept}. A smaller learning rate, a penalty on "
            "the discriminator or another loss may help."
        )
