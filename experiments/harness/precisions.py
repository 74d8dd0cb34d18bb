"""The types that layers compute in, and which of them a device is made for."""

import dataclasses
import sys

import ganzoo

PRECISIONS = ("float32", "mixed_bfloat16", "auto")
# Measured over the experiments, on a CPU kept from its units: mnist_gan at the lower
# end, multi_digit_mnist at the upper one.
_FACTOR = "1.0 to 4.8 times"


def resolved(name: str, strategy: str = "auto") -> str:
    """Returns the Keras dtype policy that a precision is on these devices.

    Args:
        name: One of `PRECISIONS`; `"auto"` is mixed_bfloat16 where the devices have
            units for it, and float32 elsewhere.
        strategy: Name of the strategy that trains.

    Raises:
        ValueError: `"auto"` for several workers, whose devices may differ.
    """
    if name != "auto":
        return name
    if strategy == "multi_worker":
        raise ValueError(
            "precision='auto' may be another one on each worker; give all of them "
            "float32 or mixed_bfloat16."
        )
    fast = _multiplies_bfloat16(strategy)
    return "mixed_bfloat16" if fast else "float32"


def settled(config):
    """Returns settings that name their precision; says in a line what that means here.

    A run folder records it, so that a run never resumes in another precision.

    Args:
        config: A dataclass with a `precision`, and a `strategy` if it can be chosen.

    Raises:
        ValueError: As in `resolved`.
    """
    strategy = getattr(config, "strategy", "auto")
    name = resolved(config.precision, strategy)
    if config.precision == "auto":
        print(f"precision=auto: {name}", file=sys.stderr, flush=True)
    elif name == "mixed_bfloat16" and not _multiplies_bfloat16(strategy):
        print(_warning(strategy), file=sys.stderr, flush=True)
    return dataclasses.replace(config, precision=name)


def _multiplies_bfloat16(strategy: str) -> bool:
    return ganzoo.distribute.multiplies_bfloat16(strategy)


def _warning(strategy: str) -> str:
    device = ganzoo.distribute.device_kind(strategy)
    faster = f"float32 trains {_FACTOR} as fast and" if device == "CPU" else "float32"
    return (
        f"precision=mixed_bfloat16: this {device} has no units for bfloat16; {faster} "
        "rounds less. precision=auto takes the faster of the two."
    )
