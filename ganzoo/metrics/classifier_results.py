"""Training recipes of classifiers, and their test results."""

import dataclasses

import keras
import numpy as np

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("cosine", "constant")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Hyperparameters of a classifier, the same for all compared training images.

    Attributes:
        epochs: Number of epochs, at least 1. It is fixed in advance and the final
            weights are tested, so test images have no influence.
        batch_size: Number of images per step.
        optimizer: `"adam"`, or `"sgd"` with Nesterov's momentum of 0.9.
        learning_rate: Initial learning rate.
        schedule: `"cosine"`, which falls to zero along half a cosine, or
            `"constant"`.
        shift: Largest random shift in either direction, in pixels; reflection at the
            edges fills the gaps.
        rotation: Largest random rotation in either direction, in degrees.
        shear: Largest random shear in either direction, in pixels per pixel.
        zoom: Largest logarithm of the random zoom factors of height and width.
        invert: Whether to invert a random half of the images.
        seed: Seed of the initial weights, the order, the augmentation and the dropout.

    Raises:
        ValueError: A value out of range.
    """

    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    shift: int = 2
    rotation: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    invert: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (
            ("epochs", 1),
            ("batch_size", 1),
            ("shift", 0),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"{name}={value!r} must be a whole number of at least {least}"
                )
        for name, accepted in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            value = getattr(self, name)
            if value not in accepted:
                raise ValueError(
                    f"{name}={value!r} must be one of {', '.join(accepted)}"
                )
        for name, most in (("rotation", 180), ("shear", 1), ("zoom", 1)):
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise ValueError(f"{name}={value!r} must be within 0 .. {most}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate={self.learning_rate} must be above 0")

    def build_optimizer(self, steps: int) -> keras.optimizers.Optimizer:
        """Returns a new optimizer for a training of `steps` steps."""
        rate = self.learning_rate
        if self.schedule == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, steps)
        if self.optimizer == "sgd":
            return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)
        return keras.optimizers.Adam(rate)


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """Test result of one trained classifier."""

    seed: int  # seed of its training
    # Int64 [c, c], number of test images of each true class (rows) by predicted class
    # (columns)
    confusion: np.ndarray

    @property
    def accuracy(self) -> float:
        """Fraction of the test images that were classified correctly."""
        return float(np.trace(self.confusion) / self.confusion.sum())


@dataclasses.dataclass(frozen=True, eq=False)
class ClassifierResults:
    """Results of classifiers with several seeds and the same training and test images.

    Results with the same card and different seeds can be joined with `+`.

    Attributes:
        trials: One trial per seed.
        card: Classifier, recipe, training and test images.
    """

    trials: tuple[Trial, ...]
    card: dict

    @property
    def accuracy(self) -> float:
        """Mean accuracy of the trials."""
        return float(np.mean([trial.accuracy for trial in self.trials]))

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracies, with n - 1; 0 for one trial."""
        found = [trial.accuracy for trial in self.trials]
        return float(np.std(found, ddof=1)) if len(found) > 1 else 0.0

    @property
    def confusion(self) -> np.ndarray:
        """The confusion matrices of the trials, summed: int64 [c, c]."""
        return np.sum([trial.confusion for trial in self.trials], axis=0)

    @property
    def class_accuracies(self) -> np.ndarray:
        """Mean accuracy on each true class, float64 [c]; NaN without test images."""
        right, all_ = np.diag(self.confusion), self.confusion.sum(axis=1)
        return np.where(all_ > 0, right / np.maximum(all_, 1), np.nan)

    def __add__(self, other: "ClassifierResults") -> "ClassifierResults":
        if not isinstance(other, ClassifierResults):
            return NotImplemented
        seeds = [trial.seed for trial in self.trials + other.trials]
        if self.card != other.card or len(set(seeds)) < len(seeds):
            raise ValueError(
                f"results of seeds {seeds} cannot be joined: the seeds must differ, "
                f"and the cards must be equal: {self.card} and {other.card}"
            )
        return ClassifierResults(self.trials + other.trials, self.card)

    def to_dict(self) -> dict:
        """Returns the results as JSON types."""
        by_class = self.class_accuracies
        return {
            "accuracy": self.accuracy,
            "spread": self.spread,
            "class_accuracies": [None if np.isnan(x) else float(x) for x in by_class],
            "trials": [
                {
                    "seed": trial.seed,
                    "accuracy": trial.accuracy,
                    "confusion": trial.confusion.tolist(),
                }
                for trial in self.trials
            ],
            "card": self.card,
        }

    @classmethod
    def from_dict(cls, values: dict) -> "ClassifierResults":
        """Builds results from the output of `to_dict`."""
        trials = tuple(
            Trial(trial["seed"], np.asarray(trial["confusion"], np.int64))
            for trial in values["trials"]
        )
        return cls(trials, values["card"])
