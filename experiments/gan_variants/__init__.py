"""Variants of generative adversarial networks (slides, 2019), one sub-command each.

    python -m experiments.gan_variants vanilla --data-dir ~/tensorflow_datasets
    python -m experiments.gan_variants ring --unrolled-steps 10

vanilla, minibatch, unrolled and infogan generate digits; ring and stacked are
benchmarks with a known number of modes; discogan maps one domain of images onto
another; features reuses a discriminator for classification; compare runs several
variants with several seeds and reports them in one table.
"""

from experiments import harness
from experiments.gan_variants.compare_config import Compare
from experiments.gan_variants.config import (
    Discogan,
    Features,
    Infogan,
    Minibatch,
    Ring,
    Stacked,
    Unrolled,
    Vanilla,
)

PAPER = harness.Paper(
    name="gan_variants",
    description=__doc__,
    commands={
        "vanilla": harness.LazyCommand(Vanilla, f"{__name__}.digits", "VANILLA"),
        "minibatch": harness.LazyCommand(Minibatch, f"{__name__}.digits", "MINIBATCH"),
        "unrolled": harness.LazyCommand(Unrolled, f"{__name__}.digits", "UNROLLED"),
        "infogan": harness.LazyCommand(Infogan, f"{__name__}.infogan"),
        "discogan": harness.LazyCommand(Discogan, f"{__name__}.discogan"),
        "features": harness.LazyCommand(Features, f"{__name__}.features"),
        "ring": harness.LazyCommand(Ring, f"{__name__}.ring"),
        "stacked": harness.LazyCommand(Stacked, f"{__name__}.stacked"),
        "compare": harness.LazyCommand(Compare, f"{__name__}.benchmarks", "COMPARE"),
    },
)
run = PAPER.run
