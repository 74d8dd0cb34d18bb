"""Reference values from a source, and tolerances for published numbers."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class ReferenceValue:
    """A claim of the source as a bound on a number, or on the ratio of two numbers.

    Where the source states a number, the bound is that number and a stated tolerance.
    Where it only describes its pictures, the bound is what the words support. The
    reports show how the losses drift, but no bound checks it: losses say nothing about
    the quality of images.

    Attributes:
        key: Name of the number; see `results`.
        claim: What the source claims, and the tolerance.
        minimum: Smallest value accepted, or None.
        maximum: Largest value accepted, or None.
        relative_to: Name of another number. If given, the bounds are multiples of it.
        when: Configuration -> whether the claim is about such runs.
    """

    key: str
    claim: str
    minimum: float | None = None
    maximum: float | None = None
    relative_to: str | None = None
    when: Callable[[dict], bool] = lambda config: True


def runs_with(min_epochs: int = 0, **fields: object) -> Callable[[dict], bool]:
    """Returns a condition: the run has these fields and at least this many epochs."""

    def holds(config: dict) -> bool:
        long = config.get("epochs", 0) >= min_epochs
        return long and all(config.get(key) == value for key, value in fields.items())

    return holds


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Whether higher or lower is better, and how much worse a number may be.

    Attributes:
        direction: 1 if higher is better, -1 if lower is better.
        fraction: Relative tolerance, a fraction of the published number.
        absolute: Absolute tolerance, added to the relative one.
    """

    direction: int
    fraction: float = 0.0
    absolute: float = 0.0

    def bound(self, published: float) -> float:
        """Returns the worst value that is accepted."""
        slack = self.fraction * abs(published) + self.absolute
        return published - self.direction * slack

    def __str__(self) -> str:
        parts = [f"{self.fraction:.0%}"] if self.fraction else []
        return " and ".join(parts + ([f"{self.absolute:g}"] if self.absolute else []))


# Keys are the last part of a number's name, or the first part if they end in a slash.
# These are the library's metrics; an experiment adds its own.
TOLERANCES = {
    "frechet_distance": Tolerance(-1, 0.2, 0.2),
    "kernel_distance": Tolerance(-1, 0.2, 0.002),
    "classifier_score": Tolerance(1, 0.1),
    "confident_share": Tolerance(1, 0.0, 0.05),
    "precision": Tolerance(1, 0.0, 0.05),
    "recall": Tolerance(1, 0.0, 0.05),
    "density": Tolerance(1, 0.0, 0.1),
    "coverage": Tolerance(1, 0.0, 0.05),
    "class_divergence": Tolerance(-1, 0.5, 0.02),
    "mode_divergence": Tolerance(-1, 0.2, 0.02),
    "modes": Tolerance(1, 0.25),
    "modes_of_all": Tolerance(1, 0.25),
    "high_quality": Tolerance(1, 0.0, 0.05),
    "duplicate_share": Tolerance(-1, 1.0, 5e-4),
}
# Fields about places, display and measuring, not about training. Differences between
# seeds and precisions are within the tolerances.
IGNORED_FIELDS = frozenset(
    ("output", "data_dir", "seed", "strategy", "precision", "deterministic")
    + ("checkpoint_minutes", "steps_per_execution", "on_nan", "smoke")
    + ("hours", "show_epochs", "show_steps", "sample_count", "measure_every_images")
)
