"""Variants of generative adversarial networks (slides, 2019), a sub-command each.

    python -m experiments.gan_variants vanilla --data-dir ~/tensorflow_datasets
    python -m experiments.gan_variants ring --unrolled-steps 10

vanilla, minibatch, unrolled and infogan generate digits; ring and stacked are the
benchmarks on which modes are counted; discogan maps one domain of images onto another;
features reuses a discriminator as a classifier; compare runs several variants with
several seeds and puts them in one table.
"""

from experiments import harness
from experiments.gan_variants import benchmarks
from experiments.gan_variants.benchmarks import Compare
from experiments.gan_variants.digits import train as digits
from experiments.gan_variants.digits.config import Minibatch, Unrolled, Vanilla
from experiments.gan_variants.discogan import train as discogan
from experiments.gan_variants.discogan.config import Discogan
from experiments.gan_variants.features import train as features
from experiments.gan_variants.features.config import Features
from experiments.gan_variants.infogan import train as infogan
from experiments.gan_variants.infogan.config import Infogan
from experiments.gan_variants.ring import train as ring
from experiments.gan_variants.ring.config import Ring
from experiments.gan_variants.stacked import train as stacked
from experiments.gan_variants.stacked.config import Stacked

PAPER = harness.Paper(
    name="gan_variants",
    description=__doc__,
    commands={
        "vanilla": digits.VANILLA,
        "minibatch": digits.MINIBATCH,
        "unrolled": digits.UNROLLED,
        "infogan": infogan.EXPERIMENT,
        "discogan": discogan.EXPERIMENT,
        "features": features.EXPERIMENT,
        "ring": ring.EXPERIMENT,
        "stacked": stacked.EXPERIMENT,
        "compare": benchmarks.COMPARE,
    },
)
run = PAPER.run

__all__ = [
    "PAPER",
    "Compare",
    "Discogan",
    "Features",
    "Infogan",
    "Minibatch",
    "Ring",
    "Stacked",
    "Unrolled",
    "Vanilla",
    "run",
]
