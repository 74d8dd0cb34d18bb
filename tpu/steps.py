"""The experiments that have a train step, and their settings on a TPU."""

import dataclasses
import importlib
from typing import Any

from experiments.harness import Paper, command, discover, precisions


def experiment(name: str) -> Paper:
    """Imports the module of an experiment; returns its `PAPER`.

    Raises:
        ValueError: The module does not exist, or declares no `PAPER` with a train step.
    """
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ValueError(
            f"There is no module {name!r}; the experiments with a train step are "
            f"{', '.join(sorted({found for found, *_ in every_experiment()}))}."
        ) from None
    paper = getattr(module, "PAPER", None)
    if not isinstance(paper, Paper) or not paper.experiments:
        raise ValueError(
            f"{name} has no train step to check: it declares no PAPER, an "
            "experiments.harness.Paper with an Experiment."
        )
    return paper


def every_experiment() -> list[list[str]]:
    """Returns the module and the arguments of each train step of each experiment."""
    return [
        [f"experiments.{paper.name}", *arguments]
        for paper in discover.papers()
        for arguments in paper.train_step_arguments()
    ]


def read_config(paper: Paper, arguments: list[str]) -> Any:
    """Parses and checks a configuration as the experiment's command line does.

    The precision "auto" becomes that of a TPU. A mistake in the arguments ends the
    process with the message of the command line.
    """
    config = command.parse(paper, arguments)
    config.check()
    return dataclasses.replace(
        config, precision=precisions.resolve(config.precision, "tpu")
    )
