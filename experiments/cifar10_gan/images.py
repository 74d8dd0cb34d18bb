"""The images: what is trained on, and what samples are compared with."""

import dataclasses
import sys

from experiments import common
from experiments.cifar10_gan.settings import SHAPE, Config
from ganzoo import data

HELD_OUT = 1000  # enough to tell distances apart, and seconds to look for


@dataclasses.dataclass(frozen=True)
class Images:
    """The parts of a data set.

    Attributes:
        train: What is trained on.
        held_out: Test images that are not; None where there are none.
        reference: Training images of the data set, which samples are measured against.
        test: Its test images, which are measured as if they were samples.
    """

    train: data.ImageSet
    held_out: data.ImageSet | None
    reference: data.ImageSet
    test: data.ImageSet


def load(config: Config) -> Images:
    """Loads both splits, joins them if asked, and cuts off what is not trained on.

    Of the source's 59,392 images 9,392 are test images; the other 608 it never sees.
    A user's own test images, or those held out in their place, are never trained on.

    Raises:
        ganzoo.data.DataError: A set that is absent, or of another shape or kind.
        ValueError: A set with fewer images than asked for.
    """
    train, test = (
        common.whole_set(config, split, SHAPE, hold_out=True)
        for split in ("train", "test")
    )
    own = data.is_own(config.dataset)
    used = data.join(train, test) if config.joined and not own else train
    # The default is cut to CIFAR-10; another set may have fewer images.
    if config.train_images != Config.train_images or len(used) > config.train_images:
        used = common.cut(config, used)
    if own:
        print(
            f"{train.name}: trained on {len(used):,} of its {len(train):,} training "
            f"images, and on none of the {len(test):,} that are held out to test on.",
            file=sys.stderr,
        )
    seen = max(len(used) - len(train), 0)  # test images that are trained on
    reference = common.first(train, min(len(used), len(train)))
    return Images(used, _held_out(test, seen), reference, test)


def _held_out(test: data.ImageSet, seen: int) -> data.ImageSet | None:
    """Some of the test images but for the first, which are trained on."""
    if seen == len(test):
        return None
    unseen = dataclasses.replace(
        test, images=test.images[seen:], labels=test.labels[seen:]
    )
    found = common.first(unseen, min(HELD_OUT, len(unseen)))
    split = f"test, {len(found):,} images not trained on"
    return dataclasses.replace(found, name=test.name, split=split)
