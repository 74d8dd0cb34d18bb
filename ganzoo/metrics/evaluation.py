"""All measures of a set of images against real ones, with the card that dates them."""

import dataclasses

import numpy as np

from ganzoo import data
from ganzoo.metrics import classification, frechet
from ganzoo.metrics.features import Extractor

# Two numbers may stand side by side only where all of these agree; what the samples
# are is the very thing compared.
_SAME = (
    "extractor",
    "sha256",
    "reference",
    "reference_count",
    "reference_fingerprint",
    "count",
)


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """Real images as an extractor sees them: what samples are measured against.

    Attributes:
        gaussian: moments of the features.
        class_shares: float64 [c], the histogram of the true labels.
        card: extractor and its SHA-256; name and split, count and fingerprint of
            the images.
    """

    gaussian: frechet.Gaussian
    class_shares: np.ndarray
    card: dict

    @classmethod
    def build(
        cls, extractor: Extractor, image_set: data.ImageSet, batch_size: int = 500
    ) -> "Reference":
        """Look at a whole image set through an extractor.

        Args:
            extractor: the network that will look at the samples too.
            image_set: real images with labels.
            batch_size: images at a time.

        Returns:
            The reference.

        Raises:
            ValueError: images that the extractor does not take, or fewer than two.
        """
        seen = extractor.extract(image_set.images, batch_size)
        shares = classification.class_histogram(
            image_set.labels, seen.probabilities.shape[1]
        )
        card = {
            **extractor.card,
            "reference": f"{image_set.name} {image_set.split}",
            "reference_count": len(image_set),
            "reference_fingerprint": image_set.fingerprint,
        }
        return cls(frechet.statistics(seen.features), shares, card)


@dataclasses.dataclass(frozen=True)
class Measures:
    """What was measured of a set of images.

    Attributes:
        frechet_distance: squared Fréchet distance to the reference, in the
            extractor's features; 0 is best.
        classifier_score: 1 .. number of classes; highest is best.
        confident_share: share of images whose class the classifier gives a
            probability over 0.9.
        class_shares: share of each class among the images, as classified.
        class_divergence: KL(class_shares || the reference's), in nats.
        count: number of images.
        card: the reference's card, ``count``, and ``samples``: what the images are.
    """

    frechet_distance: float
    classifier_score: float
    confident_share: float
    class_shares: tuple[float, ...]
    class_divergence: float
    count: int
    card: dict

    def to_dict(self) -> dict:
        """The same as plain numbers, lists and strings, ready for JSON."""
        return {
            **dataclasses.asdict(self),
            "class_shares": list(self.class_shares),
        }


def measure(
    extractor: Extractor,
    images: np.ndarray,
    reference: Reference,
    *,
    samples: str = "",
    batch_size: int = 500,
) -> Measures:
    """Measure images against a reference.

    Args:
        extractor: the one that ``reference`` was built with.
        images: uint8 [n, h, w, c], n at least 2.
        reference: the real images, seen by the same extractor.
        samples: what the images are, for the card, such as ``"generator, raw
            weights, seed 0, step 46800"``.
        batch_size: images at a time.

    Returns:
        The measures with their card.

    Raises:
        ValueError: images that the extractor does not take, fewer than two, or a
            reference built with other weights.
    """
    if reference.card["sha256"] != extractor.sha256:
        raise ValueError(
            f"the reference was built with the {reference.card['extractor']!r} "
            f"extractor of SHA-256 {reference.card['sha256']}, the images would be "
            f"seen by {extractor.name!r} of {extractor.sha256}; build the reference "
            f"with the same extractor"
        )
    seen = extractor.extract(images, batch_size)
    shares = classification.class_histogram(seen.probabilities)
    return Measures(
        frechet_distance=frechet.frechet_distance(
            frechet.statistics(seen.features), reference.gaussian
        ),
        classifier_score=classification.classifier_score(seen.probabilities),
        confident_share=classification.confident_share(seen.probabilities),
        class_shares=tuple(shares.tolist()),
        class_divergence=classification.histogram_divergence(
            shares, reference.class_shares
        ),
        count=len(seen),
        card={**reference.card, "count": len(seen), "samples": samples},
    )


def differences(first: dict, second: dict) -> dict[str, tuple]:
    """What keeps the numbers of two cards from standing side by side.

    Args:
        first: a card of :class:`Measures`.
        second: another.

    Returns:
        The entries that must agree and do not, each with both values; empty where
        the numbers may be compared.
    """
    return {
        key: (first.get(key), second.get(key))
        for key in _SAME
        if first.get(key) != second.get(key)
    }


def comparable(first: dict, second: dict) -> bool:
    """Whether the numbers of two cards may stand side by side."""
    return not differences(first, second)
