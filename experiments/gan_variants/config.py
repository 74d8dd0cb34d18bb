"""Fields of the GANs of all benchmarks."""

import dataclasses

from experiments import harness
from experiments.harness.validation import Number

FOLDER = "runs/gan_variants"


@dataclasses.dataclass(frozen=True)
class VariantConfig(harness.GanConfig):
    """A GAN, optionally with minibatch discrimination or an unrolled discriminator."""

    similarities: Number = 0
    """Kernels of minibatch discrimination (Salimans et al. 2016); 0 turns it off."""
    unrolled_steps: Number = 0
    """Unrolled discriminator steps (Metz et al. 2017); 0 turns unrolling off."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.similarities and self.batch_size < 2:
            raise ValueError(
                f"similarities={self.similarities} compares the images of a batch, but "
                f"batch_size={self.batch_size}; use at least 2."
            )
