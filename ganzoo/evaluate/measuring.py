"""Measures one set of images by one extractor, with intervals."""

import dataclasses
import functools

import numpy as np

from ganzoo import data, metrics
from ganzoo.evaluate import images as subjects
from ganzoo.evaluate.progress import Watched
from ganzoo.metrics import coverage, frechet, spread
from ganzoo.metrics.kernel_distance import discrepancy_without, mean_kernel

MOST = 10_000  # images of a set whose features are compared one by one
RANKED_BY = "frechet_distance"
_DIRECTIONS = 250  # of MIND, for its interval
# Value of all images, and values without one part each, by name of the measure.
_Measures = dict[str, tuple[float, list[float]]]


@dataclasses.dataclass(frozen=True)
class Row:
    """Measures of one set of images by one extractor.

    Attributes:
        name: What was measured.
        extractor: Name of the extractor.
        rank: 1 for the smallest Fréchet distance; None for real images, or before rows
            are ranked.
        tied: Whether the interval of its difference from the set ranked before it
            includes 0.
        values: Measures by name.
        half_widths: Half-widths of their 95% intervals, see `metrics.half_width`.
        card: Extractor, weights, resizing, reference, samples and their number.
        floor: Whether these are real test images, which bound the others.
    """

    name: str
    extractor: str
    values: dict[str, float]
    half_widths: dict[str, float]
    card: dict
    floor: bool = False
    rank: int | None = None
    tied: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class RealImages:
    """Real images as one extractor sees them, and what is computed once of them.

    Attributes:
        extractor: The extractor.
        gaussian: Moments of the features of all images.
        card: Card of extractor and images.
        features: Features of up to MOST images, float32 [m, d]; None if only moments
            are known.
    """

    extractor: Watched
    gaussian: metrics.Gaussian
    card: dict
    features: np.ndarray | None = None

    @classmethod
    def of_images(cls, extractor: Watched, images: data.ImageSet) -> "RealImages":
        """Looks at a data set."""
        built = metrics.Reference.build(extractor, images, features=MOST)
        return cls(extractor, built.gaussian, built.card, built.features)

    @classmethod
    def of_moments(cls, extractor: Watched, path: str) -> "RealImages":
        """Reads the moments of others; see `metrics.read_statistics`.

        Raises:
            ValueError: They are of another number of features than the extractor's.
        """
        gaussian = metrics.read_statistics(path)
        blank = np.zeros((1, *extractor.image_shape), np.uint8)
        size = extractor.extract(blank, 1).features.shape[1]
        if len(gaussian.mean) != size:
            raise ValueError(
                f"The moments in {path} are of {len(gaussian.mean):,} features, but "
                f"the extractor {extractor.name} has {size:,}. Give the one that the "
                "file was made with: fid, fid-pytorch or fid-clean for published ones."
            )
        card = extractor.card | {"reference": f"moments in {path}"}
        return cls(extractor, gaussian, card)

    @functools.cached_property
    def kernel_mean(self) -> float:
        """Mean kernel of the pairs of features."""
        assert self.features is not None
        return mean_kernel(self.features)

    @functools.cached_property
    def radii(self) -> np.ndarray:
        """Squared radii of the neighborhoods of the features."""
        assert self.features is not None
        return coverage.squared_radii(self.features)


def measured(
    name: str, images: np.ndarray, samples: str, real: RealImages, seed: int
) -> Row:
    """Measures images, and how the measures differ over parts of them.

    Args:
        name: What they are, for tables.
        images: uint8 [n, h, w, c], n at least 100.
        samples: What they are, for the card.
        real: The real images.
        seed: Seed of the parts.
    """
    seen = real.extractor.extract(images)
    compared = subjects.evenly(seen.features, min(MOST, len(seen)))
    found = _of_all(seen, real, seed)
    if real.features is not None:
        found |= _one_by_one(compared, real, seed)
    card = real.card | {"samples": samples, "count": len(seen)}
    card |= {"compared": len(compared), "parts": spread.PARTS, "parts_seed": seed}
    return Row(
        name,
        real.extractor.name,
        {key: value for key, (value, _) in found.items()},
        {key: spread.half_width(left_out) for key, (_, left_out) in found.items()},
        card,
    )


def _of_all(seen: metrics.Features, real: RealImages, seed: int) -> _Measures:
    """Measures all images, and without one part each."""
    parts = spread.divided(len(seen), seed=seed)
    found = {RANKED_BY: frechet.frechet_without(seen.features, real.gaussian, parts)}
    score, known = metrics.classifier_score, seen.probabilities
    if known.shape[1] > 1:
        left_out = [score(np.delete(known, part, axis=0)) for part in parts]
        found["classifier_score"] = score(known), left_out
    return found


def _one_by_one(features: np.ndarray, real: RealImages, seed: int) -> _Measures:
    """Compares features with real ones, and without one part each."""
    known, parts = real.features, spread.divided(len(features), seed=seed)
    assert known is not None
    everything, without = coverage.prdc_without(
        features, known, parts, reference_radii=real.radii
    )
    left_out = [
        metrics.mind(np.delete(features, part, axis=0), known, directions=_DIRECTIONS)
        for part in parts
    ]
    return {
        "mind": (metrics.mind(features, known).mind, [one.mind for one in left_out]),
        "kernel_distance": discrepancy_without(
            features, known, parts, real.kernel_mean
        ),
        **{name: (value, without[name]) for name, value in everything.items()},
    }
