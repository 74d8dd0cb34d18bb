"""Loads and checks an experiment's data, and batches them for training."""

import dataclasses
import sys
from collections.abc import Sequence
from typing import ClassVar

import tensorflow as tf

from experiments.harness.config import Config
from ganzoo import data

Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Data:
    """What an experiment trains on, and real images to compare samples with.

    Experiments with other batches or further parts subclass it.

    Attributes:
        config: The experiment's configuration.
        train: The training set, already cut to `train_images`.
        test: Test images; None if nothing is measured.
    """

    #: Further arguments of `ganzoo.data.training_batches`.
    batch_arguments: ClassVar[dict] = {}

    config: Config
    train: data.ImageSet | data.Drawn
    test: data.ImageSet | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the training data; a run does not resume on other data."""
        return self.train.fingerprint

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per epoch."""
        return self.config.steps_per_epoch(len(self.train))

    @property
    def model_arguments(self) -> dict:
        """What the data decide about the model: keyword arguments of `build`."""
        return {}

    def batches(self, step: int = 0) -> tf.data.Dataset:
        """Returns the training batches from a step on."""
        return data.training_batches(
            self.train,
            self.config.batch_size,
            seed=self.config.seed,
            start_step=step,
            discriminator_steps=self.config.discriminator_steps,
            **self.batch_arguments,
        )


class EpochStepsData(Data):
    """Data sampled afresh for every batch: an epoch is `config.epoch_steps` steps."""

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per epoch."""
        return self.config.epoch_steps


def images_and_test(config: Config, shape: Shape, *, classes: int | None = 10) -> Data:
    """Loads both splits of a labeled data set; see `image_set`."""
    return Data(config, *(image_set(config, s, shape, classes=classes) for s in SPLITS))


SPLITS = ("train", "test")


def image_set(
    config: Config,
    split: str,
    shape: Shape | Sequence[Shape],
    *,
    classes: int | None = None,
    remedy: str = "",
    hold_out: bool = False,
    cut_to: bool = True,
) -> data.ImageSet:
    """Loads a split, cuts it if asked, and checks that it can be drawn and measured.

    Args:
        config: Names the set; its `train_images`, if any, cuts the training images.
        split: "train" or "test".
        shape: Height, width and channels that the networks generate, or several such.
        classes: Number of classes that the metrics need.
        remedy: What to do about another number, for the message.
        hold_out: Whether a set without test images has some of its training images
            held out as such; see `data.hold_out`.
        cut_to: Whether to cut the training images.

    Raises:
        ganzoo.data.DataError: A set that is absent, or of another shape or kind.
    """
    hold_out = hold_out and not data.has_test(config.dataset)
    loaded = "train" if hold_out else split
    once = split == "train" or not hold_out  # of a set that is loaded twice
    images = load(config.dataset, loaded, config.data_dir, say=once)
    shapes = [shape] if isinstance(shape[0], int) else shape
    if images.shape not in shapes:
        raise data.DataError(
            f"{images.name} has images of shape {images.shape}; the networks of this "
            f"experiment draw {' or '.join(map(str, shapes))}."
        )
    if classes is not None and len(images.class_names) != classes:
        raise data.DataError(
            f"{images.name} has {len(images.class_names)} classes; the metrics use a "
            f"classifier of {classes} classes. {remedy}".rstrip()
        )
    if hold_out:
        images = data.hold_out(images)[SPLITS.index(split)]
    return cut(config, images) if cut_to and split == "train" else images


def load(
    dataset: str, split: str, data_dir: str | None, *, say: bool = True
) -> data.ImageSet:
    """Loads a split, and says which files were used, and which were left out."""
    images = data.load(dataset, split, data_dir)
    if images.note and say:
        print(images.note, file=sys.stderr)
    return images


def cut(config: Config, images: data.ImageSet) -> data.ImageSet:
    """Returns `train_images` of a set, see `first`; a smoke run takes what there is.

    Raises:
        ValueError: The set has fewer.
    """
    if config.train_images is None:
        return images
    count = config.train_images
    return first(images, min(count, len(images)) if config.smoke else count)


def first(images: data.ImageSet, count: int) -> data.ImageSet:
    """Returns the first images of a set, or some of each class; see `data.some`.

    Raises:
        ValueError: The set is smaller.
    """
    if not 0 < count <= len(images):
        raise ValueError(
            f"train_images={count} must be 1 to {len(images)}: {images.name} has no "
            "more images."
        )
    return data.some(images, count)


def select(images: data.ImageSet, rows, name: str) -> data.ImageSet:
    """Returns some images of a set, with their labels, under another name."""
    return dataclasses.replace(
        images, images=images.images[rows], labels=images.labels[rows], name=name
    )
