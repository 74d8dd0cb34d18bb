"""Evaluates a network's features by a linear classifier trained on few labels.

As in Radford et al. 2016, section 5.1: the activations of all convolutions are
max-pooled to 4x4, concatenated, and classified by a linear support vector machine.
"""

import dataclasses
import math

import keras
import numpy as np
from keras import KerasTensor, ops
from scipy import optimize
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ganzoo import backend, data

GRID = 4
REGULARIZATION = (1e-5, 1e-4, 1e-3, 1e-2)  # candidates for C
FOLDS = 3
SMALL = 10_000_000  # numbers in a matrix of features for which one thread suffices


@dataclasses.dataclass(frozen=True)
class Probe:
    """Test errors of linear classifiers."""

    labels: int  # number of labeled images that each was trained on
    # Fraction of misclassified test images, for each draw of labeled images
    errors: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean of the errors."""
        return float(np.mean(self.errors))

    @property
    def spread(self) -> float:
        """Standard deviation over the draws, with n - 1; 0 for one draw."""
        return float(np.std(self.errors, ddof=1)) if len(self.errors) > 1 else 0.0


def pooled_features(
    network: keras.Model, images: np.ndarray, *, grid: int = GRID, batch_size: int = 500
) -> np.ndarray:
    """Returns the activations of all convolutions, max-pooled, float32 `[n, features]`.

    Args:
        network: Network that takes images in [-1, 1], e.g. a discriminator. If an
            activation layer follows a convolution, its output is used.
        images: uint8 `[n, height, width, channels]`.
        grid: Number of cells along an edge; smaller maps are not pooled.
        batch_size: Number of images per batch.
    """
    outputs = [layer.output for layer in activations(network)]
    if not outputs:
        raise ValueError(f"{network.name} has no convolution.")
    model = keras.Model(network.inputs, outputs)

    def pooled(batch: KerasTensor) -> KerasTensor:
        maps = keras.tree.flatten(model(data.to_float(batch), training=False))
        cells = [adaptive_max_pool(ops.cast(m, "float32"), grid) for m in maps]
        rows = [ops.reshape(c, [-1, math.prod(c.shape[1:])]) for c in cells]
        return ops.concatenate(rows, axis=1)

    extract = backend.inference(model, pooled)
    starts = range(0, len(images), batch_size)
    batches = (images[start : start + batch_size] for start in starts)
    return np.concatenate([np.asarray(extract(batch)) for batch in batches])


def activations(network: keras.Model) -> list[keras.Layer]:
    """Returns the activation layer of each convolution, or the convolution itself."""
    found = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            found.append(layer)
        elif found and isinstance(
            layer, keras.layers.LeakyReLU | keras.layers.ReLU | keras.layers.Activation
        ):
            after_convolution = found[-1]
            if isinstance(after_convolution, keras.layers.Conv2D):
                found[-1] = layer
    return found


def adaptive_max_pool(maps: KerasTensor, grid: int) -> KerasTensor:
    """Max-pools maps `[n, height, width, channels]` to a grid of cells.

    Cell i reaches from floor(i h / grid) to ceil((i + 1) h / grid), so neighbors share
    a row if the size is not a multiple of the grid.
    """
    for axis in (1, 2):
        size = maps.shape[axis]
        cells = min(grid, size)
        places = [
            np.arange(cell * size // cells, -(-(cell + 1) * size // cells))
            for cell in range(cells)
        ]
        parts = [ops.max(ops.take(maps, p, axis=axis), axis=axis) for p in places]
        maps = ops.stack(parts, axis=axis)
    return maps


class SquaredHinge(ClassifierMixin, BaseEstimator):
    """A linear support vector machine, one class against the rest, for many features.

    Minimizes |w|^2 / 2 + C sum_i max(0, 1 - y_i (w x_i + b))^2 for each class, where w
    includes b. This is the objective of scikit-learn's `LinearSVC`, whose coordinate
    descent is slow with thousands of features. Here L-BFGS solves all classes together,
    by matrix products.
    """

    def __init__(
        self, C: float = 1.0, tolerance: float = 1e-4, iterations: int = 300
    ) -> None:
        """Sets C, and when to stop: `tolerance` is relative to the first gradient."""
        self.C, self.tolerance, self.iterations = C, tolerance, iterations

    def fit(self, features: np.ndarray, labels: np.ndarray) -> "SquaredHinge":
        """Trains on `[n, d]` and `[n]`."""
        self.classes_ = np.unique(labels)
        targets = np.where(labels[:, None] == self.classes_, 1.0, -1.0)
        targets = targets.astype(np.float32)
        inputs = np.pad(
            features.astype(np.float32), ((0, 0), (0, 1)), constant_values=1
        )
        shape = inputs.shape[1], len(self.classes_)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(shape)
            scores = inputs @ weights.astype(np.float32)
            short = np.maximum(0.0, 1.0 - targets * scores)
            gradient = weights - 2.0 * self.C * (inputs.T @ (targets * short))
            errors = self.C * float(np.square(short, dtype=np.float64).sum())
            return 0.5 * float(np.square(flat).sum()) + errors, gradient.ravel()

        start = np.zeros(shape[0] * shape[1])
        steepest = float(np.abs(loss(start)[1]).max())
        # Threads that wait for each other's small products take far longer than one.
        with threadpool_limits(1 if inputs.size < SMALL else None, "blas"):
            found = optimize.minimize(
                loss,
                start,
                jac=True,
                method="L-BFGS-B",
                options={
                    "maxiter": self.iterations,
                    "gtol": self.tolerance * steepest,
                    "ftol": 0.0,
                },
            )
        self.weights_ = found.x.reshape(shape)
        return self

    def decision_function(self, features: np.ndarray) -> np.ndarray:
        """Returns w x + b of each class, `[n, classes]`."""
        return features @ self.weights_[:-1] + self.weights_[-1]

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Returns the classes of `[n, d]`."""
        return self.classes_[self.decision_function(features).argmax(axis=1)]


def linear_probe(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    *,
    labels: int,
    draws: int = 1,
    seed: int = 0,
) -> Probe:
    """Trains linear classifiers on few labels each, and tests them.

    Each draw takes the same number of images of every class. Only these standardize the
    features, choose the regularization by cross-validation, and train a linear support
    vector machine with squared hinge loss, one class against the rest.

    Args:
        train: Training features to draw from, `[n, features]`.
        train_labels: Their classes, `[n]`.
        test: Test features, `[m, features]`.
        test_labels: Their classes, `[m]`.
        labels: Number of images per draw, a multiple of the number of classes.
        draws: Number of draws.
        seed: Seed of the draws.

    Raises:
        ValueError: `labels` is not a multiple of the classes, or is out of range.
    """
    errors = []
    for draw in range(draws):
        rows = _balanced(train_labels, labels, np.random.default_rng([seed, draw]))
        search = GridSearchCV(
            make_pipeline(StandardScaler(), SquaredHinge()),
            {"squaredhinge__C": REGULARIZATION},
            cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0),
        )
        search.fit(train[rows], train_labels[rows])
        errors.append(1.0 - float(search.score(test, test_labels)))
    return Probe(labels, tuple(errors))


def _balanced(
    labels: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """Returns random rows, sorted, with the same number of images of every class."""
    classes = np.unique(labels)
    each, rest = divmod(count, len(classes))
    fewest = min(int((labels == one).sum()) for one in classes)
    if rest or not FOLDS <= each <= fewest:
        raise ValueError(
            f"labels={count} must be a multiple of the {len(classes)} classes, from "
            f"{FOLDS * len(classes)} to {fewest * len(classes)}."
        )
    chosen = [
        random.choice(np.flatnonzero(labels == one), each, replace=False)
        for one in classes
    ]
    return np.sort(np.concatenate(chosen))
