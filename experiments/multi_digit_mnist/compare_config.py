"""compare: runs several variants with several seeds, as an ablation in one table.

    python -m experiments.multi_digit_mnist compare --systems source ours ours-joint

The variants are source, ours, and either with one option changed: see variants.py.
"""

import dataclasses

from experiments import harness
from experiments.multi_digit_mnist.config import FOLDER
from experiments.multi_digit_mnist.variants import SHARED, VARIANTS


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """Runs every variant with every seed, each in its own folder."""

    seeds: int = 1
    """Runs of each variant, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    epochs: int | None = SHARED["epochs"]
    """Epochs per run, of 15,000 images each."""
    ema_half_life: float | None = SHARED["ema_half_life"]
    """Half-life of the average of the generator's weights, in real images seen; metrics
    are computed on the average."""
    dataset: str = "mnist"
    """As in the experiment."""

    def check_values(self) -> None:
        """Validates the configuration; see `CompareConfig.check_systems`."""
        self.check_systems(VARIANTS)
