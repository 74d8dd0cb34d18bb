"""Memorization: do generated images lie nearer to the training images than new ones?"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from ganzoo import data
from ganzoo.metrics.neighbors import Neighbors, check_images, nearest_by_pixels

_CHANCE = 3.0  # standard deviations


@dataclasses.dataclass(frozen=True, eq=False)
class Memorization:
    """Whether images lie nearer to the training images than real test images do.

    Attributes:
        z: Mann-Whitney statistic, in standard deviations: above 0 if the images are
            farther from the training images than the test images are, far below 0 if
            they are copies.
        nearer: Probability that an image is nearer to the training images than a test
            image is; 0.5 is best.
        copies: Number of images that equal a training image.
        median: Median distance of the images to their nearest training images.
        test_median: Median distance of the test images to theirs.
        count: Number of images.
        card: Card of the neighbors, with `test`, `test_count` and `test_fingerprint`.
        generated: Neighbors of the images.
        test: Neighbors of the test images.
    """

    z: float
    nearer: float
    copies: int
    median: float
    test_median: float
    count: int
    card: dict
    generated: Neighbors
    test: Neighbors

    @property
    def verdict(self) -> str:
        """Interpretation of the values, in plain sentences."""
        if self.z <= -_CHANCE:
            finding = "nearer to the training images than test images are: a sign of "
            finding += "memorization, or of images smoother than real ones (see the "
            finding += "pairs)"
        elif self.z >= _CHANCE:
            finding = "farther from the training images than test images are: no sign "
            finding += "of memorization, but of images unlike the data"
        else:
            finding = "as near to the training images as test images are: no sign of "
            finding += "memorization on the whole"
        copies = f" {self.copies} of them are copies of training images."
        return (
            f"By {self.card['distance']}, the images are {finding}. An image is nearer "
            f"than a test image with probability {self.nearer:.2f}, z = {self.z:.1f}, "
            f"where |z| below {_CHANCE:.0f} is chance (Mann-Whitney test of "
            f"{self.count} against {len(self.test)} distances, as in Meehan et al. "
            f"2020).{copies if self.copies else ''}"
        )

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        return {
            "memorisation_z": self.z,
            "nearer_than_test": self.nearer,
            "copies": float(self.copies),
        }

    def to_dict(self) -> dict:
        """Returns the values, the verdict and the card as JSON types."""
        names = ("z", "nearer", "copies", "median", "test_median", "count", "card")
        return {name: getattr(self, name) for name in names} | {"verdict": self.verdict}

    def quantiles(self, points: int = 101) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Returns both distributions, for plotting as curves.

        Args:
            points: Number of quantiles, from the smallest distance to the largest.

        Returns:
            Percentages [points], and by name the distances [points] that this
            percentage of the images does not exceed.
        """
        percent = np.linspace(0.0, 100.0, points)
        sets = {"generated": self.generated, "test images": self.test}
        return percent, {
            name: np.percentile(found.distances, percent)
            for name, found in sets.items()
        }


def memorization(
    images: np.ndarray,
    test: data.ImageSet,
    train: data.ImageSet,
    nearest: Callable[..., Neighbors] = nearest_by_pixels,
    *,
    samples: str = "",
) -> Memorization:
    """Compares generated and unseen real images by distance to the training images.

    Images of a generator that has learned the distribution are as far from the training
    images as other real images are; images of one that copies are nearer. The statistic
    is that of Mann & Whitney 1947, "On a test of whether one of two random variables is
    stochastically larger than the other", as used by Meehan et al. 2020, "A
    non-parametric test to detect data-copying in generative models". It covers the
    whole space at once, so a generator that copies in one region and invents in another
    may pass. Images plainer than real ones, blurred for example, are nearer to all of
    them.

    Args:
        images: Generated images, uint8 [n, h, w, c].
        test: Real images that the generator was not trained on.
        train: The training images.
        nearest: Function that finds the nearest training images, for example
            `functools.partial(nearest_by_features, extractor=extractor)`.
        samples: Description of the images for the card.

    Raises:
        ValueError: Images of another dtype or shape, or none.
    """
    images = check_images(images, train)
    # Together, so that the training images are processed only once.
    together = np.concatenate([images, check_images(test.images, train)])
    found = nearest(together, train, samples=samples)
    generated, held_out = found[: len(images)], found[len(images) :]
    nearer, z = _mann_whitney(generated.distances, held_out.distances)
    of_test = {
        "test": f"{test.name} {test.split}",
        "test_count": len(test),
        "test_fingerprint": test.fingerprint,
    }
    return Memorization(
        z=z,
        nearer=nearer,
        copies=int(np.count_nonzero(generated.distances == 0)),
        median=float(np.median(generated.distances)),
        test_median=float(np.median(held_out.distances)),
        count=len(images),
        card=generated.card | of_test,
        generated=generated,
        test=dataclasses.replace(
            held_out, card=held_out.card | {"samples": of_test["test"]}
        ),
    )


def _mann_whitney(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Returns P(first < second), ties counting half, and the standardized statistic.

    It uses the normal approximation, with the variance corrected for ties.
    """
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))
    above = ranks[:n].sum() - n * (n + 1) / 2  # pairs in which the first is larger
    ties = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    total = n + m
    variance = n * m / 12 * (total + 1 - np.sum(ties**3 - ties) / (total * (total - 1)))
    z = (above - n * m / 2) / np.sqrt(variance) if variance > 0 else 0.0
    return float(1 - above / (n * m)), float(z)
