"""What `evaluate()` says of a whole set, at some epochs."""

from collections.abc import Callable, Collection

import keras
import tensorflow as tf


class EvaluateTrainingSet(keras.callbacks.Callback):
    """Adds to the logs of some epochs the losses over a whole set of images.

    They are those of `evaluate()`: with the networks in inference mode, not those of
    the steps, which changed the networks on the way. Adds `whole_discriminator_loss`,
    `whole_generator_loss` and the rest of what the model reports.
    """

    def __init__(self, batches: Callable[[], tf.data.Dataset], epochs: Collection[int]):
        """Sets what to evaluate.

        Args:
            batches: Makes the batches of the whole set, finite.
            epochs: After which epochs, counted from 1.
        """
        super().__init__()
        self.batches = batches
        self.epochs = frozenset(epochs)

    def on_epoch_end(self, epoch, logs=None):
        """Evaluates."""
        if epoch + 1 not in self.epochs:
            return
        values = self.model.evaluate(self.batches(), verbose=0, return_dict=True)
        logs |= {f"whole_{name}": float(value) for name, value in values.items()}
