"""The training images, and real images of the situations that are evaluated."""

import dataclasses

import numpy as np

from experiments.harness import data as loading
from experiments.multi_digit_mnist.config import (
    CLASSES,
    DIGIT,
    FIGURE_2,
    Config,
    labels_of,
)
from ganzoo import boxes, data
from ganzoo.data.backgrounds import background

MEASURED = SEEN, UNSEEN, ANY, MOVED = "seen", "unseen", "any", "moved"
# New label orders again, with each label as often as in the orders from training.
SAME_MIX = f"{UNSEEN}_same_mix"
MAX_DIGITS = 6  # largest number of digits per image that is evaluated
SIZES = 10, 14, 20  # pixels per side of small digits, if smaller than the moved ones
# Smallest and largest size of random boxes, relative to the boxes on the grid.
SMALLER, LARGER = 0.75, 1.25
# Label orders that the zoo's generator generates by default; none is trained on.
ORDERS = (*FIGURE_2, "7310", "6049", "2468", "9753", "0862")


@dataclasses.dataclass(frozen=True)
class Digits:
    """The digits that images are composed of: training and test digits."""

    train: data.ImageSet
    test: data.ImageSet


def load(config: Config) -> Digits:
    """Loads both splits, and cuts the training digits if configured."""
    sets = (
        loading.image_set(config, split, DIGIT, classes=CLASSES)
        for split in ("train", "test")
    )
    return Digits(*sets)


def training(config: Config, digits: data.ImageSet) -> data.MultiDigits:
    """Returns the training images.

    Raises:
        ganzoo.data.DataError: The digits do not fit into the image, or an order has the
            wrong number of labels.
    """
    placement = data.Placement(
        config.placement,
        config.objects,
        config.size,
        config.smallest or config.digit_size,
        config.largest or config.smallest or config.digit_size,
        config.overlap,
    )
    return data.MultiDigits(
        digits,
        tuple(map(labels_of, config.orders)) or None,
        placement=placement,
        fewest=config.fewest,
        background=config.background,
        transparent=config.transparent,
        distinct=config.images,
    )


def situations(config: Config, digits: data.ImageSet) -> dict[str, data.MultiDigits]:
    """Returns the situations that are evaluated: name -> real images.

    The situations are: label orders from training and held-out orders, in boxes on the
    grid; boxes randomly moved and resized; smaller boxes anywhere; and 1 to 6 digits
    anywhere, in boxes of one size, of which six fit into the image. Labels are
    independent except in the first two situations.
    """
    seen = tuple(map(labels_of, config.orders)) or None
    grid = data.Placement("grid", config.objects, config.size, config.digit_size)
    cell = config.size // boxes.cells_along(config.objects)
    moved = data.Placement(
        "anywhere",
        config.objects,
        config.size,
        max(1, round(SMALLER * config.digit_size)),
        min(round(LARGER * config.digit_size), cell),
    )
    free = {"orders": None, "background": config.background}
    free["transparent"] = config.transparent
    found = {ANY: data.MultiDigits(digits, placement=grid, **free)}
    if seen is not None:
        ordered = free | {"orders": seen, "placement": grid}
        found = {
            SEEN: data.MultiDigits(digits, **ordered),
            UNSEEN: data.MultiDigits(digits, **ordered, held_out=True),
        }
    found[MOVED] = data.MultiDigits(digits, placement=moved, **free)
    for pixels in (pixels for pixels in SIZES if pixels < moved.smallest):
        small = data.Placement("anywhere", config.objects, config.size, pixels)
        found[sized(pixels)] = data.MultiDigits(digits, placement=small, **free)
    side = min(config.digit_size, config.size // boxes.cells_along(MAX_DIGITS))
    for number in range(1, min(MAX_DIGITS, config.max_objects) + 1):
        place = data.Placement("anywhere", number, config.size, side)
        found[numbered(number)] = data.MultiDigits(digits, placement=place, **free)
    return found


def numbered(number: int) -> str:
    """Returns the name of the situation with that number of digits."""
    return f"digits_{number}"


def sized(pixels: int) -> str:
    """Returns the name of the situation with digits of that height and width."""
    return f"size_{pixels}"


def one_order(config: Config, digits: data.ImageSet, order: str) -> data.MultiDigits:
    """Returns real images of one label order, on the grid."""
    labels = labels_of(order)
    return data.MultiDigits(
        digits,
        (labels,),
        placement=data.Placement("grid", len(labels), config.size, config.digit_size),
        background=config.background,
        transparent=config.transparent,
    )


def grid_boxes(config: Config, objects: int = 4) -> np.ndarray:
    """Returns the boxes of the grid, float32 [objects, 4]."""
    grid = data.Placement("grid", objects, config.size, config.digit_size)
    return np.asarray(grid.draw(1, np.zeros(2, np.int64)))[0]


def backgrounds(config: Config, count: int) -> np.ndarray:
    """Returns real backgrounds without digits, uint8 [count, size, size, 1]."""
    drawn = np.random.default_rng(0).uniform(size=(count, 2, 3)).astype(np.float32)
    kind, size = config.background, config.size
    images = background(kind, size, config.objects, drawn)
    return np.rint(np.asarray(images)).astype(np.uint8)


def zoo_layout(config: Config) -> dict:
    """Returns the zoo generator's default condition: new label orders on the grid."""
    return {
        "labels": [list(labels_of(order)) for order in ORDERS],
        "boxes": grid_boxes(config).tolist(),
        "num_classes": CLASSES,
        "max_objects": config.max_objects,
    }
