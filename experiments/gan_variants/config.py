"""What the GANs of all benchmarks may have in addition: what is said to help."""

import dataclasses

from experiments import harness
from experiments.harness.validation import Number

FOLDER = "runs/gan_variants"


@dataclasses.dataclass(frozen=True)
class VariantConfig(harness.GanConfig):
    """A GAN with minibatch discrimination, or with an unrolled discriminator."""

    similarities: Number = 0
    """Kernels of minibatch discrimination (Salimans et al. 2016); 0 is without."""
    unrolled_steps: Number = 0
    """Steps that the discriminator is unrolled (Metz et al. 2017); 0 is not at all."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if self.similarities and self.batch_size < 2:
            raise ValueError(
                f"similarities={self.similarities} compare the examples of a batch; "
                f"batch_size={self.batch_size} leaves nothing to compare with."
            )
