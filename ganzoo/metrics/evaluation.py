"""All metrics of a set of images against real ones, with a card of their provenance."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from ganzoo import data
from ganzoo.metrics import classification, frechet
from ganzoo.metrics.features import Extractor

# Values of two cards are comparable only if all of these agree; the samples themselves
# may differ.
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
_OF_CLASSES = (
    "classifier_score",
    "confident_share",
    "class_shares",
    "class_divergence",
)
_ROWS = 1000  # images at a time
_LEAST_CONTRAST = 1e-3  # of real images, in gray levels
# Attributes whose names in published reports are older.
_PUBLISHED = {
    "confident_fraction": "confident_share",
    "class_fractions": "class_shares",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """Features of real images, against which samples are measured.

    Attributes:
        gaussian: Moments of the features.
        contrast: Mean contrast of the images; see `contrast`.
        class_fractions: Histogram of the true labels, float64 [c]; for an extractor
            with other classes, the histogram of its predictions.
        card: Extractor and its SHA-256; name, split, count and fingerprint of the
            images; number of features kept, if any.
        features: float32 [n, d] of some of the images, or None.
    """

    gaussian: frechet.Gaussian
    contrast: float
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
        """Extracts the features of a whole image set.

        Args:
            extractor: Feature extractor; use the same one for the samples.
            image_set: Real images with labels.
            batch_size: Number of images per batch.
            features: Number of images, evenly spaced in the set, whose features are
                kept for metrics that compare individual samples; at most all images.

        Raises:
            ValueError: The extractor does not accept the images, there are fewer than
                two, or the number of features is negative.
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
        gaussian = frechet.statistics(seen.features)
        return cls(gaussian, contrast(image_set.images), fractions, card, kept)


@dataclasses.dataclass(frozen=True)
class MetricReport:
    """Metrics of a set of images.

    Attributes:
        frechet_distance: Squared Fréchet distance to the reference, in the
            extractor's features; 0 is best.
        classifier_score: 1 .. number of classes; the highest is best.
        confident_fraction: Fraction of images whose predicted class has a probability
            over 0.9.
        contrast: Mean contrast relative to the reference's; 1 is best, 0 are squares of
            one color.
        class_fractions: Fraction of each predicted class among the images.
        class_divergence: KL(class_fractions || the reference's), in nats.
        count: Number of images.
        card: The reference's card, `count`, and `samples`, a description of the images.
        also: Results of further metrics, dataclasses with their own cards.
    """

    frechet_distance: float
    classifier_score: float
    confident_fraction: float
    contrast: float
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
        if len(self.class_fractions) == 1:  # the extractor knows no classes
            for name in _OF_CLASSES:
                del values[name]
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
    """Measures images against a reference.

    Slow metrics are only computed on request, as in

        reference = Reference.build(extractor, train, features=10_000)
        measure(extractor, images, reference, also=[kernel_distance, prdc])

    Args:
        extractor: Feature extractor that `reference` was built with.
        images: uint8 [n, h, w, c], n at least 2.
        reference: Features of the real images.
        samples: Description of the images for the card, such as ``"generator, raw
            weights, seed 0, step 46800"``.
        batch_size: Number of images per batch.
        also: Further metrics, each called as ``metric(features, reference_features,
            card=...)`` and returning a dataclass with `scalars()`.

    Raises:
        ValueError: The extractor does not accept the images, there are fewer than two,
            or the reference was built with other weights or lacks the features that
            further metrics need.
    """
    if also and reference.features is None:
        raise ValueError(
            "further metrics compare features, but the reference kept none; build it "
            "with Reference.build(..., features=10_000)"
        )
    if reference.card["sha256"] != extractor.sha256:
        raise ValueError(
            f"the reference was built with the {reference.card['extractor']!r} "
            f"extractor of SHA-256 {reference.card['sha256']}, but this one "
            f"is {extractor.name!r} of {extractor.sha256}; build the reference with "
            f"the same extractor"
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
        contrast=contrast(images) / max(reference.contrast, _LEAST_CONTRAST),
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


def contrast(images: np.ndarray) -> float:
    """Returns the mean over images of the standard deviation of their gray levels.

    Args:
        images: uint8 [n, h, w, c]. The channels are averaged first, so that a square of
            one color has no contrast.
    """
    parts = (images[n : n + _ROWS] for n in range(0, len(images), _ROWS))
    stds = [part.mean(-1, np.float32).std(axis=(1, 2)) for part in parts]
    return float(np.concatenate(stds).mean())


def differences(first: dict, second: dict) -> dict[str, tuple]:
    """Returns the entries of two cards that make their values incomparable.

    Args:
        first: Card of a `MetricReport`.
        second: Another card.

    Returns:
        The entries that must agree and do not, each with both values; empty if the
        values are comparable.
    """
    return {
        key: (first.get(key), second.get(key))
        for key in _SAME
        if first.get(key) != second.get(key)
    }


def comparable(first: dict, second: dict) -> bool:
    """Returns whether the values of two cards are comparable."""
    return not differences(first, second)
