"""Train the MNIST classifier that the measures look through.

``python -m experiments.mnist_classifier --data-dir DIR`` trains it and leaves the
float16 weights and their card in a run folder; ``--install`` writes them into the
package, which is how the shipped ones were made.
"""

import dataclasses

import keras

from experiments import classifying, common
from ganzoo import data
from ganzoo.data.augmentation import shift
from ganzoo.networks.classifiers import mnist_classifier

SHIFT = 2  # pixels an image may move up, down, left and right in training


@dataclasses.dataclass(frozen=True)
class Config(classifying.Config):
    """What decides the classifier."""

    dataset: str = "mnist"
    output: str = "runs/mnist_classifier"


def run(config: Config) -> dict:
    """Trains, measures and writes the classifier; see `classifying.carry_out`."""
    return classifying.carry_out(config, TASK)


def train_classifier(train: data.ImageSet, config: Config) -> keras.Model:
    """Fit a new classifier for the configured number of epochs."""

    def augment(step, images, labels):
        offsets = classifying.offsets(config, step, SHIFT)
        return shift(images, offsets, SHIFT), labels

    keras.utils.set_random_seed(config.seed)
    steps = data.steps_per_epoch(len(train), config.batch_size) * config.epochs
    model = mnist_classifier(num_classes=len(train.class_names))
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    classifying.fit(model, train, config, augment)
    return model


TASK = classifying.Task(
    "mnist_classifier", ("mnist",), (28, 28, 1), 0.993, train_classifier
)


if __name__ == "__main__":
    common.main(run, Config, __doc__)
