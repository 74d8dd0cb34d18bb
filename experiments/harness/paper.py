"""A folder of `experiments/`: the commands that reproduce one document.

Only the configurations are imported at start, so that a command line is parsed,
`--help` is printed and most wrong values are refused without TensorFlow. The rest is
imported when a command runs.
"""

import dataclasses
import importlib
from collections.abc import Iterator, Mapping
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


class Commands(Mapping):
    """The commands of a paper by sub-command, each imported on first access.

    Attributes:
        entries: Sub-command -> `Command`, or `LazyCommand` before the import.
    """

    def __init__(self, entries: "Mapping[str, Command | LazyCommand]"):
        self.entries = dict(entries)

    def __getitem__(self, name: str) -> "Command":
        """Returns a command."""
        return self.entries[name].load()

    def __contains__(self, name: object) -> bool:
        """Returns whether there is a command of that name, without importing it."""
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        """Iterates over the names."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Returns the number of commands."""
        return len(self.entries)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paper:
    """A folder of `experiments/`: the commands that reproduce one document.

    Attributes:
        name: Name of the folder.
        description: Beginning of `--help`.
        commands: Sub-command -> `Command` or `LazyCommand`. The key "" stands for a
            command line without a sub-command.
        variants: First word of the command line -> configuration with its defaults.
        steps: Command lines with different train steps. Defaults to one per
            sub-command that trains.
    """

    name: str
    description: str
    commands: "Mapping[str, Command]"
    variants: "Mapping[str, Config]" = dataclasses.field(default_factory=dict)
    steps: tuple[tuple[str, ...], ...] | None = None

    def __post_init__(self):
        entries = getattr(self.commands, "entries", self.commands)
        object.__setattr__(self, "commands", Commands(entries))

    def name_of(self, config: "Config") -> str:
        """Returns the name of the command that a configuration belongs to."""
        return next(
            name
            for kind in type(config).__mro__
            for name, one in self.commands.entries.items()
            if one.config is kind
        )

    def command_of(self, config: "Config") -> "Command":
        """Returns the command that a configuration belongs to."""
        return self.commands[self.name_of(config)]

    def run(self, config: "Config") -> "Run | Path":
        """Runs the command that a configuration belongs to; returns the run folder."""
        return self.command_of(config).run(config)

    def train_step(self, config: "Config") -> "Step":
        """Returns the train step of the command that a configuration belongs to.

        Raises:
            ValueError: The command has no train step.
        """
        name = self.name_of(config)
        if name in self.experiments:
            return self.experiments[name].train_step(config)
        raise ValueError(
            f"{name} has no train step; use one of {', '.join(self.experiments)}."
        )

    @property
    def experiments(self) -> "dict[str, Experiment]":
        """The commands that train a model."""
        from experiments.harness.experiment import Experiment

        return {k: c for k, c in self.commands.items() if isinstance(c, Experiment)}

    def train_step_arguments(self) -> tuple[tuple[str, ...], ...]:
        """Returns the command lines whose train steps differ."""
        if self.steps is not None:
            return self.steps
        return tuple((name,) if name else () for name in self.experiments)
