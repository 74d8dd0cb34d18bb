"""`python -m ganzoo show NAME`."""

import json

import tyro

from ganzoo import zoo


def show(name: tyro.conf.Positional[str]) -> None:
    """Print a generator's card, and the path of its grid of samples.

    Args:
        name: A generator of the zoo.
    """
    print(json.dumps(zoo.card(name), indent=2))
    print(f"samples: {zoo.grid(name)}")
