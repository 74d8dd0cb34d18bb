"""Scores of mappings between two domains of digits; see `data.domains`.

The orientation is right if the classifier recognizes the source's digit in the image
turned back, but not in the image as it is. From A to B, no particular hue is right.
As in the domain itself, each image must have one saturated hue in all pixels, and the
images together must have all hues, independent of the digits. From B to A, images must
have no color, and from B to A and back their original hue.
"""

import dataclasses

import keras
import numpy as np

from ganzoo import data
from ganzoo.data import domains
from ganzoo.metrics import classification
from ganzoo.metrics.features import Extractor

COHERENCE, SATURATION = 0.9, 0.75  # least values of an image with one hue
GRAY = 0.1  # saturation below which an image is gray


@dataclasses.dataclass(frozen=True, eq=False)
class Hues:
    """The colors of `n` images, pixels weighted by how colorful they are."""

    # Mean hue, float64 [n] in [0, 360); 0 where an image has no color
    degrees: np.ndarray
    # 1 where all pixels have one hue, 0 where their hues cancel out: length of the mean
    # hue as a vector, [n]
    coherence: np.ndarray
    # 1 for pure colors, 0 for gray: sum over the pixels of the largest minus the
    # smallest channel, divided by the sum of the largest, [n]
    saturation: np.ndarray


def hues(images: np.ndarray) -> Hues:
    """Measures the colors of images, uint8 [n, h, w, 3]."""
    images = _checked(images).astype(np.float64)
    largest, smallest = images.max(axis=-1), images.min(axis=-1)
    chroma = largest - smallest
    angle = np.deg2rad(_pixel_hues(images, largest, chroma))
    total = chroma.sum(axis=(1, 2))
    vector = (chroma * np.exp(1j * angle)).sum(axis=(1, 2))
    brightness = largest.sum(axis=(1, 2))
    return Hues(
        degrees=np.rad2deg(np.angle(vector)) % 360.0,
        coherence=np.abs(vector) / np.maximum(total, 1e-9),
        saturation=total / np.maximum(brightness, 1e-9),
    )


def hue_errors(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the smaller angles between hues in degrees, in [0, 180]."""
    difference = np.abs(np.asarray(first) - np.asarray(second)) % 360.0
    return np.minimum(difference, 360.0 - difference)


def orientation_accuracies(
    extractor: Extractor, images: np.ndarray, labels: np.ndarray
) -> tuple[float, ...]:
    """Returns the accuracies after 0, 1, 2 and 3 quarter turns to the right.

    Args:
        extractor: A classifier of gray digits.
        images: uint8 [n, h, w, 3]; the classifier gets each pixel's largest channel.
        labels: Digits, [n].

    Raises:
        ValueError: The images are not RGB bytes, or the classifier does not accept
            them.
    """
    images = _checked(images)
    fractions = []
    for turns in range(4):
        seen = extractor.extract(domains.restored(images, turns))
        read = seen.probabilities.argmax(axis=1)
        fractions.append(float(np.mean(read == labels)))
    return tuple(fractions)


def score_ab(extractor: Extractor, mapped: np.ndarray, pairs: domains.Pairs) -> dict:
    """Scores images of domain A that were mapped to domain B.

    Args:
        extractor: The classifier of digits.
        mapped: Mapped images of `pairs.a`, uint8 [n, h, w, 3].
        pairs: The true counterparts.

    Returns:
        `accuracy`: fraction classified as the source's digit after turning back;
        `accuracy_unturned`: the same without turning; `shape_error`: mean absolute
        difference of the gray values, in 0 .. 1, from the true counterpart's;
        `one_hue`: fraction of images with one saturated hue; `hue_divergence`: KL
        divergence of the histogram of 12 hues from a uniform one, in nats;
        `hue_information`: mutual information of hue and digit, in nats (about 50 / n
        if they are independent). The last two are computed on images with one hue.

    Raises:
        ValueError: The number of images differs, or as in `orientation_accuracies`.
    """
    _check_count(mapped, pairs)
    turned = orientation_accuracies(extractor, mapped, pairs.b.labels)
    seen = hues(mapped)
    valid = (seen.coherence >= COHERENCE) & (seen.saturation >= SATURATION)
    bins = (seen.degrees[valid] // 30.0).astype(int) % 12
    divergence, information = _hue_statistics(bins, pairs.b.labels[valid])
    return {
        "accuracy": turned[1],
        "accuracy_unturned": turned[0],
        "shape_error": _shape_error(mapped, pairs.b.images, 1),
        "one_hue": float(np.mean(valid)),
        "hue_divergence": divergence,
        "hue_information": information,
    }


def score_ba(extractor: Extractor, mapped: np.ndarray, pairs: domains.Pairs) -> dict:
    """Scores images of domain B that were mapped to domain A.

    Args:
        extractor: The classifier of digits.
        mapped: Mapped images of `pairs.b`, uint8 [n, h, w, 3].
        pairs: The true counterparts.

    Returns:
        `accuracy`: fraction classified as the source's digit; `accuracy_turned`: the
        same after a turn to the right, which is high if the mapping did not turn the
        images; `shape_error`: as in `score_ab`; `grey`: fraction of images without
        color.
    """
    _check_count(mapped, pairs)
    turned = orientation_accuracies(extractor, mapped, pairs.a.labels)
    return {
        "accuracy": turned[0],
        "accuracy_turned": turned[1],
        "shape_error": _shape_error(mapped, pairs.a.images, 0),
        "grey": float(np.mean(hues(mapped).saturation < GRAY)),
    }


def score_round_trip(returned: np.ndarray, pairs: domains.Pairs) -> dict:
    """Scores images of domain B that were mapped to domain A and back.

    Args:
        returned: Images of `pairs.b` after both mappings, uint8 [n, h, w, 3].
        pairs: The original images.

    Returns:
        `hue_error`: median angle between the hues, in degrees (90 for random hues);
        `hue_kept`: fraction within 30 degrees (1/6 for random hues); `shape_error`: as
        in `score_ab`.
    """
    _check_count(returned, pairs)
    errors = hue_errors(hues(returned).degrees, pairs.hues)
    return {
        "hue_error": float(np.median(errors)),
        "hue_kept": float(np.mean(errors <= 30.0)),
        "shape_error": _shape_error(returned, pairs.b.images, 1),
    }


def score_translation(
    model: keras.Model, extractor: Extractor, pairs: domains.Pairs
) -> dict:
    """Maps held-out pairs in both directions, and back, and scores the images.

    Args:
        model: Model with `translate(images, "ab" or "ba")`, such as a trained
            `ganzoo.DiscoGAN`.
        extractor: The classifier of digits.
        pairs: Images that the model was not trained on.

    Returns:
        The entries of `score_ab`, `score_ba` and `score_round_trip` as `ab_...`,
        `ba_...` and `bab_...`, and their `count`.
    """
    to_b = model.translate(data.to_float(pairs.a.images), "ab")
    to_a = model.translate(data.to_float(pairs.b.images), "ba")
    back = model.translate(to_a, "ab")
    scores = {
        "ab": score_ab(extractor, data.to_uint8(to_b), pairs),
        "ba": score_ba(extractor, data.to_uint8(to_a), pairs),
        "bab": score_round_trip(data.to_uint8(back), pairs),
    }
    flat = {
        f"{way}_{name}": value
        for way, values in scores.items()
        for name, value in values.items()
    }
    return flat | {"count": len(pairs)}


def _pixel_hues(
    images: np.ndarray, largest: np.ndarray, chroma: np.ndarray
) -> np.ndarray:
    """Returns the hue of every pixel, in degrees: the inverse of `domains.color`."""
    red, green, blue = np.moveaxis(images, -1, 0)
    safe = np.maximum(chroma, 1e-9)
    sextants = np.select(
        [largest == red, largest == green],
        [(green - blue) / safe, 2.0 + (blue - red) / safe],
        4.0 + (red - green) / safe,
    )
    return 60.0 * sextants


def _hue_statistics(bins: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Returns KL(hues || uniform), and the mutual information of hues and labels."""
    if not len(bins):
        return float("inf"), 0.0
    joint = np.zeros((12, int(labels.max()) + 1))
    np.add.at(joint, (bins, labels), 1.0 / len(bins))
    fractions = joint.sum(axis=1)
    divergence = classification.histogram_divergence(fractions, np.full(12, 1 / 12))
    independent = np.outer(fractions, joint.sum(axis=0))
    seen = joint > 0
    information = np.sum(joint[seen] * np.log(joint[seen] / independent[seen]))
    return divergence, max(float(information), 0.0)


def _shape_error(mapped: np.ndarray, true: np.ndarray, turns: int) -> float:
    gray = [domains.restored(images, turns).astype(float) for images in (mapped, true)]
    return float(np.mean(np.abs(gray[0] - gray[1])) / 255.0)


def _check_count(mapped: np.ndarray, pairs: domains.Pairs) -> None:
    if len(mapped) != len(pairs):
        raise ValueError(
            f"{len(mapped)} mapped images, but {len(pairs)} pairs; map all of them, in "
            "the same order."
        )


def _checked(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3:
        raise ValueError(
            f"colors need uint8 images (n, h, w, 3), got {images.dtype} of shape "
            f"{images.shape}; ganzoo.data.to_uint8 converts images in [-1, 1]"
        )
    return images
