"""Loads the training images, and the real images that samples are compared with."""

import dataclasses
import sys

from experiments import harness
from experiments.cifar10_gan.config import SHAPE, ZERO_LEVEL, Config
from experiments.harness import data as loading
from ganzoo import data

HELD_OUT = 1000  # enough to compare distances; the search takes seconds


@dataclasses.dataclass(frozen=True)
class Images(harness.Data):
    """The parts of a data set.

    Attributes:
        train: Images to train on.
        test: The test split, which is measured like samples.
        held_out: Test images that are not trained on, or None.
        reference: The training split, the reference for metrics.
        evaluator: Computes the metrics, or None.
    """

    batch_arguments = {"pixel_offset": ZERO_LEVEL}

    held_out: data.ImageSet | None = None
    reference: data.ImageSet | None = None
    evaluator: object | None = None


def load(config: Config) -> Images:
    """Loads both splits, joins them if configured, and cuts the training images.

    Of the source's 59,392 training images 9,392 are test images of CIFAR-10; the other
    608 test images are never trained on. Neither are the test images of a user's own
    data set, or the images that are held out if it has none.

    Raises:
        ganzoo.data.DataError: The data set is missing, or has the wrong shape.
        ValueError: The data set has fewer images than configured.
    """
    train, test = (
        loading.image_set(config, split, SHAPE, hold_out=True, cut_train=False)
        for split in loading.SPLITS
    )
    own = data.is_own(config.dataset)
    used = data.join(train, test) if config.joined and not own else train
    # The default number of images suits CIFAR-10; other sets may have fewer.
    if config.train_images != Config.train_images or len(used) > config.train_images:
        used = loading.cut(config, used)
    if own:
        print(
            f"{train.name}: training on {len(used):,} of {len(train):,} training "
            f"images, and on none of the {len(test):,} held-out test images.",
            file=sys.stderr,
        )
    seen = max(len(used) - len(train), 0)  # test images that are trained on
    reference = loading.first(train, min(len(used), len(train)))
    return Images(config, used, test, _held_out(test, seen), reference)


def _held_out(test: data.ImageSet, seen: int) -> data.ImageSet | None:
    """Returns some of the test images after the first `seen`, which are trained on."""
    if seen == len(test):
        return None
    unseen = loading.select(test, slice(seen, None), test.name)
    found = loading.first(unseen, min(HELD_OUT, len(unseen)))
    split = f"test, {len(found):,} images not trained on"
    return dataclasses.replace(found, name=test.name, split=split)
