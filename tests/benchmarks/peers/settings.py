"""The configuration of the benchmark."""

import dataclasses
from typing import Literal

from tests.benchmarks.peers.systems import CONTESTANTS, KINDS, SYSTEMS


@dataclasses.dataclass(frozen=True)
class Config:
    """What to measure."""

    systems: tuple[Literal["mnist", "cifar10"], ...] = tuple(SYSTEMS)
    """Pairs of networks."""
    kinds: tuple[Literal["float32", "bfloat16"], ...] = KINDS
    """Number formats."""
    contestants: tuple[str, ...] = tuple(CONTESTANTS)
    """Names of the contestants."""
    mnist: str = "digits"
    """Data set of the system mnist: digits (embedded), mnist or another of 28x28x1."""
    cifar10: str | None = None
    """Data set of the system cifar10: cifar10, cifar10_jpeg or another of 32x32x3. The
    default is noise, which suffices for speed and memory."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    batch_size: int = 128
    """Real images per step."""
    seed: int = 0
    """Seed of weights, batches and noise."""
    race_kinds: tuple[Literal["float32", "bfloat16"], ...] = ("float32",)
    """Number formats in which the time to the distance is measured; may be empty."""
    distance: tuple[float, ...] = (30.0, 20.0)
    """Fréchet distance to reach, one per system."""
    limit_seconds: float = 900.0
    """Time limit for reaching the distance, per contestant, in seconds of training."""
    every: int = 100
    """Steps between measurements of the distance."""
    samples: int = 5000
    """Number of samples per measurement."""
    average: bool = False
    """Measure ours with the moving average of its weights."""
    seconds: float = 6.0
    """Approximate length of a turn, in seconds."""
    turns: int = 5
    """Turns per contestant."""
    output: str = "reports/peers"
    """Folder of the report."""
    readme: bool = False
    """Also write the tables to RESULTS.md."""
    smoke: bool = False
    """Run the whole benchmark in about a minute, with few steps, as a test."""

    def check(self) -> None:
        """Validates the configuration.

        Raises:
            ValueError: The message names the field, its value and what is accepted.
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
