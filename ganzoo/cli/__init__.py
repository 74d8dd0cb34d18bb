"""The zoo on the command line: `python -m ganzoo COMMAND`.

    python -m ganzoo train photos --size 64 --output runs/photos
    python -m ganzoo list
    python -m ganzoo sample mnist_dcgan --count 64
    python -m ganzoo evaluate my_images --against cifar10

The experiments reproduce papers: `python -m experiments.mnist_gan --help`.
"""

import functools
from collections.abc import Callable
from typing import Any

import tyro

from ganzoo import commands
from ganzoo.cli.draw import draw
from ganzoo.cli.evaluate import evaluate
from ganzoo.cli.explore import explore
from ganzoo.cli.export import export
from ganzoo.cli.fetch import fetch
from ganzoo.cli.film import film
from ganzoo.cli.interpolate import interpolate
from ganzoo.cli.list import list_
from ganzoo.cli.prepare import prepare
from ganzoo.cli.sample import sample
from ganzoo.cli.show import show
from ganzoo.cli.train import train

# Each command imports what it needs when it is called: parsing the command line, --help
# and most errors do not start TensorFlow.
COMMANDS: dict[str, Callable[..., None]] = {
    "train": train,
    "list": list_,
    "prepare": prepare,
    "show": show,
    "sample": sample,
    "interpolate": interpolate,
    "film": film,
    "export": export,
    "draw": draw,
    "evaluate": evaluate,
    "fetch": fetch,
    "explore": explore,
}


def main() -> None:
    """Runs one of the commands; errors are printed as one line."""
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
    """Returns a function with the same arguments that returns the call as a partial."""

    @functools.wraps(command)
    def chosen(*words: Any, **settings: Any) -> Callable:
        return functools.partial(command, *words, **settings)

    return chosen
