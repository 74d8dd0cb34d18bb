"""The names of the strategies, without TensorFlow."""

from ganzoo.commands import meant

STRATEGIES = ("auto", "cpu", "gpu", "mirrored", "tpu", "multi_worker")


def checked_name(name: str) -> str:
    """Returns the name if it is the name of a strategy.

    Raises:
        ValueError: It is not.
    """
    if name not in STRATEGIES:
        raise ValueError(
            f"Unknown strategy {name!r}; accepted are {', '.join(STRATEGIES)}."
            f"{meant(name, STRATEGIES)}"
        )
    return name
