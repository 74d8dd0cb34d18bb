"""The command line of a paper: `python -m experiments.NAME`."""

import functools
import operator
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import tyro

from experiments.harness import check, validation, workers
from experiments.harness.paper import Later, Paper
from ganzoo import commands

if TYPE_CHECKING:
    from experiments.harness.experiment import Command


def main(paper: Paper, words: Sequence[str] | None = None) -> None:
    """Carries out a command line of a paper, with readable ends; see `finish`.

    Args:
        paper: Its commands.
        words: Of the command line; by default the program's.
    """
    words = list(sys.argv[1:] if words is None else words)
    checked = check.WORD in words
    if checked:  # not a field: the run folder does not learn of it
        words.remove(check.WORD)
        sys.argv = [word for word in sys.argv if word != check.WORD]
    name, options, known = _parser(paper, words)
    with commands.resources():
        config = commands.parsed(lambda: tyro.cli(args=words, **options), known)
    name = paper.name_of(config) if name is None else name
    finish(config, paper.commands.entries[name], checked)


def run_tool(tool: Later) -> None:
    """Runs a command without results to check, such as `publish`, likewise.

    Args:
        tool: The function that carries it out, given the configuration.
    """
    with commands.resources():
        read = functools.partial(tyro.cli, tool.config, description=tool.description)
        config = commands.parsed(read)
    finish(config, _Tool(tool))


class _Tool:
    """A function as a command."""

    def __init__(self, later: Later):
        self._later = later

    def load(self) -> "_Tool":
        """Imports the function."""
        self.run = self._later.load()
        return self


def finish(config, command: "Command | Later", checked: bool = False) -> None:
    """Carries out a command; errors are one line.

    The exit status is 0 for a finished run, 1 for one that failed, or whose numbers
    failed a check, and 128 plus the signal's number for one that was asked to stop, and
    can be resumed.
    """
    try:
        with commands.resources():
            validation.sane(config)
            if hasattr(config, "check_values") and not getattr(config, "smoke", False):
                config.check_values()  # before TensorFlow is started
            result = command.load().run(config)
            if checked and not check.check(result, command.load()):
                sys.exit(1)
    except KeyboardInterrupt:  # before the training, after it, or a second Ctrl-C
        print("\nStopped at once; the same command goes on.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        status, message = _end(error, config)
        print(f"\n{message}", file=sys.stderr)
        sys.exit(status)


def _end(error: Exception, config) -> tuple[int, str]:
    """Returns the exit status of an error and what is said of it.

    Raises:
        Exception: The error itself, where it is a mistake of ours.
    """
    # Not imported for an error that is raised before TensorFlow is started.
    callbacks = sys.modules.get("ganzoo.callbacks")
    if callbacks is not None and isinstance(error, callbacks.Interrupted):
        return 128 + error.signal, str(error)
    if workers.lost(error):
        return 1, f"error: {workers.in_words(config)}"
    readable = (FloatingPointError, OSError, RuntimeError, ValueError)
    if callbacks is not None:
        readable += (callbacks.Diverged,)
    if not isinstance(error, readable):
        raise error
    return 1, f"error: {error}"


def _parser(paper: Paper, words: list[str]) -> tuple[str | None, dict, tuple]:
    """Returns what a command line is read by, and takes away a first word of ours.

    The last of it are the words that it may begin with, for whoever mistypes one.

    Without a command "" the words begin with a sub-command; with one they may begin
    with the name of a variant, whose fields are then the defaults, or of another
    command.
    """
    options = {"description": paper.description + check.HELP}
    options["prog"] = f"python -m experiments.{paper.name}"
    if "" not in paper.commands:
        return None, options | {"f": config_union(paper)}, ()
    name, first = "", words[0] if words else None
    if first in paper.variants:
        options["default"] = paper.variants[words.pop(0)]
    elif first in paper.commands:
        name = words.pop(0)
        options["description"] = paper.commands.entries[name].description + check.HELP
    known = (*filter(None, paper.commands), *paper.variants)
    return name, options | {"f": paper.commands.entries[name].config}, known


def config_union(paper: Paper):
    """Returns the type that a paper's configuration is read as: one of its commands'.

    Also what `tpu.preflight` reads the arguments of an experiment as.
    """
    if "" in paper.commands:
        return paper.commands.entries[""].config
    return functools.reduce(
        operator.or_,
        (
            Annotated[
                command.config,
                tyro.conf.subcommand(name, description=command.config.__doc__),
            ]
            for name, command in paper.commands.entries.items()
        ),
    )
