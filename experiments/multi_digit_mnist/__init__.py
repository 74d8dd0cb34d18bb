"""Several labeled digits in boxes (paper), including new label orders.

    python -m experiments.multi_digit_mnist ours --precision mixed_bfloat16
    python -m experiments.multi_digit_mnist source --seed 1 --output runs/source_1
    python -m experiments.multi_digit_mnist compare --systems source ours --seeds 1
    python -m experiments.multi_digit_mnist

The first word may be a variant, which then sets the defaults: source, the source's
architecture at a size and width for CPUs; ours, which generates new orders correctly;
ours-128, the same at the source's image size; or source or ours with one option
changed, such as ours-joint (see variants.py). The default is the source at its full
size: 15,000 images of 128x128 with four 32x32 digits in three label orders, batches of
32, about 25,000 steps. Its discriminator has 281.5 million weights, of which
268,435,456 are in the dense layer after the flattened image.
"""

from typing import TYPE_CHECKING

from experiments import harness
from experiments.multi_digit_mnist.config import Config
from experiments.multi_digit_mnist.variants import (
    STEPS,
    VARIANTS,
    Compare,
    variant,
    words,
)
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.multi_digit_mnist.train import EXPERIMENT

PAPER = harness.Paper(
    name="multi_digit_mnist",
    description=__doc__,
    commands={
        "": harness.LazyCommand(Config, f"{__name__}.train"),
        "compare": harness.LazyCommand(
            Compare, f"{__name__}.benchmark", "COMPARE", Compare.__doc__
        ),
    },
    variants={name: variant(name) for name in VARIANTS},
    steps=tuple(map(words, STEPS)),
)
run = PAPER.run

__all__ = ["EXPERIMENT", "PAPER", "Config", "run"]
__getattr__, __dir__ = lazy.attach(__name__, {"train": ("EXPERIMENT",)})
