"""Agreement of an InfoGAN's categorical code with the classes, during training."""

import keras

from ganzoo import data
from ganzoo.metrics import clusters


class CodePurity(keras.callbacks.Callback):
    """Logs how well the first categorical code agrees with the classes.

    Adds to the epoch's logs `purity` and `matched_accuracy` (see
    `ganzoo.metrics.clusters`) of the code that the recognition head predicts for
    labeled images; training does not see the labels.
    """

    def __init__(self, images: data.ImageSet):
        """Sets the labeled images, preferably those of the test split."""
        super().__init__()
        self.images = images

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Measures."""
        codes = self.model.infer(data.to_float(self.images.images)).probabilities[0]
        table = clusters.confusion(
            codes.argmax(axis=1),
            self.images.labels,
            codes.shape[1],
            len(self.images.class_names),
        )
        logs["purity"] = clusters.purity(table)
        logs["matched_accuracy"] = clusters.matched_accuracy(table)
