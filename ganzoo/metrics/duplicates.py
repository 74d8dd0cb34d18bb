"""How many of the samples look the same: pairs of near-duplicates.

By the birthday paradox (Arora et al. 2018, "Do GANs learn the distribution? Some theory
and empirics") a generator's support shows in how often two of its samples coincide: of
N equally likely images, two are the same one with probability 1/N. There, the closest
pairs of a batch were judged by eye. Here all pairs are counted that are more similar
than a threshold, which is set by real images.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ganzoo import data

_ROWS = 1000  # compared at a time with all others


@dataclasses.dataclass(frozen=True)
class DuplicateThreshold:
    """From which similarity on two images count as near-duplicates.

    Attributes:
        similarity: cosine of the pixels of two images, 0 to 1; ink is positive, so a
            thin digit is not close to every other one as it is by the distance.
        card: name, split and fingerprint of the real images that set it, how many of
            them were compared, the fraction of their pairs that are as similar, and the
            similarity.
    """

    similarity: float
    card: dict

    @classmethod
    def build(
        cls, image_set: data.ImageSet, *, fraction: float = 1e-4, count: int = 10_000
    ) -> "DuplicateThreshold":
        """Set the threshold so that few pairs of real images are near-duplicates.

        Args:
            image_set: real images.
            fraction: of their pairs that are to count, in (0, 1). The support estimated of
                real images is 1 / fraction, so samples are to be compared with that.
            count: Number of images compared, see `data.some`; all of a smaller set.

        Returns:
            The threshold with its card.

        Raises:
            ValueError: a fraction outside of (0, 1), or too few images to have such pairs.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"fraction must be in (0, 1), got {fraction}")
        images = data.some(image_set, min(count, len(image_set))).images
        pairs = len(images) * (len(images) - 1) // 2
        wanted = round(fraction * pairs)
        if wanted < 1:
            raise ValueError(
                f"{len(images)} images have {pairs} pairs, of which a fraction of {fraction} "
                f"is none; take more images or a larger fraction"
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
    """How often two of a set of images are near-duplicates.

    Attributes:
        fraction: of all pairs.
        support: 1 / fraction, the number of equally likely images that would coincide as
            often; None where no pair does.
        count: number of images.
        card: the threshold's card, ``count``, and ``samples``: what the images are.
    """

    fraction: float
    support: float | None
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """The numbers to follow through a training, under the names of its logs."""
        known = {} if self.support is None else {"support": self.support}
        return {"duplicate_share": self.fraction} | known

    def to_dict(self) -> dict:
        """Returns the values as JSON types, under the names in published reports."""
        values = dataclasses.asdict(self)
        return {"share": values.pop("fraction")} | values


def near_duplicates(
    images: np.ndarray, threshold: DuplicateThreshold, *, samples: str = ""
) -> NearDuplicates:
    """Count the pairs of near-duplicates, and estimate the support from them.

    Compares all n (n - 1) / 2 pairs, as matrix products: a few seconds for 10,000
    images of 28x28.

    Args:
        images: uint8 [n, ...], n at least 2.
        threshold: set by real images of the same shape.
        samples: what the images are, for the card.

    Returns:
        The measures with their card.

    Raises:
        ValueError: fewer than two images, or images that are not uint8.
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
            f"near-duplicates are sought among at least 2 uint8 images, got "
            f"{len(images)} of {images.dtype}; turn images in [-1, 1] into bytes with "
            f"ganzoo.data.to_uint8"
        )
    rows = images.reshape(len(images), -1).astype(np.float32)
    norms = np.linalg.norm(rows, axis=1)
    blank = norms == 0
    rows /= np.where(blank, 1, norms)[:, None]
    rows = np.hstack([rows, blank[:, None]])  # of equal images, the blank ones too
    for start in range(0, len(rows), _ROWS):
        block, others = rows[start : start + _ROWS], rows[start + _ROWS :]
        yield (block @ block.T)[np.triu_indices(len(block), 1)]
        if len(others):
            yield (block @ others.T).ravel()


def _largest(images: np.ndarray, count: int) -> float:
    """The `count`-th largest similarity of all pairs."""
    kept = np.empty(0, np.float32)
    for similarities in _similarities(images):
        if len(kept) == count:
            similarities = similarities[similarities > kept.min()]
        kept = np.concatenate([kept, similarities])
        if len(kept) > count:
            kept = np.partition(kept, -count)[-count:]
    return float(kept.min())
