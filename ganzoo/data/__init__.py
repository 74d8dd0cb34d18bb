"""Data: any source -> uint8 images -> batches in [-1, 1]."""

from ganzoo.data.domains import (
    Pairs,
    held_out_pairs,
    unpaired_batches,
    unpaired_domains,
)
from ganzoo.data.drawn import Drawn
from ganzoo.data.house_numbers import draw_house_numbers
from ganzoo.data.images import DataError, ImageSet, image_set
from ganzoo.data.mapped import is_mapped
from ganzoo.data.multi_digit import SEEN_ORDERS, MultiDigits
from ganzoo.data.parts import hold_out, join, some
from ganzoo.data.pictures import read_picture
from ganzoo.data.pipeline import (
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from ganzoo.data.placement import Placement
from ganzoo.data.preparation import prepare
from ganzoo.data.rings import GaussianMixture, grid, ring
from ganzoo.data.scaling import PIXEL_OFFSET, to_float, to_uint8
from ganzoo.data.sources import check, has_test, is_own, load
from ganzoo.data.stacked_digits import StackedDigits

__all__ = [
    "PIXEL_OFFSET",
    "SEEN_ORDERS",
    "DataError",
    "Drawn",
    "GaussianMixture",
    "ImageSet",
    "MultiDigits",
    "Pairs",
    "Placement",
    "StackedDigits",
    "check",
    "draw_house_numbers",
    "evaluation_batches",
    "grid",
    "has_test",
    "held_out_pairs",
    "hold_out",
    "image_set",
    "is_mapped",
    "is_own",
    "join",
    "load",
    "prepare",
    "read_picture",
    "ring",
    "some",
    "steps_per_epoch",
    "to_float",
    "to_uint8",
    "training_batches",
    "unpaired_batches",
    "unpaired_domains",
]
