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
        z: Standard deviations by which the distances of the images are higher than
            those of test images; far below 0 where training images are copied.
        nearer: Probability that of an image and a test image the first is the nearer
            one to the training images; 0.5 is best.
        copies: Images that equal a training image.
        median: Of the images' distances to their nearest training images.
        test_median: Of the test images'.
        count: Number of images.
        card: That of the neighbors, with `test`, `test_count` and
            `test_fingerprint`.
        generated: The images' neighbors.
        test: The test images'.
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
            said = "nearer to the training images than test images are: a sign of "
            said += "memorization, or of images smoother than real ones (see the pairs)"
        elif self.z >= _CHANCE:
            said = "further from the training images than test images are: no sign of "
            said += "memorization, but of images unlike the data"
        else:
            said = "as near to the training images as test images are: no sign of "
            said += "memorization on the whole"
        copies = f" {self.copies} of them are copies of training images."
        return (
            f"By {self.card['distance']}, the images are {said}. Of an image and a "
            f"test image the first is the nearer one with probability "
            f"{self.nearer:.2f}, z = {self.z:.1f}, where |z| below {_CHANCE:.0f} is "
            f"chance (Mann-Whitney test of {self.count} against {len(self.test)} "
            f"distances, as in Meehan et al. 2020).{copies if self.copies else ''}"
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
            Per cent [points], and the distances [points] that so many do not exceed,
            by name.
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
    """Compares distances to the training images: of generated and of unseen real ones.

    A generator that has learned the distribution draws images as far from the training
    images as other real images are; one that copies draws nearer ones. The statistic is
    that of Mann & Whitney 1947, "On a test of whether one of two random variables is
    stochastically larger than the other", as Meehan et al. 2020, "A non-parametric test
    to detect data-copying in generative models", use it, here for the space as a whole:
    a generator that copies in one region and invents in another may pass. And what is
    plainer than real images, blurred for example, is nearer to all of them.

    Args:
        images: uint8 [n, h, w, c], generated.
        test: Real images that were not trained on.
        train: The training images.
        nearest: By what they are near, for example
            `functools.partial(nearest_by_features, extractor=extractor)`.
        samples: Description of the images for the card.

    Returns:
        The metrics with their card.

    Raises:
        ValueError: Images of another dtype or shape, or none.
    """
    images = check_images(images, train)
    # At once, so that the training images are looked at only once.
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
    """P(first < second), ties counted half, and the standardized statistic.

    The normal approximation with the variance corrected for ties.
    """
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first, second]))
    above = ranks[:n].sum() - n * (n + 1) / 2  # pairs in which the first is larger
    ties = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    total = n + m
    variance = n * m / 12 * (total + 1 - np.sum(ties**3 - ties) / (total * (total - 1)))
    z = (above - n * m / 2) / np.sqrt(variance) if variance > 0 else 0.0
    return float(1 - above / (n * m)), float(z)
