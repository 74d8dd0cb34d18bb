"""Data: any source -> uint8 images in memory -> batches in [-1, 1]."""

from ganzoo.data.images import DataError, ImageSet, image_set
from ganzoo.data.pipeline import (
    evaluation_batches,
    steps_per_epoch,
    to_float,
    to_uint8,
    training_batches,
)
from ganzoo.data.sources import load

__all__ = [
    "DataError",
    "ImageSet",
    "evaluation_batches",
    "image_set",
    "load",
    "steps_per_epoch",
    "to_float",
    "to_uint8",
    "training_batches",
]
