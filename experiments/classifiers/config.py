"""The configurations of the classifiers that the metrics use."""

import dataclasses
from typing import Annotated

from experiments.harness import validation
from experiments.harness.precisions import PRECISIONS
from experiments.harness.validation import Count, Number, OneOf, Positive


@dataclasses.dataclass(frozen=True)
class Config:
    """Training of a classifier."""

    dataset: str
    """TFDS name of the data set."""
    output: str
    """Folder for the weights and their card."""
    data_dir: str | None = None
    """Folder of the data set; by default TFDS_DATA_DIR."""
    epochs: Count = 10
    """Passes over the training images."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 2e-3
    """Largest learning rate; it falls to zero along half a cosine."""
    seed: Number = 0
    """Seed of initial weights, data order, shifts and dropout."""
    install: bool = False
    """Also copy both files into the package's weights folder."""

    def check_values(self) -> None:
        """Validates the configuration."""
        validation.check_magnitudes(self)
        validation.check_fields(self)


@dataclasses.dataclass(frozen=True)
class MnistConfig(Config):
    """Training of the MNIST classifier."""

    dataset: str = "mnist"
    output: str = "runs/mnist_classifier"


@dataclasses.dataclass(frozen=True)
class Cifar10Config(Config):
    """Training of the CIFAR-10 classifier."""

    dataset: str = "cifar10"
    output: str = "runs/cifar10_classifier"
    epochs: int = 42
    batch_size: int = 256
    learning_rate: float = 0.2
    weight_decay: float = 5e-4
    """Weight decay of the kernels."""
    label_smoothing: float = 0.02
    """Fraction of a label that is spread over all classes. With the usual 0.1 no class
    would get a probability over 0.91."""
    precision: Annotated[str, OneOf(PRECISIONS)] = "mixed_bfloat16"
    """float32, mixed_bfloat16 or auto, for training; the test uses float32."""
