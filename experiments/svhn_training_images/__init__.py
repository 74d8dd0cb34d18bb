"""Real, drawn, generated and refined training images of house numbers (paper).

    python -m experiments.svhn_training_images compare --dataset mnist_m
    python -m experiments.svhn_training_images dcgan --digit 5 --loss non_saturating
    python -m experiments.svhn_training_images draw --style source

draw writes a set of drawn digits; dcgan trains a DCGAN of one digit, dcgans ten of
them, conditional one of all digits; simgan trains a refiner of drawn digits; judge
trains classifiers on a data set; compare does all of it, and compares the kinds of
training images by the accuracy of classifiers on real images.
"""

from experiments import harness
from experiments.svhn_training_images.compare_config import Compare
from experiments.svhn_training_images.config import (
    ClassifierConfig,
    Conditional,
    Dcgan,
    Dcgans,
    Draw,
    Simgan,
)

PAPER = harness.Paper(
    name="svhn_training_images",
    description=__doc__,
    commands={
        "draw": harness.LazyCommand(Draw, f"{__name__}.drawing", "DRAW"),
        "dcgan": harness.LazyCommand(Dcgan, f"{__name__}.train", "DCGAN"),
        "dcgans": harness.LazyCommand(Dcgans, f"{__name__}.train", "DCGANS"),
        "conditional": harness.LazyCommand(
            Conditional, f"{__name__}.train", "CONDITIONAL"
        ),
        "simgan": harness.LazyCommand(Simgan, f"{__name__}.simgan"),
        "judge": harness.LazyCommand(
            ClassifierConfig, f"{__name__}.classify", "CLASSIFY"
        ),
        "compare": harness.LazyCommand(Compare, f"{__name__}.compare", "COMPARE"),
    },
)
run = PAPER.run
