"""Reads .keras files of strangers without running code or taking unbounded memory.

Keras's safe mode refuses Python code, but calls any class or function of Keras that a
file names, and trusts every size that a file claims. This package checks a file before
Keras sees it:

- `archive`: the zip holds what Keras writes, and nothing that expands too far;
- `config`: its config.json names layers of Keras and ganzoo only, see `classes`, and
  operations of Keras, see `operations`;
- `weights`: its HDF5 holds plain numbers, no links to other files, as many as it says;
- `size`: the model has no more weights than the file, and draws in bounded memory.
"""

import copy
import functools
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import keras

from ganzoo.keras_files import archive, config, operations, size, weights

_SLACK = 1_000_000  # weights of a model that a file may lack


def load(path: Path) -> keras.Model:
    """Loads a model, not compiled, with its weights, from a .keras file.

    Raises:
        ValueError: The file is damaged, or has content that is refused.
        Exception: Of any kind that Keras raises for an inconsistent configuration.
    """
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as folder:
        text, stored = archive.unpack(path, Path(folder))
        described = config.checked(text)
        held = weights.check(stored)
        _check_count(config.networks(described), held)
        # Outside of Keras's scope for shared objects: each has its own configuration.
        with operations.bounded():
            model = keras.saving.deserialize_keras_object(described)
        if not isinstance(model, keras.Model):
            raise ValueError(f"it holds a {type(model).__name__}, not a model.")
        try:
            model.load_weights(stored)
        except Exception as error:  # several lines
            raise ValueError(
                f"its {archive.WEIGHTS} does not hold the weights of the layers in its "
                f"{archive.CONFIG}."
            ) from error
    return model


def _check_count(networks: list[dict], held: int) -> None:
    """Refuses networks with more weights than the file holds."""
    count = sum(
        _in_thread(functools.partial(size.count_weights, copy.deepcopy(network)))
        for network in networks
    )
    if count > held + _SLACK:
        raise ValueError(
            f"its config.json describes {count:,} weights, and its model.weights.h5 "
            f"holds {held:,} numbers."
        )


def _in_thread(work: Callable[[], int]) -> int:
    """Calls a function in a new thread, because it changes Keras's per-thread state."""
    result: list[int] = []
    trouble: list[Exception] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:
            trouble.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return result[0]
