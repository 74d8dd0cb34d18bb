"""The few functions that a train step needs beyond `keras.ops`.

Models, losses, penalties and random numbers are written in `keras.ops` and in the
names below. Each backend implements them in one module of this package.
"""

from ganzoo.backend.tensorflow import (
    compiled,
    dense,
    device_kind,
    enable_determinism,
    fold_in,
    gather_over_replicas,
    gradient,
    is_variable_value,
    num_replicas,
    on_replicas,
    random_halves,
    random_key,
    random_words,
    replica_id,
    sum_over_replicas,
    switch,
    update_everywhere,
    value_and_gradients,
    write_rows,
)
from ganzoo.backend.unrolling import unroll

__all__ = [
    "compiled",
    "dense",
    "device_kind",
    "enable_determinism",
    "fold_in",
    "gather_over_replicas",
    "gradient",
    "is_variable_value",
    "num_replicas",
    "on_replicas",
    "random_halves",
    "random_key",
    "random_words",
    "replica_id",
    "sum_over_replicas",
    "switch",
    "unroll",
    "update_everywhere",
    "value_and_gradients",
    "write_rows",
]
