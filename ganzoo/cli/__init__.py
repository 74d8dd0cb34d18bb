"""The zoo on the command line: `python -m ganzoo COMMAND`.

    python -m ganzoo list
    python -m ganzoo sample mnist_dcgan --count 64
    python -m ganzoo evaluate my_images --against cifar10

Training is the experiments': `python -m experiments.mnist_gan --help`.
"""

import functools
from collections.abc import Callable

import tyro

from ganzoo import commands
from ganzoo.cli.draw import draw
from ganzoo.cli.evaluate import evaluate
from ganzoo.cli.explore import explore
from ganzoo.cli.interpolate import interpolate
from ganzoo.cli.list import list_
from ganzoo.cli.sample import sample
from ganzoo.cli.show import show

# Each imports what it works with when it is called: reading the words, --help and most
# errors start no TensorFlow.
COMMANDS = {
    "list": list_,
    "show": show,
    "sample": sample,
    "interpolate": interpolate,
    "draw": draw,
    "evaluate": evaluate,
    "explore": explore,
}


def main() -> None:
    """Carries out one of the commands; errors are one line."""
    with commands.ends(ImportError, OSError, ValueError):
        chosen = commands.parsed(
            lambda: tyro.extras.subcommand_cli_from_dict(
                {name: _later(command) for name, command in COMMANDS.items()},
                prog="ganzoo",
                description=__doc__,
            ),
            COMMANDS,
        )
        chosen()


def _later(command: Callable) -> Callable:
    """Returns a function of the same words, which returns what is then to be called."""

    @functools.wraps(command)
    def chosen(*words, **settings) -> Callable:
        return functools.partial(command, *words, **settings)

    return chosen
