"""Trains the MNIST classifier that the metrics use."""

import keras

from experiments.classifiers import train as training
from experiments.classifiers.config import MnistConfig as Config
from ganzoo import data
from ganzoo.data.augmentation import shift, shift_offsets
from ganzoo.networks.classifiers import mnist_classifier

SHIFT = 2  # largest shift of a training image in each direction, in pixels


def run(config: Config) -> dict:
    """Trains, tests and saves the classifier; see `training.run`."""
    return training.run(config, TASK)


def train_classifier(train: data.ImageSet, config: Config) -> keras.Model:
    """Trains a new classifier for the configured number of epochs."""

    def augment(step, images, labels):
        offsets = shift_offsets(config.seed, step, config.batch_size, SHIFT)
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
    training.fit(model, train, config, augment)
    return model


TASK = training.Task(
    "mnist_classifier", ("mnist",), (28, 28, 1), 0.993, train_classifier
)
