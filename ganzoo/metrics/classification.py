"""Metrics computed from a classifier's probabilities alone. Pure NumPy, float64."""

import numpy as np

CONFIDENT = 0.9  # probability above which a classifier is sure of an image


def classifier_score(probabilities: np.ndarray) -> float:
    r"""Returns the exponentiated mean divergence of p(y|x) from its mean p(y).

    .. math:: \exp(E_x KL(p(y|x) \,\|\, p(y)))

    The formula of the Inception score (Salimans et al. 2016, "Improved techniques for
    training GANs", section 4) with a classifier for the current data. It ranges from 1
    (every image looks the same to the classifier) to the number of classes (each image
    has one certain class, and all classes are equally frequent).

    Args:
        probabilities: Class probabilities p(y|x), [n, c].

    Raises:
        ValueError: The rows are not probability distributions.
    """
    probabilities = _checked(probabilities)
    marginal = probabilities.mean(axis=0)
    divergences = _divergence(probabilities, marginal)
    return float(np.exp(divergences.mean()))


def classifier_score_splits(
    probabilities: np.ndarray, splits: int = 10
) -> tuple[float, float]:
    """Returns mean and standard deviation of the score over equal consecutive parts.

    The deviation is that of a population, with n in the denominator. This follows
    Salimans et al. 2016. A part of n / splits images has a lower score than the whole
    set, so report the number of splits with the result.

    Args:
        probabilities: Class probabilities p(y|x), [n, c].
        splits: Number of parts of n // splits images each; the rest is left out.

    Raises:
        ValueError: As in `classifier_score`, or `splits` is not in 1 .. n.
    """
    probabilities = _checked(probabilities)
    if not 1 <= splits <= len(probabilities):
        raise ValueError(
            f"splits must be in 1 .. {len(probabilities)} (the number of images), got "
            f"{splits}"
        )
    size = len(probabilities) // splits
    parts = probabilities[: size * splits].reshape(splits, size, -1)
    scores = [classifier_score(part) for part in parts]
    return float(np.mean(scores)), float(np.std(scores))


def confident_fraction(
    probabilities: np.ndarray, threshold: float = CONFIDENT
) -> float:
    """Returns the fraction of images classified with a probability above a threshold.

    A classifier may be just as confident about images that are nothing like its
    training images, such as uniform noise: read the fraction together with the score
    and the Fréchet distance.

    Args:
        probabilities: Class probabilities p(y|x), [n, c].
        threshold: Probability that the predicted class must exceed, in [0, 1).

    Raises:
        ValueError: The rows are not distributions, or the threshold is out of range.
    """
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold must be in [0, 1), got {threshold}")
    return float(np.mean(_checked(probabilities).max(axis=1) > threshold))


def class_histogram(classes: np.ndarray, num_classes: int | None = None) -> np.ndarray:
    """Returns the fraction of each class, float64 [num_classes], summing to 1.

    Args:
        classes: Labels, integer [n], or probabilities [n, c], of which the most
            probable class counts.
        num_classes: Number of classes; required with labels.

    Raises:
        ValueError: No entries, a label outside 0 .. num_classes - 1, labels without
            `num_classes`, or probabilities for a different number of classes.
    """
    classes = np.asarray(classes)
    if classes.ndim == 2:
        probabilities = _checked(classes)
        if num_classes not in (None, probabilities.shape[1]):
            raise ValueError(
                f"num_classes is {num_classes}, but there are probabilities for "
                f"{probabilities.shape[1]} classes"
            )
        num_classes = probabilities.shape[1]
        classes = probabilities.argmax(axis=1)
    if classes.ndim != 1 or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"classes must be integer labels (n,) or probabilities (n, c), got "
            f"{classes.dtype} of shape {classes.shape}"
        )
    if num_classes is None:
        raise ValueError("labels alone do not determine num_classes; pass it, too")
    if len(classes) == 0:
        raise ValueError("there are no labels; pass at least one")
    if classes.min() < 0 or classes.max() >= num_classes:
        raise ValueError(
            f"labels must be in 0 .. {num_classes - 1}, got {classes.min()} .. "
            f"{classes.max()}"
        )
    return np.bincount(classes, minlength=num_classes) / len(classes)


def histogram_divergence(fractions: np.ndarray, reference: np.ndarray) -> float:
    """Returns the divergence KL(fractions || reference) of two histograms, in nats.

    It is 0 if they are equal, and infinite if `fractions` has a class that `reference`
    lacks; the opposite case keeps it finite.

    Args:
        fractions: [c], summing to 1.
        reference: [c], summing to 1.

    Raises:
        ValueError: They are not distributions over the same classes.
    """
    fractions, reference = (
        _checked(np.asarray(histogram)[None])[0] for histogram in (fractions, reference)
    )
    if fractions.shape != reference.shape:
        raise ValueError(
            f"the histograms have {len(fractions)} and {len(reference)} classes"
        )
    return max(float(_divergence(fractions, reference)), 0.0)


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Returns KL(p || q) along the last axis, with 0 log 0 = 0."""
    q = np.broadcast_to(q, p.shape)
    with np.errstate(divide="ignore"):
        terms = np.where(p > 0, np.log(np.where(p > 0, p, 1.0)) - np.log(q), 0.0)
    return np.sum(p * terms, axis=-1)


def _checked(probabilities: np.ndarray) -> np.ndarray:
    """Returns the probabilities in float64, each row summing to 1."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.ndim != 2 or 0 in probabilities.shape:
        raise ValueError(
            f"probabilities must have shape (n, c) with n and c at least 1, got "
            f"{probabilities.shape}"
        )
    if not np.isfinite(probabilities).all() or probabilities.min() < 0:
        raise ValueError("probabilities must be finite and at least 0")
    sums = probabilities.sum(axis=1, keepdims=True)
    worst = np.abs(sums - 1).max()
    if worst > 1e-3:
        raise ValueError(
            f"each row must sum to 1, one is off by {worst:.3g}; pass probabilities, "
            f"not logits"
        )
    return probabilities / sums  # float32 rows are off by 1e-7
