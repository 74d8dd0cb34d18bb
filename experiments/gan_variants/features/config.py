"""The configuration of features."""

import dataclasses

from experiments import harness
from experiments.gan_variants.config import FOLDER, VariantConfig
from experiments.harness.validation import Count, Fraction

SMOKE = {
    "epochs": 1,
    "batch_size": 32,
    "train_images": 640,
    "test_images": 200,
    "label_counts": (30, 100),
    "draws": 2,
}


@dataclasses.dataclass(frozen=True)
class Features(VariantConfig, harness.ImageConfig):
    """A DCGAN whose discriminator yields features (Radford et al. 2016)."""

    output: str = f"{FOLDER}/features"
    dataset: str = "mnist"
    """Gray images of 28x28 pixels, or color images of 32x32."""
    epochs: int = 20
    batch_size: int = 128
    update: str = "simultaneous"
    dropout: Fraction = 0.3
    """Fraction of the discriminator's activations that are dropped; only at 28x28."""
    label_counts: tuple[int, ...] = (100, 1000, 10_000)
    """Numbers of labeled images to train the linear classifiers on."""
    draws: Count = 5
    """Random subsets of labeled images per number; one subset from 10,000 on."""
    test_images: Count | None = None
    """Number of test images: the first ones, or some of each class of a folder."""

    def check_values(self) -> None:
        """Validates the configuration; see `Config.check`."""
        super().check_values()
        if not self.label_counts or min(self.label_counts) < 1:
            raise ValueError(f"label_counts={self.label_counts} must be at least 1.")
