"""Evaluates a whole set of images at some epochs."""

from collections.abc import Callable, Collection
from typing import Any

import keras


class EvaluateTrainingSet(keras.callbacks.Callback):
    """Adds the losses over a whole set of images to the logs of some epochs.

    They come from `evaluate()`, with the networks in inference mode, unlike the losses
    of train steps, during which the networks change. Adds `whole_discriminator_loss`,
    `whole_generator_loss` and the model's other logged values.
    """

    def __init__(self, batches: Callable[[], Any], epochs: Collection[int]):
        """Sets the function that returns all batches, and epochs, counted from 1."""
        super().__init__()
        self.batches = batches
        self.epochs = frozenset(epochs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Evaluates."""
        if epoch + 1 not in self.epochs:
            return
        values = self.model.evaluate(self.batches(), verbose=0, return_dict=True)
        logs |= {f"whole_{name}": float(value) for name, value in values.items()}
