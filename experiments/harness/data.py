"""Loads and checks an experiment's data, and batches them for training."""

import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from experiments.harness.config import Config
from ganzoo import data

if TYPE_CHECKING:
    import tensorflow as tf

    from ganzoo.data.numpy_batches import Batches

Shape = tuple[int, ...]
SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Data:
    """The training data, and real images that samples are compared with.

    Experiments with different batches or further data subclass it.

    Attributes:
        config: Configuration of the experiment.
        train: Training set, already cut to `train_images`.
        test: Test images, or None if no metrics are computed.
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
        """Keyword arguments of `build` that depend on the data."""
        return {}

    def batches(self, step: int = 0) -> "tf.data.Dataset | Batches":
        """Returns the training batches, starting at a train step.

        With labels, if `config.num_classes` makes the GAN conditional.
        """
        conditional = getattr(self.config, "num_classes", None) is not None
        return data.training_batches(
            self.train,
            self.config.batch_size,
            seed=self.config.seed,
            start_step=step,
            discriminator_steps=self.config.discriminator_steps,
            **{"with_labels": conditional} | self.batch_arguments,
        )


class EpochStepsData(Data):
    """Data sampled anew for every batch; an epoch is `config.epoch_steps` steps."""

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per epoch."""
        return self.config.epoch_steps


def images_and_test(config: Config, shape: Shape) -> Data:
    """Loads both splits of a set of digits; see `image_set`."""
    return Data(config, *(image_set(config, s, shape, classes=10) for s in SPLITS))


def image_set(
    config: Config,
    split: str,
    shape: Shape | Sequence[Shape],
    *,
    classes: int | None = None,
    remedy: str = "",
    hold_out: bool = False,
    cut_train: bool = True,
) -> data.ImageSet:
    """Loads a split, and checks that the networks and the metrics can use it.

    Args:
        config: Configuration; `train_images`, if it has any, cuts the training images.
        split: "train" or "test".
        shape: Height, width and channels that the networks generate, or a sequence of
            such shapes.
        classes: Number of classes that the metrics need, if any.
        remedy: Advice for the error message about the number of classes.
        hold_out: Whether to hold out training images as test images if the data set
            has none; see `data.hold_out`.
        cut_train: Whether to cut the training images to `config.train_images`.

    Raises:
        ganzoo.data.DataError: The data set is missing, or has the wrong shape or
            number of classes.
    """
    hold_out = hold_out and not data.has_test(config.dataset)
    loaded = "train" if hold_out else split
    # With `hold_out` the training split is loaded for both; print its note only once.
    verbose = split == "train" or not hold_out
    images = load(config.dataset, loaded, config.data_dir, verbose=verbose)
    shapes = [shape] if isinstance(shape[0], int) else shape
    if images.shape not in shapes:
        raise data.DataError(
            f"{images.name} has images of shape {images.shape}; the networks of this "
            f"experiment generate {' or '.join(map(str, shapes))}."
        )
    if classes is not None and len(images.class_names) != classes:
        raise data.DataError(
            f"{images.name} has {len(images.class_names)} classes; the metrics use a "
            f"classifier with {classes} classes. {remedy}".rstrip()
        )
    if hold_out:
        images = data.hold_out(images)[SPLITS.index(split)]
    return cut(config, images) if cut_train and split == "train" else images


def load(
    dataset: str, split: str, data_dir: str | None, *, verbose: bool = True
) -> data.ImageSet:
    """Loads a split; prints how many files were used and how many left out."""
    images = data.load(dataset, split, data_dir)
    if images.note and verbose:
        print(images.note, file=sys.stderr)
    return images


def cut(config: Config, images: data.ImageSet) -> data.ImageSet:
    """Returns the first `config.train_images` images of a set; see `first`.

    A smoke run uses the whole set if it is smaller.

    Raises:
        ValueError: The set is smaller, and this is not a smoke run.
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
            f"train_images={count} must be from 1 to {len(images)}, the number of "
            f"images in {images.name}."
        )
    return data.some(images, count)


def select(images: data.ImageSet, rows: slice | np.ndarray, name: str) -> data.ImageSet:
    """Returns some images of a set with their labels, under a new name."""
    return dataclasses.replace(
        images, images=images.images[rows], labels=images.labels[rows], name=name
    )
