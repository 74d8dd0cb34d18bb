"""How the classifiers that the metrics use are trained."""

import dataclasses
from typing import Annotated

from experiments.harness import validation
from experiments.harness.precisions import PRECISIONS
from experiments.harness.validation import Count, Number, OneOf, Positive


@dataclasses.dataclass(frozen=True)
class Config:
    """How a classifier is trained."""

    dataset: str
    """TFDS name of the images."""
    output: str
    """Folder for the weights and their card."""
    data_dir: str | None = None
    """Folder of the data set; TFDS_DATA_DIR if absent."""
    epochs: Count = 10
    """Passes over the training images."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 2e-3
    """The highest learning rate; falls to zero along half a cosine."""
    seed: Number = 0
    """Seed of the initial weights, the order, the shifts and the dropout."""
    install: bool = False
    """Also write both files into the package's own weights folder."""

    def check_values(self) -> None:
        """Validates the configuration.

        Raises:
            ValueError: Names the field, its value and what is accepted.
        """
        validation.check_magnitudes(self)
        validation.check_fields(self)


@dataclasses.dataclass(frozen=True)
class MnistConfig(Config):
    """How the classifier is trained."""

    dataset: str = "mnist"
    output: str = "runs/mnist_classifier"


@dataclasses.dataclass(frozen=True)
class Cifar10Config(Config):
    """How the classifier is trained."""

    dataset: str = "cifar10"
    output: str = "runs/cifar10_classifier"
    epochs: int = 42
    batch_size: int = 256
    learning_rate: float = 0.2
    weight_decay: float = 5e-4
    """Weight of the kernels' squares in the loss, halved."""
    label_smoothing: float = 0.02
    """Fraction of a label that is spread over all classes; with the usual 0.1 no class
    would get a probability over 0.91."""
    precision: Annotated[str, OneOf(PRECISIONS)] = "mixed_bfloat16"
    """float32, mixed_bfloat16 or auto, of the training; tested in float32."""
