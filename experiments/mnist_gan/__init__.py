"""A GAN for MNIST digits: the seminar paper's experiment.

    python -m experiments.mnist_gan --data-dir ~/tensorflow_datasets
    python -m experiments.mnist_gan quick

The paper trains the two Sequential networks of the TensorFlow DCGAN tutorial with
binary cross-entropy, one Adam optimizer each and one forward pass for both, for 50
epochs over the 60,000 training images. After each epoch it shows 16 images from the
same noise. `quick` is no part of it: a small conditional GAN, for a first try.
"""

from typing import TYPE_CHECKING

from experiments import harness
from experiments.mnist_gan.config import Compare, Config, Quick
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.mnist_gan.train import EXPERIMENT

PAPER = harness.Paper(
    name="mnist_gan",
    description=__doc__,
    commands={
        "": harness.LazyCommand(Config, f"{__name__}.train"),
        "quick": harness.LazyCommand(
            Quick, f"{__name__}.quick", description=Quick.__doc__
        ),
        "compare": harness.LazyCommand(
            Compare, f"{__name__}.quick", "COMPARE", Compare.__doc__
        ),
    },
)
run = PAPER.run

__all__ = ["EXPERIMENT", "PAPER", "Config", "Quick", "run"]
__getattr__, __dir__ = lazy.attach(__name__, {"train": ("EXPERIMENT",)})
