"""A folder of `experiments/`: the commands that reproduce one document.

Only the configurations are imported at start, so that a command line is parsed,
`--help` is printed and most wrong values are refused without TensorFlow. The rest is
imported when a command runs.
"""

import dataclasses
import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.harness.config import Config
    from experiments.harness.experiment import Command, Experiment
    from experiments.harness.model import Step
    from ganzoo.runs import Run


@dataclasses.dataclass(frozen=True)
class LazyCommand:
    """A command that is imported on first use.

    Attributes:
        config: Dataclass of the configuration; its fields are the flags.
        module: Module that declares the command.
        name: Name of the command in the module.
        description: Beginning of `--help`, if it differs from the paper's.
    """

    config: type
    module: str
    name: str = "EXPERIMENT"
    description: str = ""

    def load(self) -> "Command":
        """Imports and returns the command."""
        return getattr(importlib.import_module(self.module), self.name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paper:
    """A folder of `experiments/`: the commands that reproduce one document.

    Attributes:
        name: Name of the folder.
        description: Beginning of `--help`.
        commands: Sub-command -> `Command` or `LazyCommand`; `load()` returns the
            command. The key "" stands for a command line without a sub-command.
        variants: First word of the command line -> configuration with its defaults.
        steps: Command lines with different train steps. Defaults to one per
            sub-command that trains.
    """

    name: str
    description: str
    commands: "Mapping[str, Command | LazyCommand]"
    variants: "Mapping[str, Config]" = dataclasses.field(default_factory=dict)
    steps: tuple[tuple[str, ...], ...] | None = None

    def name_of(self, config: "Config") -> str:
        """Returns the name of the command that a configuration belongs to."""
        return next(
            name
            for kind in type(config).__mro__
            for name, one in self.commands.items()
            if one.config is kind
        )

    def command_of(self, config: "Config") -> "Command":
        """Returns the command that a configuration belongs to."""
        return self.commands[self.name_of(config)].load()

    def run(self, config: "Config") -> "Run | Path":
        """Runs the command that a configuration belongs to; returns the run folder."""
        return self.command_of(config).run(config)

    def train_step(self, config: "Config") -> "Step":
        """Returns the train step of the command that a configuration belongs to.

        Raises:
            ValueError: The command has no train step.
        """
        name, experiments = self.name_of(config), self.experiments
        if name in experiments:
            return experiments[name].train_step(config)
        raise ValueError(
            f"{name} has no train step; use one of {', '.join(experiments)}."
        )

    @property
    def experiments(self) -> "dict[str, Experiment]":
        """The commands that train a model."""
        from experiments.harness.experiment import Experiment

        loaded = {name: one.load() for name, one in self.commands.items()}
        return {k: one for k, one in loaded.items() if isinstance(one, Experiment)}

    def train_step_arguments(self) -> tuple[tuple[str, ...], ...]:
        """Returns the command lines whose train steps differ."""
        if self.steps is not None:
            return self.steps
        return tuple((name,) if name else () for name in self.experiments)
