"""The few functions that a train step needs beyond `keras.ops`.

Models, layers, losses, penalties and random numbers are written in `keras.ops` and in
the names below, which each backend implements in one module of this package. It is
chosen as Keras's own is, by KERAS_BACKEND or keras.json.
"""

# ruff: noqa: F405 (type checkers know the names by a star)

import importlib
from typing import TYPE_CHECKING

import keras

from ganzoo.backend.scope import Scope

__all__ = [
    "Scope",
    "batch_normalization",
    "compiled",
    "dense",
    "depth_to_space",
    "device_kind",
    "enable_determinism",
    "fitting",
    "fold_in",
    "gather_over_replicas",
    "gradient",
    "inference",
    "key_words",
    "leaky_relu",
    "num_devices",
    "num_replicas",
    "on_cpu",
    "on_replicas",
    "random_halves",
    "random_key",
    "random_words",
    "replica_id",
    "scope_of",
    "space_to_depth",
    "sum_over_replicas",
    "switch",
    "times_transposed",
    "unroll",
    "update",
    "value_and_gradients",
    "value_if",
    "write_rows",
]

if TYPE_CHECKING:
    from ganzoo.backend.tensorflow import *  # noqa: F403
else:
    _own = importlib.import_module(f"ganzoo.backend.{keras.config.backend()}")
    globals().update({name: getattr(_own, name) for name in __all__ if name != "Scope"})
