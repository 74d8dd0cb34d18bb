"""The nearest training image of each image: by pixels, structure or features."""

import dataclasses
from typing import Any

import numpy as np

from ganzoo import data
from ganzoo.metrics.distances import blocks, squared_distances
from ganzoo.metrics.features import Extractor
from ganzoo.metrics.structural_similarity import structural_similarity

_IMAGES = 128  # images per block of structural similarities
_ROWS = 1024  # images per block of distances
_EQUAL = 1e-6  # rounding error of a structural similarity


@dataclasses.dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest training image of each of n images.

    `neighbors[:20]` selects a part of the images.

    Attributes:
        indices: int64 [n], index of the nearest training image; the lowest index if
            several are equally near.
        distances: float64 [n], distance to the nearest training image; 0 for a copy.
        card: `distance`, the kind of distance, with its options; name, split, count and
            fingerprint of the training images; `count`; and `samples`, a description
            of the images.
    """

    indices: np.ndarray
    distances: np.ndarray
    card: dict

    def __len__(self) -> int:
        """Number of images."""
        return len(self.indices)

    def __getitem__(self, part: slice) -> "Neighbors":
        """Selects a part of the images."""
        indices = self.indices[part]
        card = self.card | {"count": len(indices)}
        return Neighbors(indices, self.distances[part], card)

    def closest(self, count: int) -> np.ndarray:
        """Returns the indices of the `count` images with the smallest distances."""
        return np.argsort(self.distances, kind="stable")[:count]

    def to_dict(self) -> dict:
        """Returns the values as JSON types."""
        return {
            "indices": self.indices.tolist(),
            "distances": self.distances.tolist(),
            "card": self.card,
        }


def nearest_by_pixels(
    images: np.ndarray, train: data.ImageSet, *, samples: str = ""
) -> Neighbors:
    """Finds the nearest training images by the Euclidean distance of their pixels.

    Args:
        images: uint8 [n, h, w, c], of the training images' shape.
        train: The training images.
        samples: Description of the images for the card.

    Returns:
        Neighbors, with distances in gray levels over all pixels and channels, exact up
        to the final rounding.

    Raises:
        ValueError: Images of another dtype or shape, or none.
    """
    images = check_images(images, train)
    found = _by_distance(images, train.images)
    return _neighbors(*found, train, samples, {"distance": "pixels"})


def nearest_by_features(
    images: np.ndarray,
    train: data.ImageSet,
    extractor: Extractor,
    *,
    samples: str = "",
    batch_size: int = 500,
) -> Neighbors:
    """Finds the nearest training images by the distance of a classifier's features.

    Args:
        images: uint8 [n, h, w, c], of the training images' shape.
        train: The training images.
        extractor: Extractor of the features, compared by Euclidean distance.
        samples: Description of the images for the card.
        batch_size: Number of images per batch.

    Raises:
        ValueError: Images of another dtype or shape, none, or images that the
            extractor does not accept.
    """
    images = check_images(images, train)
    rows, others = (
        extractor.extract(part, batch_size).features for part in (images, train.images)
    )
    center = others.mean(axis=0, dtype=np.float64)  # keeps the rounding small
    found = _by_distance(rows - center, others - center)
    card = {"distance": "features", **extractor.card}
    return _neighbors(*found, train, samples, card)


def nearest_by_structural_similarity(
    images: np.ndarray, train: data.ImageSet, *, samples: str = "", **options: Any
) -> Neighbors:
    """Finds the training images with the highest structural similarity.

    Args:
        images: uint8 [n, h, w, c], of the training images' shape.
        train: The training images.
        samples: Description of the images for the card.
        **options: Options of `structural_similarity`, such as `win_size`.

    Returns:
        Neighbors; the distance is 1 minus the similarity, 0 to 2.

    Raises:
        ValueError: Images of another dtype or shape, none, or options that do not fit
            the images.
    """
    images = check_images(images, train)
    indices = np.empty(len(images), np.int64)
    similarities = np.empty(len(images))
    for start in range(0, len(images), _IMAGES):
        part = slice(start, start + _IMAGES)
        matrix = structural_similarity(images[part], train.images, **options)
        indices[part] = matrix.argmax(axis=1)
        similarities[part] = matrix.max(axis=1)
    distances = np.where(similarities > 1 - _EQUAL, 0.0, 1 - similarities)
    card = {"distance": "structural similarity", **options}
    return _neighbors(indices, distances, train, samples, card)


def _by_distance(rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the index of each row's nearest row in `others`, and its distance."""
    indices = np.zeros(len(rows), np.int64)
    squared = np.full(len(rows), np.inf)
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        for block in blocks(len(others), _ROWS):
            here, there = (
                some.reshape(len(some), -1) for some in (rows[part], others[block])
            )
            distances, _ = squared_distances(here, there)
            place = distances.argmin(axis=1)
            smallest = distances[np.arange(len(place)), place]
            better = smallest < squared[part]
            indices[part] = np.where(better, block.start + place, indices[part])
            squared[part] = np.where(better, smallest, squared[part])
    return indices, np.sqrt(squared)


def _neighbors(
    indices: np.ndarray,
    distances: np.ndarray,
    train: data.ImageSet,
    samples: str,
    card: dict,
) -> Neighbors:
    named = {
        "train": f"{train.name} {train.split}",
        "train_count": len(train),
        "train_fingerprint": train.fingerprint,
    }
    counts = {"count": len(indices), "samples": samples}
    return Neighbors(indices, distances, card | named | counts)


def check_images(images: np.ndarray, train: data.ImageSet) -> np.ndarray:
    """Returns the images, or raises a ValueError if they do not fit `train`."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:] != train.shape or not len(images):
        size = ", ".join(str(length) for length in train.shape)
        raise ValueError(
            f"neighbors need uint8 images of shape (n, {size}), n at least 1, like the "
            f"training images; got {images.dtype} of shape {images.shape} "
            f"(ganzoo.data.to_uint8 converts images in [-1, 1])"
        )
    return images
