"""The names of strategies and devices, which the backends share."""

from collections.abc import Iterable, Sequence

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


def check_devices(name: str, devices: Sequence[str] | None) -> None:
    """Checks the name of a strategy, and that it takes devices if there are any.

    Raises:
        ValueError: It does not, or the name is unknown.
    """
    checked_name(name)
    if devices is None:
        return
    if name != "mirrored":
        raise ValueError(
            f"devices={tuple(devices)!r} is for 'mirrored', not for {name!r}."
        )
    if not devices:
        raise ValueError("devices=() names no device; leave it out to take every GPU.")


def counted(kinds: Iterable[str]) -> str:
    """Describes devices, given the kind of each, e.g. `"1 CPU, 2 GPUs"`."""
    found = list(kinds)
    counts = {kind: found.count(kind) for kind in ("CPU", "GPU", "TPU")}
    return ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''}"
        for kind, count in counts.items()
        if count
    )
