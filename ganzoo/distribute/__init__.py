"""Devices by name, and the arithmetic of replicas.

Strategies are those of tf.distribute or, on JAX, of keras.distribution.

Everything here follows one rule: a train step is a function of the *global* batch. The
number of replicas changes only rounding.
"""

from typing import TYPE_CHECKING

from ganzoo import console, lazy

if TYPE_CHECKING:
    from ganzoo.distribute.devices import (
        available_devices,
        device_kind,
        strategy,
        virtual_cpus,
    )
    from ganzoo.distribute.hardware import (
        cpu_unit,
        multiplies_bfloat16,
        onednn_without_avx512,
    )
    from ganzoo.distribute.names import STRATEGIES, checked_name
    from ganzoo.distribute.replicas import (
        global_mean,
        num_replicas,
        per_replica_batch,
        replica_id,
    )

__all__ = [
    "STRATEGIES",
    "available_devices",
    "checked_name",
    "cpu_unit",
    "device_kind",
    "global_mean",
    "multiplies_bfloat16",
    "num_replicas",
    "onednn_without_avx512",
    "per_replica_batch",
    "replica_id",
    "strategy",
    "virtual_cpus",
]

_DEVICES = "devices_jax" if console.keras_backend() == "jax" else "devices"
_MODULES = {
    _DEVICES: ("available_devices", "device_kind", "strategy", "virtual_cpus"),
    "hardware": ("cpu_unit", "multiplies_bfloat16", "onednn_without_avx512"),
    "names": ("STRATEGIES", "checked_name"),
    "replicas": ("global_mean", "num_replicas", "per_replica_batch", "replica_id"),
}
__getattr__, __dir__ = lazy.attach(__name__, _MODULES)
