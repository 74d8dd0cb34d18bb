"""Reference values of a source, and the tolerances of published numbers."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class ReferenceValue:
    """What the source says of a number: a bound on it, or on a ratio of two numbers.

    A source that gives a number is held to it, to a stated tolerance; one that says in
    words what its pictures show gets the bound that the words can bear. Which way the
    losses drift is told in the reports, and not checked: it says nothing of the images.

    Attributes:
        key: The number's name; see `results`.
        says: What the source says, and the tolerance.
        least: The least value accepted, or None.
        most: The greatest value accepted, or None.
        versus: Name of another number, in whose multiples the bounds are.
        when: Configuration -> whether the source speaks of such runs.
    """

    key: str
    says: str
    least: float | None = None
    most: float | None = None
    versus: str | None = None
    when: Callable[[dict], bool] = lambda config: True


def runs_with(least_epochs: int = 0, **fields) -> Callable[[dict], bool]:
    """Returns whether a run has these fields and was at least that long."""

    def holds(config: dict) -> bool:
        long = config.get("epochs", 0) >= least_epochs
        return long and all(config.get(key) == value for key, value in fields.items())

    return holds


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Which way a number is better, and how far it may be off.

    Attributes:
        better: 1 if more is better, -1 if less is.
        fraction: Tolerance, as a fraction of the published number.
        off: Tolerance added to that, in the number's own unit.
    """

    better: int
    fraction: float = 0.0
    off: float = 0.0

    def bound(self, published: float) -> float:
        """Returns the worst value that is accepted."""
        return published - self.better * (self.fraction * abs(published) + self.off)

    def __str__(self) -> str:
        parts = [f"{self.fraction:.0%}"] if self.fraction else []
        return " and ".join(parts + ([f"{self.off:g}"] if self.off else []))


# By the last part of a number's name, or by the first if it ends in a slash; these are
# the library's metrics, an experiment adds its own.
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
    "high_quality": Tolerance(1, 0.0, 0.05),
    "duplicate_share": Tolerance(-1, 1.0, 5e-4),
}
# Fields that say where, how and for how long to look, not what to train; seeds and
# precisions are within the tolerances.
FREE = frozenset(
    ("output", "data_dir", "seed", "strategy", "precision", "deterministic")
    + ("checkpoint_minutes", "steps_per_execution", "on_nan", "smoke")
    + ("show_epochs", "show_steps", "sample_count", "measure_every_images")
)
