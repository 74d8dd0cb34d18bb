"""A folder of `experiments/`: the commands that reproduce one document.

Only the configurations are imported at once, so that a command line reads its words,
prints its help and refuses most wrong ones without TensorFlow; what carries a command
out is imported when it is needed.
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
class Later:
    """A command that is imported when it is needed.

    Attributes:
        config: The configuration's dataclass; its fields are the flags.
        module: The module that declares the command.
        name: The command's name in the module.
        description: What `--help` begins with, if not with the paper's.
    """

    config: type
    module: str
    name: str = "EXPERIMENT"
    description: str = ""

    def load(self) -> "Command":
        """Imports and returns the command."""
        return getattr(importlib.import_module(self.module), self.name)


class Commands(Mapping):
    """The commands of a paper by sub-command, each imported when it is looked up.

    Attributes:
        entries: The commands, or what is known of them before they are imported.
    """

    def __init__(self, entries: "Mapping[str, Command | Later]"):
        self.entries = dict(entries)

    def __getitem__(self, name: str) -> "Command":
        """Returns a command."""
        return self.entries[name].load()

    def __contains__(self, name: object) -> bool:
        """Whether there is a command of that name; imports none."""
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        """Iterates over the names."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Number of commands."""
        return len(self.entries)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paper:
    """A folder of `experiments/`: the commands that reproduce one document.

    Attributes:
        name: The folder's name.
        description: What `--help` begins with.
        commands: By sub-command; "" if the command line has none. Each a `Command`, or
            a `Later`, which imports it when it is needed.
        variants: For each first word of the command line the configuration that it
            makes the default.
        steps: Command lines whose train steps differ; by default the sub-commands'.
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
        """Returns the name of the command that a configuration is of."""
        return next(
            name
            for kind in type(config).__mro__
            for name, one in self.commands.entries.items()
            if one.config is kind
        )

    def command_of(self, config: "Config") -> "Command":
        """Returns the command that a configuration is of."""
        return self.commands[self.name_of(config)]

    def run(self, config: "Config") -> "Run | Path":
        """Carries out the command of a configuration; returns the run folder."""
        return self.command_of(config).run(config)

    def train_step(self, config: "Config") -> "Step":
        """Returns the train step of a configuration's command.

        Raises:
            ValueError: It has no train step.
        """
        name = self.name_of(config)
        if name in self.experiments:
            return self.experiments[name].train_step(config)
        raise ValueError(
            f"{name} has no train step; {', '.join(self.experiments)} have."
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
