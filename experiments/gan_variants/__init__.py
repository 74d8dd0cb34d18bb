"""Variants of generative adversarial networks (slides, 2019), a sub-command each.

    python -m experiments.gan_variants vanilla --data-dir ~/tensorflow_datasets
    python -m experiments.gan_variants ring --unrolled-steps 10

vanilla, minibatch, unrolled and infogan draw digits; ring and stacked are the test beds
on which modes are counted; discogan maps one domain of images onto another; features
reuses a discriminator as a classifier; compare runs several systems with several seeds
and puts them in one table.
"""

import functools
import operator
from types import ModuleType
from typing import Annotated

import tyro

from experiments import training
from experiments.gan_variants import (
    compare,
    digits,
    discogan,
    features,
    infogan,
    points,
    stacked,
)
from experiments.gan_variants.compare import Compare
from experiments.gan_variants.digits import Minibatch, Unrolled, Vanilla
from experiments.gan_variants.discogan import Discogan
from experiments.gan_variants.features import Features
from experiments.gan_variants.infogan import Infogan
from experiments.gan_variants.points import Ring
from experiments.gan_variants.stacked import Stacked

COMMANDS = {
    "vanilla": Vanilla,
    "minibatch": Minibatch,
    "unrolled": Unrolled,
    "infogan": Infogan,
    "discogan": Discogan,
    "features": Features,
    "ring": Ring,
    "stacked": Stacked,
    "compare": Compare,
}
_MODULES = (digits, infogan, discogan, features, points, stacked, compare)

# What the command line is read as: one of the sub-commands.
Command = functools.reduce(
    operator.or_,
    (
        Annotated[config, tyro.conf.subcommand(name, description=config.__doc__)]
        for name, config in COMMANDS.items()
    ),
)
# The command lines whose train steps differ.
STEPS = tuple((name,) for name in COMMANDS if name != "compare")


def run(config):
    """Carries out a sub-command, given its settings; see the modules of this package.

    Returns:
        The run folder, or the folder of the runs that were compared.
    """
    return _home(config).run(config)


def step(config: Command) -> training.Step:
    """Returns the train step of a sub-command, to be compiled ahead of time.

    Raises:
        ValueError: It has none of its own.
    """
    if _home(config) is compare:
        raise ValueError(
            "compare has no train step of its own: it runs those of the others."
        )
    return _home(config).step(config)


def _home(config) -> ModuleType:
    return next(m for m in _MODULES if m.__name__ == type(config).__module__)
