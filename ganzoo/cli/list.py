"""`python -m ganzoo list`."""

from ganzoo import zoo


def list_() -> None:
    """List the trained generators."""
    for name in zoo.names():
        print(f"{name}: {zoo.card(name)['title']}")
