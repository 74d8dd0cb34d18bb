"""What the contest measures."""

import dataclasses
from typing import Literal

from tests.benchmarks.peers.systems import CONTESTANTS, KINDS, SYSTEMS


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    systems: tuple[Literal["mnist", "cifar10"], ...] = tuple(SYSTEMS)
    """Pairs of networks."""
    kinds: tuple[Literal["float32", "bfloat16"], ...] = KINDS
    """Types of number."""
    contestants: tuple[str, ...] = tuple(CONTESTANTS)
    """Who takes part, by name."""
    mnist: str = "digits"
    """Data set of the system mnist: digits (embedded), mnist or another of 28x28x1."""
    cifar10: str | None = None
    """Data set of the system cifar10: cifar10, cifar10_jpeg or another of 32x32x3. By
    default noise, which serves for speed and memory."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    batch_size: int = 128
    """Real images a step."""
    seed: int = 0
    """Of weights, batches and noise."""
    race_kinds: tuple[Literal["float32", "bfloat16"], ...] = ("float32",)
    """Types of number in which the distance is raced for; none of them: no race."""
    distance: tuple[float, ...] = (30.0, 20.0)
    """The Fréchet distance to reach, one for each of the systems."""
    limit_seconds: float = 900.0
    """Training of each contestant in a race, at most."""
    every: int = 100
    """Steps between two measurements of the distance."""
    samples: int = 5000
    """Samples in a measurement."""
    average: bool = False
    """Measure ours by the moving average of its weights."""
    seconds: float = 6.0
    """Length of one turn, about."""
    turns: int = 5
    """Turns of each contestant."""
    output: str = "reports/peers"
    """Folder of the report."""
    readme: bool = False
    """Put the tables into RESULTS.md, too."""
    smoke: bool = False
    """Run the whole of it in about a minute, on few steps, to see that it works."""

    def check(self) -> None:
        """Refuses settings that do not fit together.

        Raises:
            ValueError: Naming the field, its value and what is accepted.
        """
        unknown = [name for name in self.contestants if name not in CONTESTANTS]
        if unknown or not self.contestants:
            raise ValueError(
                f"contestants={self.contestants} must be among "
                f"{', '.join(map(repr, CONTESTANTS))}."
            )
        if len(self.distance) != len(self.systems):
            raise ValueError(
                f"distance={self.distance} must be one number for each of the "
                f"{len(self.systems)} systems {', '.join(self.systems)}."
            )


SMOKE = {
    "systems": ("mnist",),
    "kinds": ("float32",),
    "mnist": "digits",
    "batch_size": 16,
    "distance": (30.0,),
    "limit_seconds": 0.0,  # one measurement
    "every": 2,
    "samples": 100,
    "seconds": 0.2,
    "turns": 1,
    "output": "runs/peers_smoke",
    "readme": False,
}
