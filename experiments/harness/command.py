"""The command line of a paper: `python -m experiments.NAME`."""

import functools
import inspect
import operator
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from experiments.harness import check, validation
from experiments.harness.paper import LazyCommand, Paper
from ganzoo import commands

if TYPE_CHECKING:
    from experiments.harness.experiment import Command

# TensorFlow raises these in the remaining workers when one has ended.
_LOST_WORKER = ("AbortedError", "CancelledError", "DeadlineExceededError")
_LOST_WORKER += ("UnavailableError",)


def main(paper: Paper, words: Sequence[str] | None = None) -> None:
    """Runs a command line of a paper; see `finish` for its exit status."""
    words = list(sys.argv[1:] if words is None else words)
    checked = check.FLAG in words
    if checked:  # not a field, so it does not enter the run folder's command
        words.remove(check.FLAG)
        sys.argv = [word for word in sys.argv if word != check.FLAG]
    with commands.resources():
        config = parse(paper, words)
    finish(config, paper.commands[paper.name_of(config)], checked)


def run_tool(tool: LazyCommand) -> None:
    """Runs a function that has no results to check, such as `publish`."""
    with commands.resources():
        read = functools.partial(tyro.cli, tool.config, description=tool.description)
        config = commands.parsed(read)
    finish(config, tool)


def finish(
    config: Any, command: "Command | LazyCommand", checked: bool = False
) -> None:
    """Runs a command; errors are printed in one line.

    The exit status is 0 after a finished run, 1 after a failed run or check, and 128
    plus the signal's number after a run that was stopped and can be resumed.

    Args:
        config: The parsed configuration.
        command: The command, or the tool's function, to run.
        checked: Whether to check the results; see `check.check`.
    """
    try:
        with commands.resources():
            validation.check_magnitudes(config)
            if hasattr(config, "check_values") and not getattr(config, "smoke", False):
                config.check_values()  # before TensorFlow is started
            loaded = command.load()
            result = getattr(loaded, "run", loaded)(config)
            if checked and not check.check(result, loaded):
                sys.exit(1)
    except KeyboardInterrupt:  # before the training, after it, or a second Ctrl-C
        print("\nStopped. Run the same command to resume.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        status, message = _end(error, config)
        print(f"\n{message}", file=sys.stderr)
        sys.exit(status)


def _end(error: Exception, config: Any) -> tuple[int, str]:
    """Returns exit status and message for an error; raises it again if it is a bug."""
    # An error that was raised before TensorFlow was imported must not import it.
    callbacks = sys.modules.get("ganzoo.callbacks")
    if callbacks is not None and isinstance(error, callbacks.Interrupted):
        return 128 + error.signal, str(error)
    if _is_lost_worker(error):
        return 1, (
            "error: Another worker has ended, so this one stops. Its checkpoints are "
            f"in {config.output}; run the same commands, one per worker, to resume "
            "from the newest checkpoint that all workers have."
        )
    readable = (FloatingPointError, OSError, RuntimeError, ValueError)
    if callbacks is not None:
        readable += (callbacks.DivergedError,)
    if not isinstance(error, readable):
        raise error
    return 1, f"error: {error}"


def _is_lost_worker(error: Exception) -> bool:
    """Returns whether an error means that another worker of this training has ended."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return False
    from ganzoo.distribute.workers import configured

    ends = tuple(getattr(tensorflow.errors, name) for name in _LOST_WORKER)
    return isinstance(error, ends) and configured() > 1


def parse(paper: Paper, words: Sequence[str]) -> Any:
    """Parses the words of a paper's command line; returns the configuration.

    Without a command "" the words begin with a sub-command. With one they may begin
    with the name of a variant, whose fields become the defaults, or of another command.
    A mistake ends the process with a line that says what it is.
    """
    words = list(words)
    options = {"prog": f"python -m experiments.{paper.name}"}
    options["description"] = paper.description + check.HELP
    entries = paper.commands
    first = words[0] if words else None
    if "" not in entries:
        options["f"] = _union(paper)
    elif first and first in entries:
        entry = entries[words.pop(0)]
        description = inspect.cleandoc(entry.description) + check.HELP
        options |= {"f": entry.config, "description": description}
    else:
        options["f"] = entries[""].config
        if first in paper.variants:
            options["default"] = paper.variants[words.pop(0)]
    known = (*filter(None, entries), *paper.variants) if "" in entries else ()
    return commands.parsed(lambda: tyro.cli(args=words, **options), known)


def _union(paper: Paper) -> Any:
    """Returns the type to parse sub-commands as: a union of configurations."""
    kinds = (
        Annotated[
            command.config,
            tyro.conf.subcommand(name, description=command.config.__doc__),
        ]
        for name, command in paper.commands.items()
    )
    return functools.reduce(operator.or_, kinds)
