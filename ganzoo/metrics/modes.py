"""Counts the modes of the data that the samples cover."""

import dataclasses

import numpy as np

from ganzoo import data
from ganzoo.metrics import classification
from ganzoo.metrics.features import Extractor

HIGH_QUALITY = 3.0  # standard deviations


@dataclasses.dataclass(frozen=True)
class PointModes:
    """Coverage of the modes of a Gaussian mixture by points.

    Attributes:
        modes: Number of modes that are the nearest one to a high-quality point.
        high_quality: Fraction of the points that are within three standard deviations
            of the nearest mode.
        mode_fractions: Fraction of each mode among the high-quality points; all 0 if
            there are no such points.
        count: Number of points.
        card: Name and fingerprint of the mixture, the number of its modes and standard
            deviations, `count`, and `samples`, a description of the points.
    """

    modes: int
    high_quality: float
    mode_fractions: tuple[float, ...]
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        return {"modes": float(self.modes), "high_quality": self.high_quality}

    def to_dict(self) -> dict:
        """Returns the values as JSON types, under the names in published reports."""
        values = dataclasses.asdict(self)
        fractions = values.pop("mode_fractions")
        return values | {"mode_shares": list(fractions)}


def point_modes(
    points: np.ndarray, mixture: data.GaussianMixture, *, samples: str = ""
) -> PointModes:
    """Counts the modes of a mixture that points cover.

    The protocol of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018) takes
    2,500 points. Points drawn from the mixture itself cover all modes; in the plane,
    1 - exp(-9/2) = 98.9 % of them are of high quality.

    Args:
        points: Floats [n, dimensions], n at least 1. Points that are not finite do not
            count as high-quality ones.
        mixture: The distribution of the data.
        samples: Description of the points for the card, such as ``"generator, raw
            weights, seed 0, step 25000"``.

    Raises:
        ValueError: The points have another dimension, or there are none.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1:] != mixture.shape or not len(points):
        raise ValueError(
            f"points must have shape (n, {mixture.shape[0]}) with n at least 1, like "
            f"those of the {mixture.name}; got {points.shape}"
        )
    distances = np.linalg.norm(points[:, None] - mixture.centers, axis=2)
    good = distances.min(axis=1) <= HIGH_QUALITY * mixture.sigma
    counts = np.bincount(distances[good].argmin(axis=1), minlength=len(mixture))
    return PointModes(
        modes=int(np.count_nonzero(counts)),
        high_quality=float(good.mean()),
        mode_fractions=tuple((counts / max(counts.sum(), 1)).tolist()),
        count=len(points),
        card={
            "mixture": mixture.name,
            "mixture_fingerprint": mixture.fingerprint,
            "mixture_modes": len(mixture),
            "standard_deviations": HIGH_QUALITY,
            "count": len(points),
            "samples": samples,
        },
    )


@dataclasses.dataclass(frozen=True)
class ClassModes:
    """Coverage of the data's classes, or combinations of classes, by images.

    Attributes:
        modes: Number of classes of which there is a clear image; see `class_modes`.
        modes_of_all: Number of classes that were predicted for at least one image,
            however unclear, as in published counts.
        confident_fraction: Fraction of clear images.
        divergence: KL(class_fractions || uniform), in nats.
        data_divergence: KL(class_fractions || the data's), in nats; None if the data's
            fractions were not given.
        class_fractions: Fraction of each predicted class among all images.
        count: Number of images.
        card: Extractor, weights file and its SHA-256, the number of classes, `count`,
            and `samples`, a description of the images.
    """

    modes: int
    modes_of_all: int
    confident_fraction: float
    divergence: float
    data_divergence: float | None
    class_fractions: tuple[float, ...]
    count: int
    card: dict

    def scalars(self) -> dict[str, float]:
        """Returns the values to log during training, by their logged names."""
        values = {
            "modes": float(self.modes),
            "modes_of_all": float(self.modes_of_all),
            "confident_share": self.confident_fraction,
            "mode_divergence": self.divergence,
        }
        if self.data_divergence is not None:
            values["data_divergence"] = self.data_divergence
        return values

    def to_dict(self) -> dict:
        """Returns the values as JSON types, under the names in published reports."""
        values = dataclasses.asdict(self)
        values["confident_share"] = values.pop("confident_fraction")
        fractions = values.pop("class_fractions")
        return values | {"class_shares": list(fractions)}


def class_modes(
    images: np.ndarray,
    extractor: Extractor,
    *,
    data_fractions: np.ndarray | None = None,
    samples: str = "",
) -> ClassModes:
    """Counts the classes, or combinations over channels, that images cover.

    Each channel is classified separately, as a gray image: with the MNIST classifier,
    gray images have 10 modes and stacked MNIST has 1,000, numbered 100 a + 10 b + c for
    the digits a, b and c. The protocol of VEEGAN (Srivastava et al. 2017) and PacGAN
    (Lin et al. 2018) for stacked MNIST takes 26,000 images and the divergence
    KL(generated || data). PacGAN's code replaces the data's distribution by a uniform
    one; this function computes both.

    In that protocol, an image counts for its most probable class, however unclear it
    is, so that blurred noise covers hundreds of the 1,000 modes (`modes_of_all`).
    `modes` are counted among clear images: those whose class has a probability over 0.9
    in every channel. Both divergences are of all images, as published.

    A finite sample has a larger divergence than its distribution: n images drawn
    uniformly from m classes have about (m - 1) / 2n, which is 0.019 for 26,000 images
    and 1,000 classes. A misclassified digit counts for the predicted class.

    Args:
        images: uint8 [n, h, w, channels], n at least 1.
        extractor: Classifier of gray images [n, h, w, 1].
        data_fractions: Probability of each class in the data, [classes ** channels].
        samples: Description of the images for the card.

    Raises:
        ValueError: The extractor does not accept the images, or `data_fractions` has
            another number of classes.
    """
    if images.ndim != 4 or images.shape[-1] < 1:
        raise ValueError(
            f"images must have shape (n, height, width, channels), got {images.shape}"
        )
    labels, classes = np.zeros(len(images), np.int64), 1
    clear = np.ones(len(images), bool)
    for channel in np.moveaxis(images, -1, 0):
        probabilities = extractor.extract(channel[..., None]).probabilities
        labels = labels * probabilities.shape[1] + probabilities.argmax(axis=1)
        clear &= probabilities.max(axis=1) > classification.CONFIDENT
        classes *= probabilities.shape[1]
    fractions = classification.class_histogram(labels, classes)
    uniform = np.full(classes, 1 / classes)
    divergence = classification.histogram_divergence
    return ClassModes(
        modes=len(np.unique(labels[clear])),
        modes_of_all=int(np.count_nonzero(fractions)),
        confident_fraction=float(clear.mean()),
        divergence=divergence(fractions, uniform),
        data_divergence=None
        if data_fractions is None
        else divergence(fractions, data_fractions),
        class_fractions=tuple(fractions.tolist()),
        count=len(images),
        card={
            **extractor.card,
            "classes": classes,
            "count": len(images),
            "samples": samples,
        },
    )
