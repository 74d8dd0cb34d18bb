"""All measures of a set of images against real ones, with the card that dates them."""

import dataclasses
from collections.abc import Callable, Sequence

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
    "reference_features",
    "count",
    "subsets",
    "subset_size",
    "subset_seed",
    "neighbours",
)


# Attributes whose names in published reports are older.
_PUBLISHED = {
    "confident_fraction": "confident_share",
    "class_fractions": "class_shares",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """Real images as an extractor sees them: what samples are measured against.

    Attributes:
        gaussian: moments of the features.
        class_fractions: float64 [c], the histogram of the true labels; of an extractor
            whose classes are others, that of the classes it sees.
        card: extractor and its SHA-256; name and split, count and fingerprint of
            the images; how many features were kept, if any.
        features: float32 [n, d] of some of the images, or None.
    """

    gaussian: frechet.Gaussian
    class_fractions: np.ndarray
    card: dict
    features: np.ndarray | None = None

    @classmethod
    def build(
        cls,
        extractor: Extractor,
        image_set: data.ImageSet,
        batch_size: int = 500,
        *,
        features: int = 0,
    ) -> "Reference":
        """Look at a whole image set through an extractor.

        Args:
            extractor: the network that will look at the samples too.
            image_set: real images with labels.
            batch_size: images at a time.
            features: of how many images, evenly spaced in the set, the features are
                kept, for measures that compare sample with sample; all where there are
                fewer.

        Returns:
            The reference.

        Raises:
            ValueError: images that the extractor does not take, or fewer than two; a
                negative number of features.
        """
        if features < 0:
            raise ValueError(f"features={features} to keep must be at least 0")
        seen = extractor.extract(image_set.images, batch_size)
        fractions = classification.class_histogram(seen.probabilities)
        if len(fractions) == len(image_set.class_names):
            fractions = classification.class_histogram(image_set.labels, len(fractions))
        card = {
            **extractor.card,
            "reference": f"{image_set.name} {image_set.split}",
            "reference_count": len(image_set),
            "reference_fingerprint": image_set.fingerprint,
        }
        kept = None
        if features:
            count = min(features, len(image_set))
            kept = seen.features[np.arange(count) * len(image_set) // count]
            card["reference_features"] = count
        return cls(frechet.statistics(seen.features), fractions, card, kept)


@dataclasses.dataclass(frozen=True)
class MetricReport:
    """What was measured of a set of images.

    Attributes:
        frechet_distance: squared Fréchet distance to the reference, in the
            extractor's features; 0 is best.
        classifier_score: 1 .. number of classes; highest is best.
        confident_fraction: fraction of images whose class the classifier gives a
            probability over 0.9.
        class_fractions: fraction of each class among the images, as classified.
        class_divergence: KL(class_fractions || the reference's), in nats.
        count: number of images.
        card: the reference's card, ``count``, and ``samples``: what the images are.
        also: what was measured besides, dataclasses with cards of their own.
    """

    frechet_distance: float
    classifier_score: float
    confident_fraction: float
    class_fractions: tuple[float, ...]
    class_divergence: float
    count: int
    card: dict
    also: tuple = ()

    def to_dict(self) -> dict:
        """Returns the values as JSON types, under the names in published reports."""
        values = dataclasses.asdict(self)
        values = {_PUBLISHED.get(name, name): value for name, value in values.items()}
        values["class_shares"] = list(self.class_fractions)
        further = values.pop("also")
        return values | ({"also": list(further)} if further else {})


def measure(
    extractor: Extractor,
    images: np.ndarray,
    reference: Reference,
    *,
    samples: str = "",
    batch_size: int = 500,
    also: Sequence[Callable] = (),
) -> MetricReport:
    """Measure images against a reference.

    What takes longer than the rest together is measured only when asked for, as in

        reference = Reference.build(extractor, train, features=10_000)
        measure(extractor, images, reference, also=[kernel_distance, prdc])

    Args:
        extractor: the one that ``reference`` was built with.
        images: uint8 [n, h, w, c], n at least 2.
        reference: the real images, seen by the same extractor.
        samples: what the images are, for the card, such as ``"generator, raw
            weights, seed 0, step 46800"``.
        batch_size: images at a time.
        also: further measures, each called as ``measure(features, reference_features,
            card=...)``; returns a dataclass with ``scalars()``.

    Returns:
        The measures with their card.

    Raises:
        ValueError: images that the extractor does not take, fewer than two, a
            reference built with other weights, or further measures with a reference
            that kept no features.
    """
    if also and reference.features is None:
        raise ValueError(
            "further measures compare features, and the reference has kept none; build "
            "it with Reference.build(..., features=10_000)"
        )
    if reference.card["sha256"] != extractor.sha256:
        raise ValueError(
            f"the reference was built with the {reference.card['extractor']!r} "
            f"extractor of SHA-256 {reference.card['sha256']}, the images would be "
            f"seen by {extractor.name!r} of {extractor.sha256}; build the reference "
            f"with the same extractor"
        )
    seen = extractor.extract(images, batch_size)
    fractions = classification.class_histogram(seen.probabilities)
    card = {**reference.card, "count": len(seen), "samples": samples}
    return MetricReport(
        frechet_distance=frechet.frechet_distance(
            frechet.statistics(seen.features), reference.gaussian
        ),
        classifier_score=classification.classifier_score(seen.probabilities),
        confident_fraction=classification.confident_fraction(seen.probabilities),
        class_fractions=tuple(fractions.tolist()),
        class_divergence=classification.histogram_divergence(
            fractions, reference.class_fractions
        ),
        count=len(seen),
        card=card,
        also=tuple(
            further(seen.features, reference.features, card=card) for further in also
        ),
    )


def differences(first: dict, second: dict) -> dict[str, tuple]:
    """What keeps the numbers of two cards from standing side by side.

    Args:
        first: a card of :class:`MetricReport`.
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
