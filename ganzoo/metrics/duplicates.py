"""Counts samples that look the same: pairs of near-duplicates.

By the birthday paradox (Arora et al. 2018, "Do GANs learn the distribution? Some theory
and empirics") the size of a generator's support shows in how often two of its samples
coincide: among N equally likely images, two are the same with probability 1/N. The
paper inspects the closest pairs of a batch by eye. This module counts all pairs that
are more similar than a threshold, which is calibrated on real images.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ganzoo import data

_ROWS = 1000  # images compared with all others at a time


@dataclasses.dataclass(frozen=True)
class DuplicateThreshold:
    """The lowest similarity of two images that count as near-duplicates.

    Attributes:
        similarity: Cosine similarity of the pixels of two images, 0 to 1. By Euclidean
            distance, a thin digit would be close to all others.
        card: Name, split and fingerprint of the real images used for calibration, the
            number of images compared, the fraction of their pairs that are at least as
            similar, and the similarity.
    """

    similarity: float
    card: dict

    @classmethod
    def build(
        cls, image_set: data.ImageSet, *, fraction: float = 1e-4, count: int = 10_000
    ) -> "DuplicateThreshold":
        """Calibrates the threshold so that few real pairs are near-duplicates.

        Args:
            image_set: Real images.
            fraction: Fraction of their pairs that count as near-duplicates, in (0, 1).
                The estimated support of real images is 1 / fraction; compare that of
                samples with it.
            count: Number of images to compare, see `data.some`; of a smaller set, all.

        Raises:
            ValueError: The fraction is outside of (0, 1), or too small for the number
                of pairs.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"fraction must be in (0, 1), got {fraction}")
        images = data.some(image_set, min(count, len(image_set))).images
        pairs = len(images) * (len(images) - 1) // 2
        wanted = round(fraction * pairs)
        if wanted < 1:
            raise ValueError(
                f"{len(images)} images have {pairs} pairs, and a fraction {fraction} "
                f"of them is less than one pair; use more images or a larger fraction"
            )
        card = {
            "duplicates_of": f"{image_set.name} {image_set.split}",
            "duplicates_fingerprint": image_set.fingerprint,
            "duplicates_compared": len(images),
            "duplicates_share": fraction,
        }
        similarity = _largest(images, wanted)
        return cls(similarity, card | {"duplicates_similarity": similarity})


@dataclasses.dataclass(frozen=True)
class NearDuplicates:
    """Frequency of near-duplicates among a set of images.

    Attributes:
        fraction: Fraction of all pairs that are near-duplicates.
        support: 1 / fraction, the number of equally likely images that would coincide
            as often; None if no pair does.
        count: Number of images.
        card: The threshold's card, `count`, and `samples`, a description of the images.
    """

    fraction: float
    support: float | None
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        known = {} if self.support is None else {"support": self.support}
        return {"duplicate_share": self.fraction} | known

    def to_dict(self) -> dict:
        """Returns the values as JSON types, under the names in published reports."""
        values = dataclasses.asdict(self)
        return {"share": values.pop("fraction")} | values


def near_duplicates(
    images: np.ndarray, threshold: DuplicateThreshold, *, samples: str = ""
) -> NearDuplicates:
    """Counts the pairs of near-duplicates and estimates the support from them.

    Compares all n (n - 1) / 2 pairs by matrix products: a few seconds for 10,000 images
    of 28x28.

    Args:
        images: uint8 [n, ...], n at least 2.
        threshold: Threshold calibrated on real images of the same shape.
        samples: Description of the images for the card.

    Raises:
        ValueError: Fewer than two images, or images that are not uint8.
    """
    found = sum(
        int(np.count_nonzero(similarities >= threshold.similarity))
        for similarities in _similarities(images)
    )
    fraction = found / (len(images) * (len(images) - 1) // 2)
    return NearDuplicates(
        fraction=fraction,
        support=1 / fraction if found else None,
        count=len(images),
        card={**threshold.card, "count": len(images), "samples": samples},
    )


def _similarities(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the similarities of all pairs i < j, a block at a time, as flat arrays."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or len(images) < 2:
        raise ValueError(
            f"near_duplicates needs at least 2 uint8 images, got "
            f"{len(images)} of {images.dtype}; convert images in [-1, 1] with "
            f"ganzoo.data.to_uint8"
        )
    rows = images.reshape(len(images), -1).astype(np.float32)
    norms = np.linalg.norm(rows, axis=1)
    blank = norms == 0
    rows /= np.where(blank, 1, norms)[:, None]
    rows = np.hstack([rows, blank[:, None]])  # blank images equal each other, too
    for start in range(0, len(rows), _ROWS):
        block, others = rows[start : start + _ROWS], rows[start + _ROWS :]
        yield (block @ block.T)[np.triu_indices(len(block), 1)]
        if len(others):
            yield (block @ others.T).ravel()


def _largest(images: np.ndarray, count: int) -> float:
    """Returns the `count`-th largest similarity of all pairs."""
    kept = np.empty(0, np.float32)
    for similarities in _similarities(images):
        if len(kept) == count:
            similarities = similarities[similarities > kept.min()]
        kept = np.concatenate([kept, similarities])
        if len(kept) > count:
            kept = np.partition(kept, -count)[-count:]
    return float(kept.min())
