"""Trains the CIFAR-10 classifier that the metrics use."""

import keras
from keras import KerasTensor, ops

from experiments.classifiers import train as training
from experiments.classifiers.config import Cifar10Config as Config
from experiments.harness import precisions
from ganzoo import data
from ganzoo.data import augmentation
from ganzoo.data.augmentation import Step, shift, shift_offsets
from ganzoo.data.drawn import stream_key
from ganzoo.networks.classifiers import cifar10_classifier

SHIFT = 4  # largest shift of a training image in each direction, in pixels
WARM_UP = 0.2  # fraction of the steps in which the learning rate rises


def run(config: Config) -> dict:
    """Trains, tests and saves the classifier; see `training.run`."""
    config.check_values()
    return training.run(precisions.resolve_in(config), TASK)


def train_classifier(train: data.ImageSet, config: Config) -> keras.Model:
    """Trains a new classifier for the configured number of epochs."""
    keras.utils.set_random_seed(config.seed)
    classes = len(train.class_names)

    def augment(step, images, labels):
        offsets = shift_offsets(config.seed, step, config.batch_size, SHIFT)
        images = shift(images, offsets, SHIFT, reflect=True)
        return mirrored(images, config.seed, step), ops.one_hot(labels, classes)

    model = cifar10_classifier(num_classes=classes, dtype=config.precision)
    model.compile(
        optimizer=optimizer(
            data.steps_per_epoch(len(train), config.batch_size) * config.epochs, config
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.label_smoothing
        ),
        metrics=["accuracy"],
    )
    training.fit(model, train, config, augment)
    plain = cifar10_classifier(num_classes=classes)
    plain.set_weights(model.get_weights())
    return plain


def optimizer(steps: int, config: Config) -> keras.optimizers.Optimizer:
    """Returns SGD with Nesterov momentum and a one-cycle schedule."""
    warm_up = round(WARM_UP * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / 10,
        max(steps - warm_up, 1),
        warmup_target=config.learning_rate,
        warmup_steps=max(warm_up, 1),
    )
    momentum = 0.9
    # Keras subtracts the decay from the weights directly. As a term of the loss it
    # would be multiplied by 1 / (1 - momentum).
    sgd = keras.optimizers.SGD(
        schedule,
        momentum,
        nesterov=True,
        weight_decay=config.weight_decay / (1 - momentum),
    )
    sgd.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return sgd


def mirrored(images: KerasTensor, seed: int, step: Step) -> KerasTensor:
    """Mirrors each image with probability 1/2, as a function of (seed, step, index).

    Args:
        images: Images, float [batch, height, width, channels].
        seed: Any integer.
        step: Train step, counted from 0.
    """
    # ~step, so that these numbers differ from those of the shifts.
    return augmentation.mirrored(images, stream_key(seed, ~step))


TASK = training.Task(
    "cifar10_classifier",
    ("cifar10", "cifar10_jpeg"),
    (32, 32, 3),
    0.88,
    train_classifier,
)
