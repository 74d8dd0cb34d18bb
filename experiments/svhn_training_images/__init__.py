"""Training images for house numbers, real, drawn, generated and refined (paper).

    python -m experiments.svhn_training_images compare --dataset mnist_m
    python -m experiments.svhn_training_images dcgan --digit 5 --loss non_saturating
    python -m experiments.svhn_training_images draw --style source

draw writes a set of drawn digits; dcgan trains a DCGAN of one digit, dcgans ten of
them, conditional one of all digits; simgan trains a refiner of drawn digits; judge
trains classifiers on a data set; compare does all of it, and tells by the accuracy of
classifiers on real images what each sort of training images is worth.
"""

import functools
import operator
from typing import Annotated

import tyro

from experiments import training
from experiments.svhn_training_images import (
    compare,
    conditional,
    dcgan,
    dcgans,
    drawing,
    gans,
    judge,
    simgan,
)
from experiments.svhn_training_images.comparison import Compare
from experiments.svhn_training_images.conditional import Conditional
from experiments.svhn_training_images.dcgan import Dcgan
from experiments.svhn_training_images.dcgans import Dcgans
from experiments.svhn_training_images.drawing import Draw
from experiments.svhn_training_images.judging import Judge
from experiments.svhn_training_images.simgan_settings import Simgan

COMMANDS = {
    "draw": Draw,
    "dcgan": Dcgan,
    "dcgans": Dcgans,
    "conditional": Conditional,
    "simgan": Simgan,
    "judge": Judge,
    "compare": Compare,
}
_RUNS = {
    Draw: drawing.run,
    Dcgan: dcgan.run,
    Dcgans: dcgans.run,
    Conditional: conditional.run,
    Simgan: simgan.run,
    Judge: judge.run,
    Compare: compare.run,
}
_STEPS = {Dcgan: gans.step, Conditional: gans.step, Simgan: simgan.step}

# What the command line is read as: one of the sub-commands.
Command = functools.reduce(
    operator.or_,
    (
        Annotated[config, tyro.conf.subcommand(name, description=config.__doc__)]
        for name, config in COMMANDS.items()
    ),
)
# The command lines whose train steps differ.
STEPS = tuple((name,) for name, config in COMMANDS.items() if config in _STEPS)


def run(config):
    """Carries out a sub-command, given its settings; see the modules of this package.

    Returns:
        The run folder, or the folder of several.
    """
    return _RUNS[type(config)](config)


def step(config: Command) -> training.Step:
    """Returns the train step of a sub-command, to be compiled ahead of time.

    Raises:
        ValueError: It has none of its own.
    """
    if type(config) not in _STEPS:
        name = next(n for n, kind in COMMANDS.items() if kind is type(config))
        raise ValueError(
            f"{name} has no train step of its own; {', '.join(s for (s,) in STEPS)} "
            "have."
        )
    return _STEPS[type(config)](config)
