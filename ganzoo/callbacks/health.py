"""Alarms on a training that goes wrong."""

import math

import keras

from ganzoo.runs import Run


class Diverged(ArithmeticError):
    """A loss is no longer a number."""


class NanGuard(keras.callbacks.Callback):
    """Stops at the first loss that is not finite, and keeps the last good checkpoint."""

    def __init__(self, run: Run):
        """Sets the run folder whose checkpoints the message names."""
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch, logs=None):
        """Looks at every value that the step reports."""
        broken = [name for name, value in logs.items() if not math.isfinite(value)]
        if not broken:
            return
        checkpoints = self.run.checkpoints()
        kept = (
            f"the last good checkpoint is {checkpoints[-1]}"
            if checkpoints
            else ("no checkpoint had been written yet")
        )
        raise Diverged(
            f"{', '.join(broken)} became NaN or infinite at step "
            f"{int(self.model.step)}; {kept}. A smaller learning rate, a penalty on "
            "the discriminator or another loss may help."
        )
