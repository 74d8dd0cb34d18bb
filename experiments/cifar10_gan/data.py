"""The images: what is trained on, and what samples are compared with."""

import dataclasses
import sys

from experiments import harness
from experiments.cifar10_gan.config import SHAPE, ZERO_LEVEL, Config
from experiments.harness import data as loading
from ganzoo import data

HELD_OUT = 1000  # enough to tell distances apart, and seconds to search


@dataclasses.dataclass(frozen=True)
class Images(harness.Data):
    """The parts of a data set.

    Attributes:
        train: What is trained on.
        test: The set's test images, which are measured as if they were samples.
        held_out: Test images that are not trained on; None where there are none.
        reference: The set's training images, which samples are measured against.
        evaluator: Measures the samples; None measures nothing.
    """

    batch_arguments = {"pixel_offset": ZERO_LEVEL}

    held_out: data.ImageSet | None = None
    reference: data.ImageSet | None = None
    evaluator: object | None = None


def load(config: Config) -> Images:
    """Loads both splits, joins them if asked, and cuts off what is not trained on.

    Of the source's 59,392 images 9,392 are test images; the other 608 it never sees.
    A user's own test images, or those held out in their place, are never trained on.

    Raises:
        ganzoo.data.DataError: A set that is absent, or of another shape or kind.
        ValueError: A set with fewer images than asked for.
    """
    train, test = (
        loading.image_set(config, split, SHAPE, hold_out=True, cut_to=False)
        for split in loading.SPLITS
    )
    own = data.is_own(config.dataset)
    used = data.join(train, test) if config.joined and not own else train
    # The default is cut to CIFAR-10; another set may have fewer images.
    if config.train_images != Config.train_images or len(used) > config.train_images:
        used = loading.cut(config, used)
    if own:
        print(
            f"{train.name}: trained on {len(used):,} of its {len(train):,} training "
            f"images, and on none of the {len(test):,} that are held out to test on.",
            file=sys.stderr,
        )
    seen = max(len(used) - len(train), 0)  # test images that are trained on
    reference = loading.first(train, min(len(used), len(train)))
    return Images(config, used, test, _held_out(test, seen), reference)


def _held_out(test: data.ImageSet, seen: int) -> data.ImageSet | None:
    """Returns some of the test images but for the first, which are trained on."""
    if seen == len(test):
        return None
    unseen = loading.select(test, slice(seen, None), test.name)
    found = loading.first(unseen, min(HELD_OUT, len(unseen)))
    split = f"test, {len(found):,} images not trained on"
    return dataclasses.replace(found, name=test.name, split=split)
