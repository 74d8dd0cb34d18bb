"""Finds the papers: the packages of `experiments` that declare a `PAPER`."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

import experiments
from experiments.harness.paper import Paper

if TYPE_CHECKING:
    from experiments.harness.experiment import Command, Experiment, ZooEntry


def papers() -> list[Paper]:
    """Returns every paper, by name."""
    found = []
    for info in pkgutil.iter_modules(experiments.__path__, "experiments."):
        if info.ispkg:
            module = importlib.import_module(info.name)
            found += [module.PAPER] if hasattr(module, "PAPER") else []
    return found


def commands() -> "list[Command]":
    """Returns the commands of every paper."""
    return [one.load() for paper in papers() for one in paper.commands.values()]


def zoo_entries() -> "dict[str, tuple[Experiment, ZooEntry]]":
    """Returns the experiment and the zoo entry of each kind of generator."""
    return {kind: (one, found) for one in commands() for kind, found in one.zoo.items()}
