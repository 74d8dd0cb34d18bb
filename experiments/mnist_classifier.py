"""Train the MNIST classifier that the measures look through.

``python -m experiments.mnist_classifier --data-dir DIR`` trains it and leaves the
float16 weights and their card in a run folder; ``--install`` writes them into the
package, which is how the shipped ones were made. The number of epochs is fixed
beforehand and the last weights are kept: the test images choose nothing.
"""

import dataclasses
import json
import shutil
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tyro

from ganzoo import data, weights
from ganzoo.networks.classifiers import mnist_classifier

NAME = "mnist_classifier"
REQUIRED = 0.993  # test accuracy of a classifier whose measures can be trusted
SHIFT = 2  # pixels an image may move up, down, left and right in training


@dataclasses.dataclass(frozen=True)
class Config:
    """What decides the classifier."""

    dataset: str = "mnist"
    """TFDS name of the images, 28x28x1."""
    data_dir: str | None = None
    """Folder of the data set; TFDS_DATA_DIR if absent."""
    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 128
    """Images a step."""
    learning_rate: float = 2e-3
    """Adam's at the first step; falls to zero along half a cosine."""
    seed: int = 0
    """Seed of the initial weights, the order, the shifts and the dropout."""
    output: str = f"runs/{NAME}"
    """Folder for the weights and their card."""
    install: bool = False
    """Also write both into the package's own weights folder."""


def shift(images: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Move every image by its own whole number of pixels; background comes in.

    Args:
        images: float [n, h, w, c] in [-1, 1].
        offsets: int32 [n, 2], rows down and columns to the right, each within
            ``-SHIFT .. SHIFT``.

    Returns:
        Images of the same shape.
    """
    height, width = images.shape[1:3]
    border = (SHIFT, SHIFT)
    padded = tf.pad(images, ((0, 0), border, border, (0, 0)), constant_values=-1.0)
    first = SHIFT - offsets
    rows = first[:, :1] + tf.range(height)
    columns = first[:, 1:] + tf.range(width)
    cropped = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(cropped, columns, axis=2, batch_dims=1)


def shifted_batches(train: data.ImageSet, config: Config) -> tf.data.Dataset:
    """Endless training batches, each image at a place of its own."""

    def augment(step, batch):
        images, labels = batch
        offsets = tf.random.stateless_uniform(
            (config.batch_size, 2),
            seed=tf.stack([tf.cast(config.seed, tf.int64), step]),
            minval=-SHIFT,
            maxval=SHIFT + 1,
            dtype=tf.int32,
            alg="philox",
        )
        return shift(images, offsets), labels

    batches = data.training_batches(
        train, config.batch_size, seed=config.seed, with_labels=True
    )
    return batches.enumerate().map(augment).prefetch(4)


def train_classifier(train: data.ImageSet, config: Config) -> keras.Model:
    """Fit a new classifier for the configured number of epochs."""
    keras.utils.set_random_seed(config.seed)
    steps = data.steps_per_epoch(len(train), config.batch_size)
    model = mnist_classifier(num_classes=len(train.class_names))
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(
                config.learning_rate, steps * config.epochs
            )
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    batches = shifted_batches(train, config)
    model.fit(
        batches,
        steps_per_epoch=steps,
        epochs=config.epochs,
        shuffle=False,  # the batches are shuffled already
        verbose=2,
    )
    return model


def accuracy(model: keras.Model, test: data.ImageSet) -> float:
    """Share of ``test`` that ``model`` classifies rightly."""
    logits = model.predict(data.to_float(test.images), batch_size=500, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == test.labels))


def card(train: data.ImageSet, test: data.ImageSet, config: Config) -> dict:
    """What the weights were made from and by which command."""
    changed = [
        f" --{field.name.replace('_', '-')} {getattr(config, field.name)}"
        for field in dataclasses.fields(config)
        if field.name not in ("data_dir", "output", "install")
        and getattr(config, field.name) != field.default
    ]
    return {
        "name": NAME,
        "network": f"ganzoo.networks.classifiers.{NAME}",
        "classes": list(train.class_names),
        "data": {
            "name": train.name,
            "train": {"images": len(train), "fingerprint": train.fingerprint},
            "test": {"images": len(test), "fingerprint": test.fingerprint},
        },
        "command": f"python -m experiments.{NAME} --data-dir DIR{''.join(changed)}",
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "seed": config.seed,
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def run(config: Config) -> dict:
    """Train, round to float16, measure what was rounded, and write both files.

    Returns:
        The card: data, command, test accuracy and SHA-256 of the weights.

    Raises:
        DataError: the data set is absent or is not of 28x28x1 images.
        ValueError: asked to install what is not from MNIST or not good enough.
    """
    if config.install and config.dataset.partition(":")[0] != "mnist":
        raise ValueError(
            f"only a classifier of mnist is installed, not of {config.dataset!r}; "
            f"leave out --install and find it in {config.output}"
        )
    train = data.load(config.dataset, "train", config.data_dir)
    test = data.load(config.dataset, "test", config.data_dir)
    if train.shape != (28, 28, 1):
        raise data.DataError(
            f"the classifier takes 28x28x1 images, {config.dataset!r} has "
            f"{train.shape}; use mnist or another set of that shape"
        )
    started = time.perf_counter()
    model = train_classifier(train, config)
    seconds = time.perf_counter() - started

    result = card(train, test, config)
    result["test_accuracy_float32"] = accuracy(model, test)
    output = Path(config.output)
    result["sha256"] = weights.save(model, output / f"{NAME}.npz")
    weights.load(model, output / f"{NAME}.npz", result["sha256"])
    result["test_accuracy"] = accuracy(model, test)
    (output / f"{NAME}.json").write_text(
        json.dumps(result, indent=2) + "\n", encoding="utf-8"
    )
    print(
        f"test accuracy {result['test_accuracy']:.4f} (float32 weights "
        f"{result['test_accuracy_float32']:.4f}), trained in {seconds:.0f} s, "
        f"written to {output}"
    )
    if config.install:
        install(output, result["test_accuracy"])
    return result


def install(folder: Path, test_accuracy: float) -> None:
    """Copy the weights and their card from a run folder into the package.

    Raises:
        ValueError: the accuracy is below what the measures ask of a classifier.
    """
    if test_accuracy < REQUIRED:
        raise ValueError(
            f"not installed: a test accuracy of {test_accuracy:.4f} is below "
            f"{REQUIRED}; train for more epochs"
        )
    for suffix in ("npz", "json"):
        shutil.copyfile(
            folder / f"{NAME}.{suffix}", weights.FOLDER / f"{NAME}.{suffix}"
        )


if __name__ == "__main__":
    run(tyro.cli(Config))
