"""Number formats of the layers' computations, and which of them a device supports."""

import dataclasses
import sys
from typing import Any, TypeVar

import ganzoo

ConfigT = TypeVar("ConfigT", bound=Any)

PRECISIONS = ("float32", "mixed_bfloat16", "auto")
# Measured over the experiments on a CPU whose bfloat16 units were disabled: lowest for
# mnist_gan, highest for multi_digit_mnist.
_FACTOR = "1.0 to 4.8 times"


def resolve(name: str, strategy: str = "auto") -> str:
    """Returns the Keras dtype policy for a precision on the devices of a strategy.

    Args:
        name: One of `PRECISIONS`. "auto" is mixed_bfloat16 if the devices have units
            for bfloat16, else float32.
        strategy: Name of the distribution strategy.

    Raises:
        ValueError: "auto" was given for several workers, whose devices may differ.
    """
    if name != "auto":
        return name
    if strategy == "multi_worker":
        raise ValueError(
            "precision='auto' may resolve differently on each worker; use float32 or "
            "mixed_bfloat16 for all of them."
        )
    fast = ganzoo.distribute.multiplies_bfloat16(strategy)
    return "mixed_bfloat16" if fast else "float32"


def resolve_in(config: ConfigT) -> ConfigT:
    """Replaces precision "auto" in a configuration, and prints the result.

    The run folder records the resolved precision, so that a run never resumes in
    another one.

    Raises:
        ValueError: See `resolve`.
    """
    strategy = getattr(config, "strategy", "auto")
    name = resolve(config.precision, strategy)
    if config.precision == "auto":
        print(f"precision=auto: {name}", file=sys.stderr, flush=True)
    elif name == "mixed_bfloat16":
        _warn_if_slow(strategy)
    return dataclasses.replace(config, precision=name)


def _warn_if_slow(strategy: str) -> None:
    if ganzoo.distribute.multiplies_bfloat16(strategy):
        return
    device = ganzoo.distribute.device_kind(strategy)
    faster = f"float32 trains {_FACTOR} as fast and" if device == "CPU" else "float32"
    print(
        f"precision=mixed_bfloat16: this {device} has no fast units for bfloat16; "
        f"{faster} rounds less. precision=auto chooses the faster of the two.",
        file=sys.stderr,
        flush=True,
    )
