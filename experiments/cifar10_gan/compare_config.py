"""compare: runs several variants with several seeds and reports them in one table.

    python -m experiments.cifar10_gan compare --systems mlp dcgan wgan wgan-gp

The variants are mlp, dcgan, wgan, wgan-gp, wgan-gp-resnet and sn-dcgan.
"""

import dataclasses

from experiments import harness
from experiments.cifar10_gan.config import FOLDER, VARIANTS


@dataclasses.dataclass(frozen=True)
class Compare(harness.CompareConfig):
    """Runs every variant with every seed, each in its own folder."""

    seeds: int = 1
    """Runs of each variant, with the seeds 0, 1, ..."""
    output: str = f"{FOLDER}/compare"
    dataset: str = "cifar10"
    """As in the experiment."""

    def check_values(self) -> None:
        """Validates the configuration; see `CompareConfig.check_systems`."""
        self.check_systems(VARIANTS)
