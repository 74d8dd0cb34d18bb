"""The command line of a paper: `python -m experiments.NAME`."""

import functools
import operator
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import tensorflow as tf
import tyro

from experiments.harness import check, validation, workers
from experiments.harness.experiment import Command, Paper
from ganzoo import commands
from ganzoo.callbacks import Diverged, Interrupted


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
    command, options, known = _parser(paper, words)
    with commands.resources():
        config = commands.parsed(lambda: tyro.cli(args=words, **options), known)
    finish(config, command or paper.command_of(config), checked)


def run_tool(function: Callable, config_class: type, description: str) -> None:
    """Runs a command without results to check, such as `publish`, likewise."""
    with commands.resources():
        read = functools.partial(tyro.cli, config_class, description=description)
        config = commands.parsed(read)
    finish(config, Command(config=config_class, carry_out=function))


def finish(config, command: Command, checked: bool = False) -> None:
    """Carries out a command; errors are one line.

    The exit status is 0 for a finished run, 1 for one that failed, or whose numbers
    failed a check, and 128 plus the signal's number for one that was asked to stop, and
    can be resumed.
    """
    try:
        with commands.resources():
            validation.sane(config)
            result = command.run(config)
            if checked and not check.check(result, command):
                sys.exit(1)
    except Interrupted as stop:
        print(f"\n{stop}", file=sys.stderr)
        sys.exit(128 + stop.signal)
    except KeyboardInterrupt:  # before the training, after it, or a second Ctrl-C
        print("\nStopped at once; the same command goes on.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except tf.errors.OpError as error:
        if not workers.lost(error):
            raise
        print(f"\nerror: {workers.in_words(config)}", file=sys.stderr)
        sys.exit(1)
    except (Diverged, FloatingPointError, OSError, RuntimeError, ValueError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        sys.exit(1)


def _parser(paper: Paper, words: list[str]) -> tuple[Command | None, dict, tuple]:
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
    command, first = paper.commands[""], words[0] if words else None
    if first in paper.variants:
        options["default"] = paper.variants[words.pop(0)]
    elif first in paper.commands:
        command = paper.commands[words.pop(0)]
        options["description"] = command.description + check.HELP
    known = (*filter(None, paper.commands), *paper.variants)
    return command, options | {"f": command.config}, known


def config_union(paper: Paper):
    """Returns the type that a paper's configuration is read as: one of its commands'.

    Also what `tpu.preflight` reads the arguments of an experiment as.
    """
    if "" in paper.commands:
        return paper.commands[""].config
    return functools.reduce(
        operator.or_,
        (
            Annotated[
                command.config,
                tyro.conf.subcommand(name, description=command.config.__doc__),
            ]
            for name, command in paper.commands.items()
        ),
    )


def as_arguments(fields: dict) -> tuple[str, ...]:
    """Returns fields of a configuration as a command line has them."""
    words = []
    for name, value in fields.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
        else:
            words += [f"--{name}", str(value)]
    return tuple(words)
